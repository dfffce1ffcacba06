import type { ComputedRef, ShallowRef } from 'vue'
import type { Problem } from '#shared/errors.ts'
import type { RunItem } from '#shared/run-views.ts'
import type { QueryStatus } from './useQuery.ts'
import { useRafFn, useThrottleFn } from '@vueuse/core'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { useQuery } from './useQuery.ts'

export interface RunList {
  runs: ComputedRef<readonly RunItem[]>
  status: Readonly<ShallowRef<QueryStatus>>
  problem: Readonly<ShallowRef<Problem | null>>
  reload: () => Promise<void>
}

/**
 * All runs of the workspace, kept up by events: a change replaces one entry, in one go per frame, and only what events do not
 * say (a new run, a figure) is asked for again.
 */
export function useRunList(): RunList {
  const client = useClient()
  const query = useQuery('runs.list', () => ({}))
  const runs = shallowRef<readonly RunItem[]>([])
  let places = new Map<string, number>()
  const changes = new Map<string, Partial<RunItem>>()
  const askAgain = useThrottleFn(() => query.reload(), 1000, true)

  watch(query.data, (list) => {
    runs.value = list ?? []
    places = new Map(runs.value.map(({ key }, index) => [key, index]))
  })
  const frame = useRafFn(() => {
    frame.pause()
    const next = [...runs.value]
    for (const [key, change] of changes) {
      const place = places.get(key)
      if (place === undefined)
        void askAgain()
      else
        next[place] = { ...next[place]!, ...change }
    }
    changes.clear()
    runs.value = next
  }, { immediate: false })
  function take(key: string, change: Partial<RunItem>): void {
    changes.set(key, { ...changes.get(key), ...change })
    frame.resume()
  }
  const stops = [
    client.on('run.changed', (run) => {
      take(run.key, run)
      if (run.state === 'done' || run.state === 'queued')
        void askAgain()
    }),
    client.on('run.progress', ({ key, progress, memoryBytes }) => take(key, { progress, memoryBytes })),
    client.on('studies.changed', () => void askAgain()),
  ]
  onScopeDispose(() => stops.forEach(stop => stop()))
  return { runs: computed(() => runs.value), status: query.status, problem: query.problem, reload: query.reload }
}
