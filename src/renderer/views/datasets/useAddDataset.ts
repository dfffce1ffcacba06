import type { ComputedRef, Ref } from 'vue'
import type { Action } from '#renderer/composables/useAction.ts'
import type { Query } from '#renderer/composables/useQuery.ts'
import type { Input, Result } from '#shared/contract.ts'
import type { AddingView, DatasetPreview, FormatView, RecognisedFolder } from '#shared/dataset-views.ts'
import { refDebounced } from '@vueuse/core'
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { useAction } from '#renderer/composables/useAction.ts'
import { useQuery } from '#renderer/composables/useQuery.ts'

export const addSteps = ['Folder', 'Format', 'Labels and split', 'Add'] as const

export interface AddDatasetState {
  step: Ref<number>
  source: Ref<'photographs' | 'drawn'>
  path: Ref<string>
  name: Ref<string>
  format: Ref<string>
  options: Ref<Record<string, unknown>>
  folder: Readonly<Ref<RecognisedFolder | null>>
  formats: ComputedRef<FormatView[]>
  chosen: ComputedRef<FormatView | undefined>
  preview: Query<DatasetPreview>
  progress: Readonly<Ref<AddingView | null>>
  recognise: Action<[], void>
  add: Action<[], Result<'datasets.add'>>
  stop: Action<[], unknown>
}

/** The steps from a folder to a data set. Nothing is written before `add`. */
export function useAddDataset(startAt: string): AddDatasetState {
  const client = useClient()
  const step = ref(0)
  const source = ref<'photographs' | 'drawn'>('photographs')
  const path = ref(startAt)
  const name = ref('')
  const format = ref('')
  const options = ref<Record<string, unknown>>({})
  const folder = shallowRef<RecognisedFolder | null>(null)
  const progress = shallowRef<AddingView | null>(null)
  const { data: known } = useQuery('datasets.formats')
  const formats = computed(() => known.value ?? [])
  const asked = refDebounced(computed(() => JSON.stringify(options.value)), 400)

  const preview = useQuery('datasets.preview', computed((): Input<'datasets.preview'> | null => folder.value && format.value && source.value === 'photographs'
    ? { path: folder.value.root, format: format.value, options: given(JSON.parse(asked.value) as Record<string, unknown>) }
    : null))
  const recognise = useAction(async () => {
    folder.value = await client.call('datasets.recognise', { path: path.value.trim() })
    const [surest] = folder.value.formats
    format.value = surest && surest.confidence > 0 ? surest.name : ''
    name.value = folder.value.name
    step.value = 1
  })
  watch([format, source], () => { options.value = {} })

  const where = computed(() => source.value === 'drawn' ? path.value.trim() : folder.value?.root ?? '')
  onScopeDispose(client.on('datasets.progress', (view) => {
    if (view.path === where.value)
      progress.value = view
  }))
  const add = useAction(async () => {
    progress.value = null
    return client.call('datasets.add', {
      path: where.value,
      name: name.value,
      format: source.value === 'drawn' ? 'synthetic' : format.value,
      options: given(options.value),
    })
  })
  return {
    step,
    source,
    path,
    name,
    format,
    options,
    folder,
    formats,
    chosen: computed(() => formats.value.find(one => one.name === (source.value === 'drawn' ? 'synthetic' : format.value))),
    preview,
    progress,
    recognise,
    add,
    stop: useAction(() => client.call('datasets.cancel', { path: where.value })),
  }
}

/** Options that somebody set; the format knows the others. */
function given(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== '' && value !== null))
}
