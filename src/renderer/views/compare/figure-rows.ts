import type { Comparison } from '#shared/comparison.ts'
import type { Result } from '#shared/contract.ts'

/** One figure of all runs, with its tests against the first. */
export interface FigureRow {
  name: string
  /** What it is measured by, in words. */
  metric: string
  /** What it is measured by. */
  measure: string
  better: 'higher' | 'lower' | null
  points: ({ value: number, interval: readonly [number, number] | null } | null)[]
  /** Of the second run on; empty where there are none. */
  tests: ({ difference: number, interval: readonly [number, number], adjusted: number, verdict: Comparison['tests'][number]['verdict'] } | null)[]
  /** Places of the best figures. */
  best: number[]
}

/** The figures of some runs. Their tests stand in a table of their own: there is one for each run, not for each figure. */
export function figureRows({ figures }: Comparison): FigureRow[] {
  return figures.map(({ name, better, values, intervals }) => {
    const [, metric = name, scope = ''] = /^(\S+) \((\w+)\)$/.exec(name) ?? []
    const points = values.map((value, i) => value === null ? null : { value, interval: intervals[i] ?? null })
    return {
      name: better === null ? name : metric,
      metric: better === null ? '' : `${scope} ${better === 'higher' ? '↑' : '↓'}`,
      measure: metric,
      better,
      points,
      tests: [],
      best: bestOf(points, better),
    }
  })
}

/** What some methods reach on every knowledge of a study. */
export function methodRows({ rows }: Result<'compare.methods'>): FigureRow[] {
  return rows.map(({ knowledge, metric, measure, better, cells, tests }) => {
    const points = cells.map(cell => cell && { value: cell.mean, interval: cell.interval })
    return { name: knowledge, metric, measure, better, points, tests, best: bestOf(points, better) }
  })
}

function bestOf(points: FigureRow['points'], better: FigureRow['better']): number[] {
  const values = points.flatMap(point => point ? [point.value] : [])
  if (better === null || values.length < 2)
    return []
  const best = better === 'higher' ? Math.max(...values) : Math.min(...values)
  return points.flatMap((point, i) => point?.value === best ? [i] : [])
}
