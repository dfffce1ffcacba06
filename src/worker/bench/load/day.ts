import type { SharedState } from '#worker/event-file.ts'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { mock } from 'node:test'
import { loadedKey } from '#main/bench-app/workspace.ts'
import { createRunner } from '#main/runner/runner.ts'
import { openWorkspace } from '#main/workspace/workspace.ts'
import { EventFile } from '#worker/event-file.ts'

/**
 * node --expose-gc day.ts FOLDER HOURS: a run of so many hours under a clock that goes as fast as it can. Its events are written
 * and followed as in a real one, each second a loss and a progress, every 5 s a heartbeat, and the host looks every 200 ms. Prints a
 * line of JSON per hour: what has been taken in, and the memory in use after a collection.
 */
const [folder = '', hours = '24'] = process.argv.slice(2)
const pollMs = 200
const secondsPerHour = 3600
const total = Number(hours) * secondsPerHour
const key = loadedKey(0)

mock.timers.enable({ apis: ['Date', 'setInterval'], now: Date.now() })
const workspace = openWorkspace(folder, 'facet bench load')
const runDir = workspace.paths.runDir(key)
mkdirSync(runDir, { recursive: true })
const shared: SharedState = new Int32Array(new SharedArrayBuffer(16))
const file = new EventFile(join(runDir, 'events.ndjson'), { attempt: 1, shared })
let metrics = 0
const runner = createRunner({
  workspace,
  cores: 1,
  worker: { node: process.execPath, entry: '' },
  pollMs,
  events: {
    changed: () => {},
    metrics: (_key, rows) => { metrics += rows.length },
    progress: () => {},
  },
})
await runner.start()
file.append({ type: 'started', pid: process.pid, engine: 'none', threads: 1, resumedFrom: null })
tell(0)
for (let second = 1; second <= total; second++) {
  file.append({ type: 'metrics', step: second, values: { loss: 1 / second } })
  file.append({ type: 'progress', done: second, total, unit: 'steps', perSecond: 1 })
  if (second % 5 === 0)
    file.append({ type: 'heartbeat', memoryBytes: 1 })
  for (let passedMs = 0; passedMs < 1000; passedMs += pollMs) {
    mock.timers.tick(pollMs)
    await new Promise(resolve => setImmediate(resolve)) // the look has ended: it waits for nothing but the database, which does not wait
  }
  if (second % secondsPerHour === 0)
    tell(second / secondsPerHour)
}
file.append({ type: 'done', result: { summary: {}, evaluations: [] }, durationMs: total * 1000, bytes: 0 })
mock.timers.tick(pollMs)
await new Promise(resolve => setImmediate(resolve))
await runner.close()
const { state } = await workspace.db.selectFrom('runs').select('state').where('key', '=', key).executeTakeFirstOrThrow()
await workspace.close()
process.stdout.write(`${JSON.stringify({ state })}\n`)
process.exit(0)

function tell(hour: number): void {
  globalThis.gc!()
  const { heapUsed, heapTotal, rss } = process.memoryUsage()
  process.stdout.write(`${JSON.stringify({ hour, metrics, heapUsed, besideHeap: rss - heapTotal })}\n`)
}
