import type { SharedState } from '#worker/event-file.ts'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { EventFile } from '#worker/event-file.ts'

/**
 * node feeder.ts JSON: stands for the workers of several live runs. At the line "go" it writes their events as workers do,
 * each value `written` being the time at which it was written, and says "done" once all runs are.
 */
const Feed = z.strictObject({
  runDirs: z.array(z.string()),
  /** Metric events of each run. */
  perSecond: z.number(),
  seconds: z.number(),
})
const { runDirs, perSecond, seconds } = Feed.parse(JSON.parse(process.argv[2] ?? ''))
const heartbeatMs = 5_000

const files = runDirs.map((runDir) => {
  mkdirSync(runDir, { recursive: true })
  const shared: SharedState = new Int32Array(new SharedArrayBuffer(16))
  return new EventFile(join(runDir, 'events.ndjson'), { attempt: 1, shared })
})

async function feed(): Promise<void> {
  for (const file of files)
    file.append({ type: 'started', pid: process.pid, engine: 'none', threads: 1, resumedFrom: null })
  const total = perSecond * seconds
  const startMs = Date.now()
  let beatMs = startMs
  for (let step = 1; step <= total; step++) {
    const waitMs = startMs + step * 1000 / perSecond - Date.now()
    if (waitMs > 0)
      await new Promise(resolve => setTimeout(resolve, waitMs))
    const isBeat = Date.now() - beatMs > heartbeatMs
    if (isBeat)
      beatMs = Date.now()
    for (const file of files) {
      file.append({ type: 'metrics', step, values: { loss: 1 / step, written: Date.now() } })
      file.append({ type: 'progress', done: step, total, unit: 'steps', perSecond })
      if (isBeat)
        file.append({ type: 'heartbeat', memoryBytes: process.memoryUsage.rss() })
    }
  }
  for (const file of files) {
    file.append({ type: 'done', result: { summary: {}, evaluations: [] }, durationMs: Date.now() - startMs, bytes: 0 })
    file.close()
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'go')
    continue
  await feed()
  process.stdout.write('done\n')
}
