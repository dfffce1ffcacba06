import type { BenchFigure } from '#main/bench-figure.ts'
import type { RunEvent } from '#shared/order.ts'
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { serve } from '#main/bench-app/serve.ts'
import { loadedKey } from '#main/bench-app/workspace.ts'
import { figure } from '#main/bench-figure.ts'
import { connect } from '#main/core.ts'
import { eventsPath } from '#main/runner/follow.ts'
import { readHolder } from '#main/workspace/lock.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { makeLiveWorkspace } from './live-runs.ts'
import { memoryOf, startLoadProcess } from './processes.ts'

/** A host meets an event file of so many rows that nobody has followed: how fast it catches up, in how much memory, and whether it answers meanwhile. */
export async function measureLongFile(folder: string, rows: number): Promise<BenchFigure[]> {
  const key = loadedKey(0)
  const paths = workspacePaths(folder)
  const path = eventsPath(paths.runDir(key))
  const worker = startLoadProcess('feeder.ts', [JSON.stringify({ runDirs: [], perSecond: 1, seconds: 1 })])
  try {
    await makeLiveWorkspace(folder, 1, worker)
    mkdirSync(paths.runDir(key), { recursive: true })
    writeRows(path, rows)
    const { size } = statSync(path)
    const startMs = performance.now()
    const served = await serve(folder)
    try {
      const seen = await watchCatchingUp(folder, key)
      const seconds = (performance.now() - startMs) / 1000
      return [
        figure(`event file of ${rows.toLocaleString('en')} rows (${Math.round(size / 2 ** 20)} MB) taken in`, seconds, 's'),
        figure('  rows a second', rows / seconds, ''),
        figure('host: memory at its highest', seen.peak, 'MB', { most: 600 }),
        figure('host: memory from a quarter of the file to its end', seen.grown, 'MB', { most: 50 }),
        figure('longest answer of the host meanwhile', seen.slowestMs, 'ms', { most: 1000 }),
        figure('values in the database that are not in the file, or the other way', Math.abs(seen.count - rows), '', { most: 0 }),
      ]
    }
    finally {
      await served.close()
    }
  }
  finally {
    worker.kill()
    rmSync(paths.runDir(key), { recursive: true, force: true })
  }
}

function writeRows(path: string, rows: number): void {
  const file = openSync(path, 'w')
  const time = Date.now()
  const atOnce = 10_000
  for (let from = 0; from < rows; from += atOnce) {
    const lines = Array.from({ length: Math.min(atOnce, rows - from) }, (_, index) => line({ seq: from + index, time, attempt: 1, type: 'metrics', step: from + index, values: { loss: 1 / (from + index + 1) } }))
    writeSync(file, lines.join(''))
  }
  writeSync(file, line({ seq: rows, time, attempt: 1, type: 'done', result: { summary: {}, evaluations: [] }, durationMs: 1, bytes: 0 }))
  closeSync(file)
}

function line(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`
}

async function watchCatchingUp(folder: string, key: string): Promise<{ peak: number, grown: number, slowestMs: number, count: number }> {
  const { client, close } = await connect(folder, { title: 'facet bench load' })
  const holder = readHolder(workspacePaths(folder).lock)!.pid
  const memories: number[] = []
  let slowestMs = 0
  try {
    while (true) {
      const askedMs = performance.now()
      const run = await client.call('runs.get', { key })
      slowestMs = Math.max(slowestMs, performance.now() - askedMs)
      memories.push(memoryOf(holder).now)
      if (run.state === 'done')
        break
      await sleep(100)
    }
    const { loss } = await client.call('runs.metrics', { key, buckets: 400 })
    const { peak } = memoryOf(holder)
    return { peak, grown: memories.at(-1)! - memories[memories.length >> 2]!, slowestMs, count: loss!.count }
  }
  finally {
    await close()
  }
}
