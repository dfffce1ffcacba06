import { z } from 'zod'

/** The benches of `facet bench`, in the order in which they run. */
export const benchNames = ['student', 'autoencoder', 'select', 'embed', 'prepare', 'store', 'epoch', 'export'] as const
export type BenchName = (typeof benchNames)[number]

/** What one contender needed for the work. */
export const BenchResult = z.strictObject({
  name: z.string(),
  isOwn: z.boolean(),
  /** Of the library that did the work. */
  version: z.string().nullable(),
  /** Milliseconds of one piece of work, by round. */
  rounds: z.array(z.number()),
  medianMs: z.number().nullable(),
  minMs: z.number().nullable(),
  /** Peak of the process's memory. */
  memoryBytes: z.number().nullable(),
  /** Against our own, round by round, so that a busy machine slows both: see BenchCase.compare. */
  ratio: z.strictObject({
    median: z.number(),
    low: z.number(),
    high: z.number(),
  }).nullable(),
  /** What the ratio should be: at least for speed, at most for overhead. */
  target: z.number().nullable(),
  isReached: z.boolean().nullable(),
  /** Why nothing was measured. */
  missing: z.string().nullable(),
})
export type BenchResult = z.infer<typeof BenchResult>

/** The same work done by all contenders in turn. */
export const BenchCase = z.strictObject({
  bench: z.enum(benchNames),
  title: z.string(),
  /** What one measured piece of work is, e.g. "step". */
  piece: z.string(),
  /** Megabytes in one piece, where the speed is best said in MB/s. */
  megabytes: z.number().nullable(),
  /** speed: the peer's time over ours, more is better. overhead: our time over the peer's, 1 is best. */
  compare: z.enum(['speed', 'overhead']),
  results: z.array(BenchResult),
})
export type BenchCase = z.infer<typeof BenchCase>

/** All that `facet bench` found. */
export const BenchReport = z.strictObject({
  cpu: z.string(),
  cores: z.int(),
  threads: z.int(),
  /** Processes that wanted a core when the bench began: where others were at work the ratios hold, the times do not. */
  load: z.number(),
  cases: z.array(BenchCase),
})
export type BenchReport = z.infer<typeof BenchReport>

/** One line of a bench process: what it is at, its report, or why it could not go on. */
export const BenchLine = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('note'),
    text: z.string(),
  }),
  z.strictObject({
    kind: z.literal('report'),
    report: BenchReport,
  }),
  z.strictObject({
    kind: z.literal('failed'),
    problem: z.unknown(),
  }),
])
export type BenchLine = z.infer<typeof BenchLine>

/** Median of numbers; of an even count the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2
}
