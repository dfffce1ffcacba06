import type { SharedState } from './event-file.ts'
import { Worker } from 'node:worker_threads'

export interface HeartbeatStart { path: string, attempt: number, shared: SharedState, everyMs: number }

/**
 * Writes heartbeats from a thread of its own, since a training loop on the main thread lets no timer run.
 * They stop when the main thread has shown no sign of life for a quarter of an hour, so that a hung run is not kept.
 */
export function startHeartbeat(path: string, { attempt, shared, everyMs = 5_000 }: { attempt: number, shared: SharedState, everyMs?: number }): { stop: () => void } {
  const thread = new Worker(new URL('./heartbeat-thread.ts', import.meta.url), {
    workerData: { path, attempt, shared, everyMs } satisfies HeartbeatStart,
    name: 'heartbeat',
  })
  thread.unref()
  // Not terminated: that could hit it while it holds the file's lock.
  return {
    stop: () => { Atomics.store(shared, 3, 1) },
  }
}
