import type { Comparison } from '#shared/comparison.ts'
import type { Pair } from '#shared/statistics.ts'
import type { SampleScore } from './compare.ts'
import { setImmediate } from 'node:timers/promises'
import { holm, pairedBootstraps } from '#shared/statistics.ts'

/** p below which a difference counts as shown. */
export const significance = 0.05

export type Verdict = Comparison['tests'][number]['verdict']

/** One paired test before its p is corrected. */
export interface PairedTest { shared: number, difference: number, interval: [number, number], p: number }

/**
 * Paired bootstraps of some methods' scores against one reference, each on the samples that both answered; null where they share none.
 * `difference` is other minus reference. Others are answered meanwhile.
 */
export async function pairedTests(reference: readonly SampleScore[], others: readonly (readonly SampleScore[])[]): Promise<(PairedTest | null)[]> {
  const pairs = others.map(other => pairOf(reference, other))
  const work = pairedBootstraps(pairs.filter(pair => pair !== null), { seed: 0 })
  let step = work.next()
  while (!step.done) {
    await setImmediate()
    step = work.next()
  }
  const results = step.value.values()
  return pairs.map((pair) => {
    if (!pair)
      return null
    const { difference, interval, p } = results.next().value!
    return { shared: pair.a.length, difference, interval, p }
  })
}

function pairOf(reference: readonly SampleScore[], other: readonly SampleScore[]): Pair | null {
  const byId = new Map(other.map(({ id, score }) => [id, score]))
  const shared = reference.filter(({ id }) => byId.has(id))
  if (shared.length === 0)
    return null
  return {
    a: shared.map(({ id }) => byId.get(id)!),
    b: shared.map(({ score }) => score),
    clusters: shared.some(({ cluster }) => cluster !== null)
      ? shared.map(({ id, cluster }) => cluster ?? id)
      : undefined,
  }
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
