import { seededRandom } from './seeded-random.ts'

/** Arithmetic mean; NaN of nothing. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++)
    sum += values[i]!
  return sum / values.length
}

/** Sample standard deviation (n - 1 below the line); NaN below two values. */
export function sampleStd(values: ArrayLike<number>): number {
  if (values.length < 2)
    return Number.NaN
  const middle = mean(values)
  let squares = 0
  for (let i = 0; i < values.length; i++)
    squares += (values[i]! - middle) ** 2
  return Math.sqrt(squares / (values.length - 1))
}

/** Standard error of the mean of independent values: sample standard deviation / sqrt(n); 0 below two values. */
export function standardError(values: ArrayLike<number>): number {
  return values.length < 2
    ? 0
    : sampleStd(values) / Math.sqrt(values.length)
}

/** The p-quantile (0..1) of ascending values, linear between neighbours (Hyndman and Fan's type 7). */
export function quantile(ascending: ArrayLike<number>, p: number): number {
  const at = p * (ascending.length - 1)
  const low = Math.floor(at)
  const high = Math.ceil(at)
  return ascending[low]! + (ascending[high]! - ascending[low]!) * (at - low)
}

export interface BootstrapOptions {
  /** Cluster of each value (a person, a fold); whole clusters are drawn. Left out: every value stands for itself. */
  clusters?: readonly (string | number)[]
  seed?: number
  draws?: number
}

export interface Bootstrap {
  /** Standard deviation of the means of the draws. */
  standardError: number
  /** 2.5 % and 97.5 % quantile of the means of the draws. */
  interval: [number, number]
}

/** Sums and counts of each cluster, in order of first appearance: all that a draw of means needs. */
function clusterSums(values: ArrayLike<number>, clusters?: readonly (string | number)[]): { sums: Float64Array, counts: Float64Array } {
  if (!clusters) {
    return {
      sums: Float64Array.from(values),
      counts: new Float64Array(values.length).fill(1),
    }
  }
  const places = new Map<string | number, number>()
  for (const cluster of clusters)
    places.set(cluster, places.get(cluster) ?? places.size)
  const sums = new Float64Array(places.size)
  const counts = new Float64Array(places.size)
  clusters.forEach((cluster, i) => {
    sums[places.get(cluster)!]! += values[i]!
    counts[places.get(cluster)!]!++
  })
  return { sums, counts }
}

function total(values: Float64Array, picks: Int32Array): number {
  let sum = 0
  for (let i = 0; i < picks.length; i++)
    sum += values[picks[i]!]!
  return sum
}

/** Means of `draws` samples with replacement, ascending. */
function bootstrapMeans(values: ArrayLike<number>, { clusters, seed = 0, draws = 2000 }: BootstrapOptions): Float64Array {
  const { sums, counts } = clusterSums(values, clusters)
  const random = seededRandom(seed)
  const means = new Float64Array(draws)
  const picks = new Int32Array(sums.length)
  for (let draw = 0; draw < draws; draw++) {
    random.integers(picks, sums.length)
    means[draw] = total(sums, picks) / (clusters ? total(counts, picks) : picks.length)
  }
  return means.sort()
}

/** Percentile bootstrap of a mean (Efron), over values or over whole clusters. */
export function bootstrap(values: ArrayLike<number>, options: BootstrapOptions = {}): Bootstrap {
  const means = bootstrapMeans(values, options)
  return {
    standardError: sampleStd(means),
    interval: [
      quantile(means, 0.025),
      quantile(means, 0.975),
    ],
  }
}

export interface PairedBootstrap extends Bootstrap {
  /** mean(a) - mean(b). */
  difference: number
  /** Two-sided: twice the smaller share of draws on one side of zero, ties on both, at least 2 / (draws + 1) and at most 1. */
  p: number
}

/**
 * Paired bootstrap of mean(a) - mean(b), the same samples drawn for both.
 * @param a  one method's values, e.g. 1 where it is right
 * @param b  the other's on the same samples in the same order
 * @param options  clusters, seed and number of draws
 */
export function pairedBootstrap(a: ArrayLike<number>, b: ArrayLike<number>, options: BootstrapOptions = {}): PairedBootstrap {
  if (a.length !== b.length)
    throw new RangeError(`internal: a paired bootstrap of ${a.length} and ${b.length} values`)
  const differences = Float64Array.from(a, (value, i) => value - b[i]!)
  const means = bootstrapMeans(differences, options)
  const below = means.filter(value => value <= 0).length
  const above = means.filter(value => value >= 0).length
  return {
    difference: mean(differences),
    p: Math.min(1, 2 * (Math.min(below, above) + 1) / (means.length + 1)),
    standardError: sampleStd(means),
    interval: [
      quantile(means, 0.025),
      quantile(means, 0.975),
    ],
  }
}

/** Holm's step-down correction (1979): adjusted p-values in the order given. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i]! - pValues[j]!)
  const adjusted: number[] = []
  let largest = 0
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, pValues[i]! * (pValues.length - rank)))
    adjusted[i] = largest
  })
  return adjusted
}
