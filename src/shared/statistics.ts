import type { SeededRandom } from './seeded-random.ts'
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

/** What draws of one series need. */
interface Column {
  /** Sum of each cluster in order of first appearance, or each value where every one stands for itself. */
  sums: Float64Array
  /** Values in each cluster; null where it is one. */
  counts: Float64Array | null
}

function columnOf(values: ArrayLike<number>, clusters?: readonly (string | number)[]): Column {
  if (!clusters)
    return { sums: Float64Array.from(values), counts: null }
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

interface DrawnColumn extends Column { means: Float64Array }

/** Values summed between two pauses, about 10 ms. */
const stretch = 4_000_000

/** Means of `draws` samples with replacement for each column, ascending. A draw depends on seed and length alone, so columns of a length share it. */
function* drawMeans(columns: readonly Column[], seed: number, draws: number): Generator<void, Float64Array[]> {
  const filled = columns.map((column): DrawnColumn => ({ ...column, means: new Float64Array(draws) }))
  for (const [length, alike] of Map.groupBy(filled, ({ sums }) => sums.length)) {
    const random = seededRandom(seed)
    const atOnce = Math.ceil(stretch / (length * alike.length))
    for (let from = 0; from < draws; from += atOnce) {
      drawStretch(alike, random, from, Math.min(draws, from + atOnce))
      yield
    }
  }
  return filled.map(({ means }) => means.sort())
}

/**
 * Some draws of columns of one length. A function of its own, and counted loops: V8 leaves the loop of a generator that is under way
 * as slow as it began, and makes summing within a for-of half as fast.
 */
function drawStretch(alike: readonly DrawnColumn[], random: SeededRandom, from: number, to: number): void {
  const picks = new Int32Array(alike[0]!.sums.length)
  for (let draw = from; draw < to; draw++) {
    random.integers(picks, picks.length)
    for (let place = 0; place < alike.length; place++) {
      const { sums, counts, means } = alike[place]!
      means[draw] = total(sums, picks) / (counts ? total(counts, picks) : picks.length)
    }
  }
}

function withoutPauses<R>(work: Generator<void, R>): R {
  let step = work.next()
  while (!step.done)
    step = work.next()
  return step.value
}

function spreadOf(means: Float64Array): Bootstrap {
  return {
    standardError: sampleStd(means),
    interval: [
      quantile(means, 0.025),
      quantile(means, 0.975),
    ],
  }
}

/** Percentile bootstrap of a mean (Efron), over values or over whole clusters. */
export function bootstrap(values: ArrayLike<number>, { clusters, seed = 0, draws = 2000 }: BootstrapOptions = {}): Bootstrap {
  const [means] = withoutPauses(drawMeans([columnOf(values, clusters)], seed, draws))
  return spreadOf(means!)
}

/** Values with whole clusters drawn, of one of two groups that share none. */
export interface GroupValues { values: ArrayLike<number>, clusters?: BootstrapOptions['clusters'] }

/** Percentile bootstrap of mean(a) - mean(b) of two groups of different samples: each is drawn by itself. */
export function bootstrapDifference(a: GroupValues, b: GroupValues, { seed = 0, draws = 2000 }: Omit<BootstrapOptions, 'clusters'> = {}): Bootstrap {
  const random = seededRandom(seed)
  const columns = [a, b].map(({ values, clusters }) => columnOf(values, clusters))
  const differences = new Float64Array(draws)
  for (let draw = 0; draw < draws; draw++) {
    const [one, other] = columns.map(({ sums, counts }) => {
      const picks = new Int32Array(sums.length)
      random.integers(picks, picks.length)
      return total(sums, picks) / (counts ? total(counts, picks) : picks.length)
    }) as [number, number]
    differences[draw] = one - other
  }
  return spreadOf(differences.sort())
}

export interface PairedBootstrap extends Bootstrap {
  /** mean(a) - mean(b). */
  difference: number
  /** Two-sided: twice the smaller share of draws on one side of zero, ties on both, at least 2 / (draws + 1) and at most 1. */
  p: number
}

/** Two methods' values, e.g. 1 where they are right, on the same samples in the same order. */
export interface Pair { a: ArrayLike<number>, b: ArrayLike<number>, clusters?: BootstrapOptions['clusters'] }

/**
 * Paired bootstraps of mean(a) - mean(b), the same samples drawn for both; of several pairs at once, which share their draws and so
 * take a fraction of the time, with the same results as one by one. Yields every few milliseconds, for others to be answered.
 */
export function* pairedBootstraps(pairs: readonly Pair[], { seed = 0, draws = 2000 }: Omit<BootstrapOptions, 'clusters'> = {}): Generator<void, PairedBootstrap[]> {
  const differences = pairs.map(({ a, b }) => {
    if (a.length !== b.length)
      throw new RangeError(`internal: a paired bootstrap of ${a.length} and ${b.length} values`)
    return Float64Array.from(a, (value, i) => value - b[i]!)
  })
  const drawn = yield* drawMeans(differences.map((values, i) => columnOf(values, pairs[i]!.clusters)), seed, draws)
  return drawn.map((means, i) => {
    const below = means.filter(value => value <= 0).length
    const above = means.filter(value => value >= 0).length
    return {
      difference: mean(differences[i]!),
      p: Math.min(1, 2 * (Math.min(below, above) + 1) / (means.length + 1)),
      ...spreadOf(means),
    }
  })
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
