import type { RowTable } from '../stages/embedding-rows.ts'
import type { Rotation } from './rotation.ts'
import { eachBlock } from '../stages/embedding-rows.ts'
import { rotate, rotateBack } from './rotation.ts'

/** A run of units that are judged against each other: one teacher's embedding. */
export interface UnitGroup { name: string, dimension: number }

/** Mean and population standard deviation of each unit. */
export interface UnitStatistics { mean: Float64Array, std: Float64Array, count: number }

/** An affine map per unit that survives dead and nearly dead units, and a rotation of each group where there is one. */
export interface Normalizer {
  mean: Float32Array
  /** What a unit is divided by; 0 marks a dead unit, which is 0 after normalising. */
  scale: Float32Array
  /** Largest absolute value after normalising. */
  clip: number
  /** Of each group, after scaling. A group has one scale then. */
  rotations?: readonly Rotation[]
}

/**
 * Units that hardly ever move are divided by at least this part of their group's median spread, and nothing leaves
 * ±clip: of the age/gender net's 512 units a dozen live in a handful of faces and reached |z| of 157 on a test face.
 */
const floorPart = 0.1
const defaultClip = 10
/** Spread below this part of the group's largest counts as none (rounding of a constant). */
const deadPart = 1e-5

/** Exact statistics over a table read in blocks: shifted by the first row, so that double precision suffices. */
export function unitStatistics(table: RowTable): UnitStatistics {
  const { width, count } = table
  const first = table.read(0, Math.min(1, count)).slice()
  const sums = new Float64Array(width)
  const squares = new Float64Array(width)
  eachBlock(table, (rows, n) => {
    for (let row = 0, i = 0; row < n; row++) {
      for (let unit = 0; unit < width; unit++, i++) {
        const value = rows[i]! - first[unit]!
        sums[unit]! += value
        squares[unit]! += value * value
      }
    }
  })
  const shifted = sums.map(sum => sum / count)
  return {
    count,
    mean: shifted.map((value, unit) => value + first[unit]!),
    std: squares.map((square, unit) => Math.sqrt(Math.max(0, square / count - shifted[unit]! ** 2))),
  }
}

/** Which units move at all, judged within each group. */
export function livingUnits(std: ArrayLike<number>, groups: readonly UnitGroup[]): Uint8Array {
  const living = new Uint8Array(std.length)
  eachGroup(groups, (from, to) => {
    let largest = 0
    for (let unit = from; unit < to; unit++)
      largest = Math.max(largest, std[unit]!)
    for (let unit = from; unit < to; unit++)
      living[unit] = Number(std[unit]! > largest * deadPart)
  })
  return living
}

/** z-scores with a floor against the living units' spread and a clip. */
export function zScore({ mean, std }: UnitStatistics, groups: readonly UnitGroup[], clip = defaultClip): Normalizer {
  const living = livingUnits(std, groups)
  const scale = new Float32Array(std.length)
  eachGroup(groups, (from, to) => {
    const spreads = std.slice(from, to).filter((_, i) => living[from + i]).sort()
    const floor = (spreads[spreads.length >> 1] ?? 0) * floorPart
    for (let unit = from; unit < to; unit++) {
      scale[unit] = living[unit]
        ? Math.max(std[unit]!, floor)
        : 0
    }
  })
  return {
    mean: Float32Array.from(mean),
    scale,
    clip,
  }
}

/** Units as they are, only centred; a dead unit is 0. */
export function centred({ mean, std }: UnitStatistics, groups: readonly UnitGroup[]): Normalizer {
  return { mean: Float32Array.from(mean), scale: Float32Array.from(livingUnits(std, groups)), clip: Number.POSITIVE_INFINITY }
}

/**
 * Centred units on one common scale (the root of their mean variance): codes keep the shape that the combiner gave them.
 * Scaling each code unit to variance 1 would whiten PCA's codes, which costs 2 to 3.5 points in transfer.
 */
export function commonScale({ mean, std }: UnitStatistics, clip = Number.POSITIVE_INFINITY): Normalizer {
  const variance = std.reduce((sum, value) => sum + value * value, 0) / std.length
  return {
    mean: Float32Array.from(mean),
    scale: new Float32Array(std.length).fill(Math.sqrt(variance)),
    clip,
  }
}

/** Normalised copy of rows [n, units]. */
export function normalize(rows: Float32Array, { mean, scale, clip, rotations }: Normalizer): Float32Array {
  const width = mean.length
  const out = new Float32Array(rows.length)
  for (let i = 0, unit = 0; i < rows.length; i++, unit = unit + 1 === width
    ? 0
    : unit + 1) {
    if (scale[unit]! > 0)
      out[i] = Math.max(-clip, Math.min(clip, (rows[i]! - mean[unit]!) / scale[unit]!))
  }
  return rotations ? rotate(out, rotations) : out
}

/** Undoes `normalize` (but for what was clipped); a dead unit becomes its mean. */
export function denormalize(rows: Float32Array, { mean, scale, rotations }: Normalizer): Float32Array {
  const width = mean.length
  const units = rotations ? rotateBack(rows, rotations) : rows
  return units.map((value, i) => value * scale[i % width]! + mean[i % width]!)
}

/** First (included) and last (excluded) unit of each group. */
export function eachGroup(groups: readonly UnitGroup[], use: (from: number, to: number, name: string) => void): void {
  let from = 0
  for (const { name, dimension } of groups) {
    use(from, from + dimension, name)
    from += dimension
  }
}
