import type { HeartbeatStart } from './heartbeat.ts'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { workerData } from 'node:worker_threads'
import { EventFile } from './event-file.ts'

/** The main thread may be inside one native call for long (a decomposition of all embeddings), but not for ever. */
const silentLimitMs = 15 * 60_000

function beat({ path, attempt, shared, everyMs }: HeartbeatStart): void {
  const file = new EventFile(path, { attempt, shared })
  let lastCount = -1
  let lastSignMs = performance.now()
  const timer = setInterval(() => {
    if (Atomics.load(shared, 3) === 1)
      return clearInterval(timer)
    const count = Atomics.load(shared, 2)
    if (count !== lastCount) {
      lastCount = count
      lastSignMs = performance.now()
    }
    if (performance.now() - lastSignMs >= silentLimitMs)
      return
    try {
      file.append({
        type: 'heartbeat',
        memoryBytes: process.memoryUsage.rss(),
      })
    }
    catch {
      // A full disk: a beat is left out. Whether the run can go on is for the main thread to find out, which has something to say.
    }
  }, everyMs)
}

beat(workerData as HeartbeatStart)
