import type { ComputedRef, Ref, ShallowRef } from 'vue'
import type { Action } from '#renderer/composables/useAction.ts'
import type { TeacherManifest } from '#shared/manifest.ts'
import type { InspectedModel, NodeView, TeacherDetail, TeacherDraft } from '#shared/teacher-views.ts'
import type { Trial } from './useTrial.ts'
import { computed, ref, shallowRef } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { useAction } from '#renderer/composables/useAction.ts'
import { checkDraft } from './check-draft.ts'
import { draftOf } from './useTeachers.ts'
import { useTrial } from './useTrial.ts'

export const teacherSteps = ['File', 'Embedding node', 'Input', 'Try it'] as const

/** Crops that networks were trained on, in the 300 x 300 aligned face. */
export const crops: { title: string, crop: TeacherDraft['input']['crop'] }[] = [
  { title: 'middle, 25 to 275 (ArcFace frame)', crop: [25, 25, 275, 275] },
  { title: 'whole 300 × 300 (loose)', crop: [0, 0, 300, 300] },
  { title: 'dlib frame', crop: [37.5, 69.5, 262.5, 294.5] },
]
/** Usual normalisations, for three channels. */
export const normalisations: { title: string, mean: number[], std: number[] }[] = [
  { title: 'x / 255 (0 to 1)', mean: [0], std: [255] },
  { title: '(x − 127.5) / 127.5 (−1 to 1)', mean: [127.5], std: [127.5] },
  { title: 'x (0 to 255)', mean: [0], std: [1] },
  { title: 'ImageNet, RGB (torchvision)', mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
  { title: 'ImageNet means, BGR (Caffe)', mean: [103.939, 116.779, 123.68], std: [1] },
]

const blank: TeacherDraft = {
  name: '',
  title: '',
  knowledge: '',
  format: 'tfjs-graph',
  embedding: { node: '', dimension: 1, pool: 'none' },
  input: { size: 224, crop: [25, 25, 275, 275], color: 'rgb', mean: [127.5], std: [127.5] },
  licence: '',
  trainedOn: [],
  contaminates: [],
  paper: '',
}

export interface TeacherDraftState {
  step: Ref<number>
  path: Ref<string>
  size: Ref<number | null>
  model: Readonly<ShallowRef<InspectedModel | null>>
  draft: Ref<TeacherDraft>
  problems: ComputedRef<Partial<Record<string, string>>>
  trial: Trial
  inspect: Action<[], void>
  chooseNode: (node: NodeView) => void
  save: Action<[], TeacherManifest>
}

/** From a model file, or from a teacher that is there, to a manifest. Nothing is written before `save`. */
export function useTeacherDraft(existing: TeacherDetail | null, isCopy: boolean): TeacherDraftState {
  const client = useClient()
  const step = ref(existing ? 1 : 0)
  const path = ref(existing?.model ?? '')
  const size = ref<number | null>(existing?.described?.input.size ?? null)
  const model = shallowRef<InspectedModel | null>(null)
  const draft = ref<TeacherDraft>(existing?.described
    ? { ...draftOf(existing.described), ...isCopy && { name: `${existing.name}-2` } }
    : structuredClone(blank))
  const inspect = useAction(async () => {
    const found = await client.call('teachers.inspect', { path: path.value.trim(), ...size.value && { size: size.value } })
    model.value = found
    path.value = found.path
    if (existing)
      return
    const node = found.nodes.filter(({ suggested }) => suggested).findLast(({ shape }) => shape?.length === 1) ?? found.nodes.findLast(({ suggested }) => suggested)
    draft.value = {
      ...draft.value,
      name: draft.value.name || found.name,
      title: draft.value.title || found.name,
      format: found.format,
      embedding: node ? embeddingOf(node) : draft.value.embedding,
      input: { ...draft.value.input, size: found.input.size ?? size.value ?? 224, color: found.input.channels === 1 ? 'gray' : 'rgb' },
    }
    step.value = 1
  })
  const problems = computed(() => checkDraft(draft.value))
  const settings = computed(() => (['node', 'dimension', 'size', 'crop', 'mean', 'std'] as const).every(field => !problems.value[field])
    && path.value !== '' && step.value === 3
    ? { model: path.value, draft: { ...draft.value, name: 'draft', title: '', knowledge: '', licence: '', paper: '' } }
    : null)
  return {
    step,
    path,
    size,
    model,
    draft,
    problems,
    trial: useTrial(settings),
    inspect,
    chooseNode: (node) => { draft.value = { ...draft.value, embedding: embeddingOf(node) } },
    save: useAction(() => existing && !isCopy
      ? client.call('teachers.edit', { name: existing.name, draft: draft.value })
      : client.call('teachers.create', { model: path.value, draft: draft.value })),
  }
}

function embeddingOf({ name, dimension, pool }: NodeView): TeacherDraft['embedding'] {
  return { node: name, dimension: dimension ?? 1, pool }
}
