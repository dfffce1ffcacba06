import { mean } from './statistics.ts'

/** Scores of pairs or samples that are positive (the same person) or negative, by one or two methods. */
export interface RankedPairs {
  isPositive: readonly boolean[]
  /** The reference's scores; higher means positive. */
  reference: ArrayLike<number>
  /** The other method's scores of the same pairs in the same order. */
  other: ArrayLike<number>
}

/** Two correlated areas under the ROC curve and whether they differ. */
export interface DelongTest {
  /** Of the other method, 0..1. */
  auc: number
  referenceAuc: number
  /** auc - referenceAuc. */
  difference: number
  standardError: number
  /** 95 % of the difference, normal. */
  interval: [number, number]
  /** difference / standardError; 0 where both are 0. */
  z: number
  /** Two-sided, normal. */
  p: number
}

/** 97.5 % quantile of the standard normal distribution. */
const z975 = 1.959963984540054

/** Ranks from 1, equal values sharing the middle of theirs. */
function midranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((i, j) => values[i]! - values[j]!)
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length;) {
    let to = from
    while (to < order.length && values[order[to]!]! === values[order[from]!]!)
      to++
    for (let place = from; place < to; place++)
      ranks[order[place]!] = (from + 1 + to) / 2
    from = to
  }
  return ranks
}

/** How often each positive beats the negatives, and each negative loses to the positives (ties count half): DeLong's structural components. */
function components(scores: ArrayLike<number>, isPositive: readonly boolean[]): { positives: number[], negatives: number[] } {
  const all = midranks(scores)
  const placesOf = (wanted: boolean): number[] => isPositive.flatMap((one, i) => one === wanted ? [i] : [])
  const [positive, negative] = [placesOf(true), placesOf(false)]
  const own = (places: number[]): Float64Array => midranks(places.map(place => scores[place]!))
  const [amongPositives, amongNegatives] = [own(positive), own(negative)]
  return {
    positives: positive.map((place, i) => (all[place]! - amongPositives[i]!) / negative.length),
    negatives: negative.map((place, i) => 1 - (all[place]! - amongNegatives[i]!) / positive.length),
  }
}

/** Sample covariance (n - 1 below the line); 0 below two values. */
function covariance(a: readonly number[], b: readonly number[]): number {
  if (a.length < 2)
    return 0
  const [middleA, middleB] = [mean(a), mean(b)]
  return a.reduce((sum, value, i) => sum + (value - middleA) * (b[i]! - middleB), 0) / (a.length - 1)
}

/** Area under the ROC curve, 0..1: the share of positive-negative pairs in which the positive scores higher, ties counted half. NaN without one of both. */
export function areaUnderCurve(scores: ArrayLike<number>, isPositive: readonly boolean[]): number {
  return mean(components(scores, isPositive).positives)
}

/**
 * DeLong's test of two areas under the curve on the same pairs (DeLong, DeLong, Clarke-Pearson 1988), by midranks (Sun and Xu 2014).
 * Null where positives or negatives are missing.
 *
 * @throws RangeError where the lists are of different lengths
 */
export function delongTest({ isPositive, reference, other }: RankedPairs): DelongTest | null {
  if (reference.length !== isPositive.length || other.length !== isPositive.length)
    throw new RangeError(`internal: DeLong's test of ${reference.length} and ${other.length} scores for ${isPositive.length} pairs`)
  if (!isPositive.includes(true) || !isPositive.includes(false))
    return null
  const [a, b] = [components(other, isPositive), components(reference, isPositive)]
  const varianceOf = (part: 'positives' | 'negatives'): number => (covariance(a[part], a[part]) + covariance(b[part], b[part]) - 2 * covariance(a[part], b[part])) / a[part].length
  const [auc, referenceAuc] = [mean(a.positives), mean(b.positives)]
  const difference = auc - referenceAuc
  const standardError = Math.sqrt(Math.max(0, varianceOf('positives') + varianceOf('negatives')))
  const z = difference === 0 ? 0 : difference / standardError
  return {
    auc,
    referenceAuc,
    difference,
    standardError,
    interval: [difference - z975 * standardError, difference + z975 * standardError],
    z,
    p: complementaryError(Math.abs(z) / Math.SQRT2),
  }
}

/** erfc(x) for x >= 0, to about 1e-14: a power series near zero, a continued fraction beyond (Abramowitz and Stegun 7.1.6, 7.1.14). */
export function complementaryError(x: number): number {
  if (x === Number.POSITIVE_INFINITY)
    return 0
  if (x < 2.5) {
    let term = x
    let sum = x
    for (let n = 1; Math.abs(term) > sum * 1e-17 && n < 200; n++) {
      term *= 2 * x * x / (2 * n + 1)
      sum += term
    }
    return 1 - 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum
  }
  let fraction = 0
  for (let n = 60; n > 0; n--)
    fraction = n / 2 / (x + fraction)
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction)
}
