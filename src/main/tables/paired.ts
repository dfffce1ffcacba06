import type { Comparison } from '#shared/comparison.ts'
import type { SampleScore } from './compare.ts'
import { holm, pairedBootstrap } from '#shared/statistics.ts'

/** p below which a difference counts as shown. */
export const significance = 0.05

export type Verdict = Comparison['tests'][number]['verdict']

/** One paired test before its p is corrected. */
export interface PairedTest { shared: number, difference: number, interval: [number, number], p: number }

/** Paired bootstrap of two methods' scores on the samples both answered; null where they share none. `difference` is other minus reference. */
export function pairedTest(reference: readonly SampleScore[], other: readonly SampleScore[]): PairedTest | null {
  const byId = new Map(other.map(({ id, score }) => [id, score]))
  const shared = reference.filter(({ id }) => byId.has(id))
  if (shared.length === 0)
    return null
  const clusters = shared.some(({ cluster }) => cluster !== null)
    ? shared.map(({ id, cluster }) => cluster ?? id)
    : undefined
  const { difference, interval, p } = pairedBootstrap(shared.map(({ id }) => byId.get(id)!), shared.map(({ score }) => score), { clusters, seed: 0 })
  return { shared: shared.length, difference, interval, p }
}

/** Scores of each sample averaged over seeds, over the samples that all seeds answered: a method's scores rather than a run's. */
export function averageScores(runs: readonly SampleScore[][]): SampleScore[] {
  const [first, ...others] = runs
  if (!first)
    return []
  const maps = others.map(run => new Map(run.map(({ id, score }) => [id, score])))
  return first.filter(({ id }) => maps.every(map => map.has(id))).map(({ id, score, cluster }) => ({
    id,
    score: (score + maps.reduce((sum, map) => sum + map.get(id)!, 0)) / runs.length,
    cluster,
  }))
}

/** Holm's correction over all tests of a page; tests that could not be made stay null. */
export function correct<T extends PairedTest>(tests: readonly (T | null)[], better: (index: number) => 'higher' | 'lower'): ((T & { adjusted: number, verdict: Verdict }) | null)[] {
  const made = tests.filter(test => test !== null)
  const adjusted = holm(made.map(({ p }) => p))
  let next = 0
  return tests.map((test, index) => {
    if (!test)
      return null
    const p = adjusted[next++]!
    return { ...test, adjusted: p, verdict: verdictOf(test.difference, p, better(index)) }
  })
}

/** What a difference from the reference means; nothing is "equal", only not shown to differ. */
function verdictOf(difference: number, adjusted: number, better: 'higher' | 'lower'): Verdict {
  if (adjusted >= significance)
    return 'no difference shown'
  return (difference > 0) === (better === 'higher')
    ? 'better'
    : 'worse'
}
