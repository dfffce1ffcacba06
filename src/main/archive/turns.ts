import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { turnMs } from '../runner/watch.ts'

/** For work that would keep the host from answering: gives others a turn whenever one's own is over. */
export function createTurns(): () => Promise<void> {
  let startMs = performance.now()
  return async () => {
    if (performance.now() - startMs < turnMs)
      return
    await setImmediate()
    startMs = performance.now()
  }
}
