import type { DelongTest } from '#shared/auc.ts'
import type { Comparison } from '#shared/comparison.ts'
import type { EffectSize } from '#shared/effect-size.ts'
import type { Pair } from '#shared/statistics.ts'
import type { SampleScore } from './compare.ts'
import { setImmediate } from 'node:timers/promises'
import { delongTest } from '#shared/auc.ts'
import { cohensH, pairedCohensD } from '#shared/effect-size.ts'
import { holm, mean, pairedBootstraps } from '#shared/statistics.ts'

/** p below which a difference counts as shown. */
export const significance = 0.05

export type Verdict = Comparison['tests'][number]['verdict']

/** The area under the curve beside a test of verification, over the pairs whose faces both found. */
export type AucTest = Pick<DelongTest, 'auc' | 'referenceAuc' | 'interval' | 'p'>

/** One paired test before its p is corrected. */
export interface PairedTest { shared: number, difference: number, interval: [number, number], p: number, effect: EffectSize | null, auc: AucTest | null }

/**
 * Paired bootstraps of some methods' scores against one reference, each on the samples that both answered; null where they share none.
 * `difference` is other minus reference. Others are answered meanwhile.
 *
 * @param reference          scores of the method that the others are held against
 * @param others             scores of each of them
 * @param options            what the scores are
 * @param options.areShares  per cents of right answers, whose effect size is Cohen's h; else errors, with the d of paired differences
 */
export async function pairedTests(reference: readonly SampleScore[], others: readonly (readonly SampleScore[])[], { areShares }: { areShares: boolean }): Promise<(PairedTest | null)[]> {
  const pairs = others.map(other => pairOf(reference, other))
  const work = pairedBootstraps(pairs.filter(pair => pair !== null), { seed: 0 })
  let step = work.next()
  while (!step.done) {
    await setImmediate()
    step = work.next()
  }
  const results = step.value.values()
  return pairs.map((pair, i) => {
    if (!pair)
      return null
    const { difference, interval, p } = results.next().value!
    return { shared: pair.a.length, difference, interval, p, effect: effectOf(pair, areShares), auc: aucTestOf(reference, others[i]!) }
  })
}

function effectOf({ a, b }: Pair, areShares: boolean): EffectSize | null {
  if (areShares)
    return { kind: 'h', value: cohensH(mean(a) / 100, mean(b) / 100) }
  const value = pairedCohensD(Float64Array.from(a, (score, i) => score - b[i]!))
  return value === null ? null : { kind: 'd', value }
}

/** DeLong's test over the pairs of which both have a cosine; null where the answers are none of verification. */
function aucTestOf(reference: readonly SampleScore[], other: readonly SampleScore[]): AucTest | null {
  const byId = new Map(other.flatMap(({ id, pair }) => pair ? [[id, pair.cosine]] : []))
  const shared = reference.flatMap(({ id, pair }) => pair && byId.has(id) ? [{ ...pair, other: byId.get(id)! }] : [])
  const test = delongTest({ isPositive: shared.map(({ same }) => same), reference: shared.map(({ cosine }) => cosine), other: shared.map(one => one.other) })
  return test && { auc: test.auc, referenceAuc: test.referenceAuc, interval: test.interval, p: test.p }
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

/** Scores (and cosines) of each sample averaged over seeds, over the samples that all seeds answered: a method's scores rather than a run's. */
export function averageScores(runs: readonly SampleScore[][]): SampleScore[] {
  const [first, ...others] = runs
  if (!first)
    return []
  const maps = others.map(run => new Map(run.map(one => [one.id, one])))
  return first.filter(({ id }) => maps.every(map => map.has(id))).map(({ id, score, cluster, pair }) => {
    const same = maps.map(map => map.get(id)!)
    const cosines = [pair, ...same.map(one => one.pair)].flatMap(one => one ? [one.cosine] : [])
    return {
      id,
      score: (score + same.reduce((sum, one) => sum + one.score, 0)) / runs.length,
      cluster,
      ...pair && cosines.length === runs.length && { pair: { same: pair.same, cosine: mean(cosines) } },
    }
  })
}

/** A test whose p is corrected; its area under the curve likewise, among the areas. */
export type Corrected<T extends PairedTest> = Omit<T, 'auc'> & { adjusted: number, verdict: Verdict, auc: (AucTest & { adjusted: number }) | null }

/** Holm's correction over all tests of a page; tests that could not be made stay null. */
export function correct<T extends PairedTest>(tests: readonly (T | null)[], better: (index: number) => 'higher' | 'lower'): (Corrected<T> | null)[] {
  const made = tests.filter(test => test !== null)
  const adjusted = holm(made.map(({ p }) => p)).values()
  const areas = holm(made.flatMap(({ auc }) => auc ? [auc.p] : [])).values()
  return tests.map((test, index) => {
    if (!test)
      return null
    const p = adjusted.next().value!
    return { ...test, adjusted: p, verdict: verdictOf(test.difference, p, better(index)), auc: test.auc && { ...test.auc, adjusted: areas.next().value! } }
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
