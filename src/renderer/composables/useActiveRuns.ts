import type { InjectionKey, ShallowRef } from 'vue'
import type { RunView } from '#shared/views.ts'
import { inject, onScopeDispose, provide, shallowRef } from 'vue'
import { useClient } from '#renderer/client/client.ts'

/** Runs at work now, with their progress as it comes in, by key. */
export type ActiveRuns = Readonly<ShallowRef<ReadonlyMap<string, RunView>>>

const activeRunsKey: InjectionKey<ActiveRuns> = Symbol('active runs')
const active = new Set(['running', 'pausing'])

/** Follows the runs at work; asked once, then kept up by events. */
export function provideActiveRuns(): ActiveRuns {
  const client = useClient()
  const runs = shallowRef<ReadonlyMap<string, RunView>>(new Map())
  const set = (change: (next: Map<string, RunView>) => void): void => {
    const next = new Map(runs.value)
    change(next)
    runs.value = next
  }
  async function ask(): Promise<void> {
    try {
      const list = await client.call('runs.list', { states: ['running', 'pausing'] })
      runs.value = new Map(list.map(run => [run.key, run]))
    }
    catch {
      // The lost connection is already on the screen; after it is back this is asked again.
    }
  }
  const stops = [
    client.on('run.changed', run => set((next) => {
      if (active.has(run.state))
        next.set(run.key, run)
      else
        next.delete(run.key)
    })),
    client.on('run.progress', ({ key, progress, memoryBytes }) => {
      const run = runs.value.get(key)
      if (run)
        set(next => next.set(key, { ...run, progress, memoryBytes }))
    }),
    client.onReconnect(() => void ask()),
  ]
  onScopeDispose(() => stops.forEach(stop => stop()))
  void ask()
  provide(activeRunsKey, runs)
  return runs
}

/** Runs at work now, by key. */
export function useActiveRuns(): ActiveRuns {
  const runs = inject(activeRunsKey)
  if (!runs)
    throw new Error('internal: no active runs were provided.')
  return runs
}
