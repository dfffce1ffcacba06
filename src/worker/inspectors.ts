import type { InspectInput, InspectMethod, InspectResult } from '#shared/inspect.ts'

/** What answers each question; loaded when it is asked, so that probing images loads no TensorFlow. */
export const inspectors: { [M in InspectMethod]: (input: InspectInput<M>, signal: AbortSignal) => Promise<InspectResult<M>> } = {
  probe: async ({ paths }) => {
    const { probeImage } = await import('./faces/decode.ts')
    return Promise.all(paths.map(probeImage))
  },
  thumbnails: async input => (await import('./inspect/pictures.ts')).thumbnails(input),
  facesAt: async input => (await import('./inspect/faces-at.ts')).facesAt(input),
  facesPage: async input => (await import('./inspect/faces.ts')).facesPage(input),
  photograph: async input => (await import('./inspect/faces.ts')).photograph(input),
  checkTeacher: async ({ manifest, image }) => (await import('./teachers/check.ts')).checkTeacher(manifest, image),
  inspectModel: async input => (await import('./inspect/model.ts')).inspectModel(input),
  tryTeacher: async input => (await import('./inspect/trial.ts')).tryTeacher(input),
  probeTeacher: async input => (await import('./inspect/trial.ts')).probeTeacher(input),
  affinity: async input => (await import('./inspect/affinity.ts')).affinity(input),
  networkCost: async input => (await import('./inspect/network-cost.ts')).networkCost(input),
  compareArtefacts: async input => (await import('./inspect/compare-artefacts.ts')).compareArtefacts(input),
  tryPhotograph: async input => (await import('./inspect/try.ts')).tryPhotograph(input),
  predict: async input => (await import('./predict.ts')).predict(input),
  synthesize: async (input, signal) => (await import('./faces/synthetic/index.ts')).synthesize(input, signal),
  exportModel: async input => (await import('./export/index.ts')).exportModel(input),
}
