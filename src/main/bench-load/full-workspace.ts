import type { BenchFigure } from '#main/bench-figure.ts'
import { statSync } from 'node:fs'
import { serve } from '#main/bench-app/serve.ts'
import { comparedRuns, loadedKey, makeLoadedWorkspace } from '#main/bench-app/workspace.ts'
import { figure } from '#main/bench-figure.ts'
import { connect } from '#main/core.ts'
import { readHolder } from '#main/workspace/lock.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { memoryOf } from './processes.ts'

export interface Full { runs: number, metrics: number, steps: number }

/** A workspace of years: how soon its host answers, how long lists and curves take, and in how much memory. */
export async function measureFullWorkspace(folder: string, { runs, metrics, steps }: Full, say: (text: string) => void): Promise<BenchFigure[]> {
  const made = await timed(() => makeLoadedWorkspace(folder, { runs, points: metrics * steps, metrics: Array.from({ length: metrics }, (_, index) => index === 0 ? 'loss' : `metric-${index}`) }))
  say('opening it')
  const { lock, database } = workspacePaths(folder)
  const startMs = performance.now()
  const served = await serve(folder)
  try {
    const { client, close } = await connect(folder, { title: 'facet bench load' })
    try {
      const list = await client.call('runs.list', {})
      const opened = performance.now() - startMs
      const keys = Array.from({ length: Math.min(comparedRuns, runs) }, (_, index) => loadedKey(index))
      const holder = readHolder(lock)!.pid
      const listed = await timed(() => client.call('runs.list', {}))
      const curves = await timed(() => client.call('runs.metrics', { key: loadedKey(runs >> 1), buckets: 400 }))
      const compared = await timed(() => client.call('compare.curves', { keys, metric: 'loss', buckets: 300 }))
      return [
        figure(`workspace of ${runs} runs x ${metrics} metrics x ${steps} values, ${(runs * metrics * steps / 1e6).toFixed(1)} million, made`, made / 1000, 's'),
        figure('its database', statSync(database).size / 2 ** 20, 'MB'),
        figure(`from the start of the server to the list of ${list.length} runs`, opened, 'ms', { most: 2000 }),
        figure('the list once more', listed, 'ms', { most: 300 }),
        figure(`all ${metrics} curves of a run, thinned`, curves, 'ms', { most: 300 }),
        figure(`a curve of ${keys.length} runs`, compared, 'ms', { most: 300 }),
        figure('host: memory at its highest', memoryOf(holder).peak, 'MB', { most: 600 }),
      ]
    }
    finally {
      await close()
    }
  }
  finally {
    await served.close()
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
