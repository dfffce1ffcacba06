import type { Task } from '#shared/dataset.ts'
import type { Fold, LabelledSample } from './transfer-folds.ts'
import { permutation, seededRandom } from '#shared/seeded-random.ts'

/** Groups of about equal size that numbers are drawn from, so that a share has the range of all. */
const quantiles = 10

/**
 * The fold with the labels of a share of its training faces, for the label-efficiency curve. Classes keep their shares and at least one
 * face each; numbers, and attributes by how many a face has, are drawn evenly from ten quantiles. With the same seed a smaller share is
 * part of a larger one. Validation and test stay whole; so do `faces`, which features are standardised on: that takes no label.
 * `share` is above 0 and at most 1.
 */
export function limitLabels(task: Task, samples: readonly LabelledSample[], fold: Fold, share: number, seed: number): Fold {
  return share >= 1
    ? fold
    : { ...fold, faces: fold.train, train: drawLabels(task, samples, fold.train, share, seed) }
}

/** Positions of a share of some samples, in their order; at least one where there are any. */
export function drawLabels(task: Task, samples: readonly Pick<LabelledSample, 'label'>[], positions: Int32Array, share: number, seed: number): Int32Array {
  if (positions.length === 0)
    return positions
  const isClass = task.kind === 'classification'
  const groups = isClass
    ? byClass(samples, positions)
    : byQuantile(samples, positions)
  const orders = groups.map((group, number) => Array.from(permutation(group.length, seededRandom(seed, number)), i => group[i]!))
  // each quantile rounds up at another point, so that ten that are due half a face each give five
  const offset = seededRandom(seed, groups.length).next()
  const roundsUpAt = groups.map((_, number) => (number + offset) / groups.length % 1)
  const drawn = orders.flatMap((order, number) => order.slice(0, isClass
    ? Math.max(1, Math.round(share * order.length))
    : Math.floor(share * order.length + roundsUpAt[number]!)))
  return drawn.length > 0
    ? Int32Array.from(drawn).sort()
    : Int32Array.of(firstOf(orders, roundsUpAt))
}

/** The position that is drawn first as the share grows. */
function firstOf(orders: readonly number[][], roundsUpAt: readonly number[]): number {
  const due = orders.map((order, number) => (1 - roundsUpAt[number]!) / order.length)
  return orders[due.indexOf(Math.min(...due))]![0]!
}

function byClass(samples: readonly Pick<LabelledSample, 'label'>[], positions: Int32Array): number[][] {
  const classes = Map.groupBy(positions, position => Number(samples[position]!.label))
  return [...classes].sort(([a], [b]) => a - b).map(([, members]) => members)
}

function byQuantile(samples: readonly Pick<LabelledSample, 'label'>[], positions: Int32Array): number[][] {
  const sorted = Array.from(positions).sort((a, b) => amountOf(samples[a]!.label) - amountOf(samples[b]!.label) || a - b)
  const count = Math.min(quantiles, sorted.length)
  return Array.from({ length: count }, (_, i) => sorted.slice(Math.floor(i * sorted.length / count), Math.floor((i + 1) * sorted.length / count)))
}

/** The number itself; of attributes how many a face has. */
function amountOf(label: LabelledSample['label']): number {
  return typeof label === 'number'
    ? label
    : label.split('1').length - 1
}
