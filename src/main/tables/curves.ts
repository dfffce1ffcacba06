import type { Db } from '../workspace/database.ts'
import { thinCurve } from '#shared/thin.ts'

/** One run's values of a metric, over steps and over the time since its first value. */
export interface RunCurve { key: string, steps: number[], seconds: number[], values: number[], points: number }

/** Metrics of some runs; those that all have come first, then by how many have them. The schedule and metrics of single folds come last. */
export async function metricsOf(db: Db, keys: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('curves').select(['run', 'metric']).where('run', 'in', keys).execute()
  const counts = new Map<string, number>()
  for (const { metric } of rows)
    counts.set(metric, (counts.get(metric) ?? 0) + 1)
  const isAside = (name: string): number => Number(name === 'learningRate' || name.startsWith('fold-'))
  return [...counts.keys()].sort((a, b) => isAside(a) - isAside(b) || counts.get(b)! - counts.get(a)! || a.localeCompare(b, 'en', { numeric: true }))
}

/** A metric of some runs, thinned to the extremes of each stretch. */
export async function readRunCurves(db: Db, keys: readonly string[], metric: string, buckets: number): Promise<RunCurve[]> {
  const rows = await db.selectFrom('metrics').select(['run', 'step', 'value', 'at_ms']).where('run', 'in', keys).where('metric', '=', metric).orderBy('run').orderBy('step').execute()
  const byRun = Map.groupBy(rows, row => row.run)
  return keys.map((key) => {
    const points = byRun.get(key) ?? []
    const times = new Map(points.map(({ step, at_ms }) => [step, (at_ms - points[0]!.at_ms) / 1000]))
    const { steps, values } = thinCurve({ steps: points.map(({ step }) => step), values: points.map(({ value }) => value) }, buckets)
    return { key, steps, values, seconds: steps.map(step => times.get(step)!), points: points.length }
  })
}
