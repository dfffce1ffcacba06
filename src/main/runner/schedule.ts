import type { RunState } from '#shared/order.ts'

/** What the queue needs to know of a run. */
export interface QueuedRun {
  key: string
  label: string
  state: RunState
  /** Waits for a run that will not come by itself. */
  isBlocked: boolean
  usesAllCores: boolean
  needs: string[]
  /** Somebody asked for it in this host's life; others stay in the queue. */
  isWanted: boolean
}

/** The needs that keep a queued run from ever starting by itself: failed, stopped, paused, unknown, or blocked in turn. */
export function blockersOf(run: QueuedRun, runs: ReadonlyMap<string, QueuedRun>): { key: string, why: string }[] {
  return run.needs.flatMap((key) => {
    const need = runs.get(key)
    if (!need) {
      return [
        { key, why: `run ${key.slice(0, 12)}, which is not in the workspace` },
      ]
    }
    if (need.state === 'queued' && need.isBlocked) {
      return [
        { key, why: `"${need.label}", which waits itself` },
      ]
    }
    return [
      'failed',
      'interrupted',
      'cancelled',
      'paused',
    ].includes(need.state)
      ? [
          { key, why: `"${need.label}", which is ${need.state}` },
        ]
      : []
  })
}

/**
 * Which queued runs start now, in the order of the queue. A run that uses all cores runs alone, so it waits for the others
 * and nothing behind it overtakes; the rest run side by side, one core each.
 * `runs` are all runs the queue knows, in its order; `busy` counts the threads of the workers now at work, `alone` says that
 * one of them has all cores.
 */
export function chooseStarts(runs: ReadonlyMap<string, QueuedRun>, { cores, busy, alone }: { cores: number, busy: number, alone: boolean }): string[] {
  const starts: string[] = []
  let used = busy
  if (alone)
    return starts
  for (const run of runs.values()) {
    const isReady = run.state === 'queued' && run.isWanted && !run.isBlocked && run.needs.every(key => runs.get(key)?.state === 'done')
    if (!isReady)
      continue
    if (run.usesAllCores) {
      if (used === 0)
        starts.push(run.key)
      return starts
    }
    if (used >= cores)
      return starts
    starts.push(run.key)
    used++
  }
  return starts
}
