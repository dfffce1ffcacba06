import type { ComputedRef } from 'vue'
import type { Action } from '#renderer/composables/useAction.ts'
import type { AddingView } from '#shared/dataset-views.ts'
import { computed, onScopeDispose, shallowRef } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { useAction } from '#renderer/composables/useAction.ts'
import { useQuery } from '#renderer/composables/useQuery.ts'

/** Folders that are being read now, by whichever window or terminal, with how far they are. */
export function useAdding(): { adding: ComputedRef<AddingView[]>, stop: Action<[path: string], boolean> } {
  const client = useClient()
  const { data } = useQuery('datasets.adding', undefined, { refreshOn: ['datasets.progress', 'datasets.changed'], throttleMs: 500 })
  const heard = shallowRef(new Map<string, AddingView>())
  const off = client.on('datasets.progress', (view) => {
    heard.value = new Map(heard.value).set(view.path, view)
  })
  onScopeDispose(off)
  return {
    // what is listed is being read; what was heard of it since is newer
    adding: computed(() => (data.value ?? []).map(view => heard.value.get(view.path) ?? view)),
    stop: useAction(async (path: string) => (await client.call('datasets.cancel', { path })).stopped),
  }
}
