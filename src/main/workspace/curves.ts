import type { Db } from './database.ts'
import type { Trx } from './runs.ts'
import { thinCurve } from '#shared/thin.ts'
import { listMetrics } from './runs.ts'

/** A curve as it is given out: `count` is how many values there are, thinned or not. */
export interface ReadCurve { steps: number[], values: number[], count: number }

/** The curves of a run by metric; with `buckets` the long ones thinned, their extremes kept. */
export async function readCurves(db: Db, key: string, { metrics, fromStep, buckets }: { metrics?: readonly string[], fromStep?: number, buckets?: number }): Promise<Record<string, ReadCurve>> {
  const curves: Record<string, ReadCurve> = Object.create(null) // a metric may be called like anything, also "constructor"
  for (const { metric, step, value } of await listMetrics(db, key, { metrics, fromStep })) {
    const curve = curves[metric] ??= { steps: [], values: [], count: 0 }
    curve.steps.push(step)
    curve.values.push(value)
    curve.count++
  }
  if (buckets !== undefined) {
    for (const [metric, { count, ...curve }] of Object.entries(curves))
      curves[metric] = { ...thinCurve(curve, buckets), count }
  }
  return curves
}

const pointsAtOnce = 100

/** Adds values to the curves of a run; a step that a curve has keeps its value. */
export async function addPoints(trx: Trx, run: string, rows: readonly { metric: string, step: number, value: number, at_ms: number }[]): Promise<void> {
  if (rows.length === 0)
    return
  const metrics = [...new Set(rows.map(({ metric }) => metric))]
  await trx.insertInto('curves').values(metrics.map(metric => ({ run, metric }))).onConflict(conflict => conflict.doNothing()).execute()
  const ids = new Map((await trx.selectFrom('curves').select(['id', 'metric']).where('run', '=', run).execute()).map(({ id, metric }) => [metric, id]))
  const points = rows.map(({ metric, ...point }) => ({ curve: ids.get(metric)!, ...point }))
  const insert = (some: typeof points): Promise<unknown> => trx.insertInto('points').values(some).onConflict(conflict => conflict.doNothing()).execute()
  // Two texts of a statement for any count, so that both stay prepared.
  const whole = points.length - points.length % pointsAtOnce
  for (let from = 0; from < whole; from += pointsAtOnce)
    await insert(points.slice(from, from + pointsAtOnce))
  for (const point of points.slice(whole))
    await insert([point])
}

/** What decides which weights are kept, by stage and task; only the first that a run has counts. */
const deciding = [
  { metric: 'validationCosine', better: 'desc' },
  { metric: 'validationMae', better: 'asc' },
  { metric: 'validationLoss', better: 'asc' },
] as const

/** The step whose weights a run keeps: the first with the best value of what decides. null for runs of many parts, which keep one each. */
export async function findSelected(db: Db, key: string): Promise<{ step: number, metric: string, value: number } | null> {
  for (const { metric, better } of deciding) {
    const best = await db.selectFrom('metrics').select(['step', 'metric', 'value']).where('run', '=', key).where('metric', '=', metric).orderBy('value', better).orderBy('step').limit(1).executeTakeFirst()
    if (best)
      return best
  }
  return null
}
