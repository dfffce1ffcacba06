import { permutation, seededRandom } from '#shared/seeded-random.ts'

/** Rows of a block that one read brings, and blocks that are mixed with each other: 65,536 rows. */
const block = 512
const window = 128

/**
 * The order of one pass over `count` rows. Up to 65,536 rows it is a plain shuffle; above, blocks of 512 are shuffled and rows
 * within windows of 128 blocks, so that a table on disk is read forwards.
 */
export function epochOrder(count: number, seed: number, epoch: number): Int32Array {
  const random = seededRandom(seed, epoch)
  if (count <= block * window)
    return permutation(count, random)
  const blocks = permutation(Math.ceil(count / block), random)
  const order = new Int32Array(count)
  let filled = 0
  for (let first = 0; first < blocks.length; first += window) {
    const rows: number[] = []
    for (const number of blocks.subarray(first, first + window)) {
      for (let row = number * block; row < Math.min(count, (number + 1) * block); row++)
        rows.push(row)
    }
    for (const i of permutation(rows.length, random))
      order[filled++] = rows[i]!
  }
  return order
}

/** Gives the rows of each training step: whole batches of shuffled passes, a pure function of the seed and the step. */
export class BatchOrder {
  readonly stepsPerEpoch: number
  readonly batch: number
  readonly #count: number
  readonly #seed: number
  #epoch = -1
  #order: Int32Array = new Int32Array(0)

  /** With fewer rows than a batch, a step sees rows more than once. */
  constructor(count: number, batch: number, seed: number) {
    this.#count = count
    this.#seed = seed
    this.batch = batch
    this.stepsPerEpoch = Math.max(1, Math.floor(count / batch))
  }

  /** Rows of step 0, 1, ...: i32 [batch]. */
  rows(step: number): Int32Array {
    const epoch = Math.floor(step / this.stepsPerEpoch)
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#order = epochOrder(this.#count, this.#seed, epoch)
    }
    const from = (step % this.stepsPerEpoch) * this.batch
    return Int32Array.from({ length: this.batch }, (_, i) => this.#order[(from + i) % this.#count]!)
  }
}
