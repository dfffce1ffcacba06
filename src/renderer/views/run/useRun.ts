import type { Ref } from 'vue'
import type { Query } from '#renderer/composables/useQuery.ts'
import type { Result } from '#shared/contract.ts'
import type { RunDetail } from '#shared/views.ts'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { useQuery } from '#renderer/composables/useQuery.ts'

export interface RunData {
  query: Query<RunDetail>
  /** The run as it is this moment: the answer, with what events said since. */
  run: Readonly<Ref<RunDetail | undefined>>
  checkpoints: Query<Result<'runs.checkpoints'>>
  /** When the worker last gave a sign of life, as this window heard it. */
  heardAtMs: Readonly<Ref<number | null>>
}

/** One run with all that is known of it, kept up by events. */
export function useRun(key: () => string): RunData {
  const client = useClient()
  /** Events carry whole keys, the address perhaps its first digits. */
  const isOurs = (payload: unknown): boolean => (payload as { key: string }).key.startsWith(key())
  const query = useQuery('runs.get', () => ({ key: key() }), { refreshOn: ['run.changed'], concerns: isOurs })
  const checkpoints = useQuery('runs.checkpoints', () => ({ key: key() }), { refreshOn: ['run.changed', 'run.metrics'], concerns: isOurs, throttleMs: 2000 })
  const said = shallowRef<Partial<RunDetail>>({})
  const heardAtMs = shallowRef<number | null>(null)
  watch(query.data, () => { said.value = {} })
  const stops = [
    client.on('run.changed', (run) => {
      if (isOurs(run))
        said.value = run
    }),
    client.on('run.progress', (event) => {
      if (!isOurs(event))
        return
      heardAtMs.value = Date.now()
      said.value = { ...said.value, progress: event.progress, memoryBytes: event.memoryBytes }
    }),
  ]
  onScopeDispose(() => stops.forEach(stop => stop()))
  return { query, checkpoints, heardAtMs, run: computed(() => query.data.value && { ...query.data.value, ...said.value }) }
}
