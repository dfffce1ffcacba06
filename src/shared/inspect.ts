import { z } from 'zod'
import { FaceState, PhotographView } from './dataset-views.ts'
import { ProbeResult } from './dataset.ts'
import { ExportRequest } from './export-request.ts'
import { Exported } from './export.ts'
import { TeacherManifest } from './manifest.ts'
import { CostQuestion, NetworkCost } from './model-costs.ts'
import { PredictRequest, PredictResult } from './predict.ts'
import { ArtefactComparison } from './reproduction.ts'
import { AffinityView, InspectedModel, TeacherTrial } from './teacher-views.ts'
import { Photograph, TryRequest, TryResult } from './try-views.ts'

function method<I extends z.ZodType, R extends z.ZodType>(deadlineMs: number, input: I, result: R): { deadlineMs: number, input: I, result: R } {
  return { deadlineMs, input, result }
}

/** What the host asks its inspect workers, with how long an answer may take. All paths are absolute. */
export const inspectMethods = {
  probe: method(60_000, z.strictObject({
    paths: z.array(z.string()),
  }), z.array(ProbeResult)),
  thumbnails: method(60_000, z.strictObject({
    paths: z.array(z.string()).max(200),
    side: z.int().positive(),
  }), z.array(z.union([
    z.strictObject({ image: z.string() }),
    z.strictObject({ reason: z.string() }),
  ]))),
  facesPage: method(60_000, z.strictObject({
    faces: z.string().describe('Faces pack'),
    dataset: z.string().describe('Data set pack'),
    root: z.string(),
    status: FaceState,
    from: z.int().min(0),
    count: z.int().min(1).max(200),
    side: z.int().positive(),
  }), z.strictObject({
    total: z.int(),
    cells: z.array(z.strictObject({
      index: z.int(),
      image: z.string().nullable(),
      reason: z.string().nullable(),
    })),
  })),
  facesAt: method(60_000, z.strictObject({
    faces: z.string().describe('Faces pack'),
    indexes: z.array(z.int().min(0)).max(200),
    side: z.int().positive(),
  }), z.array(z.string().nullable())),
  photograph: method(60_000, z.strictObject({
    path: z.string(),
    faces: z.string().nullable(),
    index: z.int(),
    side: z.int().positive(),
  }), PhotographView.omit({
    index: true,
    path: true,
    labels: true,
    split: true,
    subject: true,
  })),
  checkTeacher: method(120_000, z.strictObject({
    manifest: z.string(),
    image: z.string(),
  }), z.record(z.string(), z.unknown())),
  inspectModel: method(180_000, z.strictObject({
    path: z.string(),
    size: z.int().positive().optional(),
  }), InspectedModel),
  tryTeacher: method(180_000, z.strictObject({
    model: z.string(),
    manifest: TeacherManifest,
    face: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('photograph'), bytes: Photograph }),
      z.strictObject({ kind: z.literal('file'), path: z.string() }),
      z.strictObject({ kind: z.literal('drawn'), number: z.int().min(0) }),
    ]),
  }), TeacherTrial),
  probeTeacher: method(180_000, z.strictObject({
    model: z.string(),
    manifest: TeacherManifest,
  }), TeacherManifest.shape.probes.unwrap()),
  affinity: method(180_000, z.strictObject({
    embeddings: z.string(),
    faces: z.int().positive(),
  }), AffinityView.omit({ key: true, dataset: true })),
  networkCost: method(180_000, CostQuestion, NetworkCost),
  compareArtefacts: method(900_000, z.strictObject({
    kind: z.enum(['faces', 'embeddings', 'model']),
    sealed: z.string(),
    again: z.string(),
  }), ArtefactComparison),
  tryPhotograph: method(180_000, TryRequest, TryResult),
  predict: method(300_000, PredictRequest, PredictResult),
  synthesize: method(900_000, z.record(z.string(), z.unknown()), z.unknown()),
  exportModel: method(900_000, ExportRequest, Exported),
} as const
export type InspectMethod = keyof typeof inspectMethods
export type InspectInput<M extends InspectMethod> = z.output<(typeof inspectMethods)[M]['input']>
export type InspectResult<M extends InspectMethod> = z.output<(typeof inspectMethods)[M]['result']>

/** A question to an inspect worker. */
export const InspectRequest = z.strictObject({
  id: z.int(),
  method: z.enum(Object.keys(inspectMethods) as [InspectMethod, ...InspectMethod[]]),
  input: z.unknown(),
})
export type InspectRequest = z.infer<typeof InspectRequest>

/** Nobody waits for the answer any more: the work ends as soon as it can, and what it began is taken back. */
export const InspectStop = z.strictObject({ stop: z.int().describe('The question\'s id') })
