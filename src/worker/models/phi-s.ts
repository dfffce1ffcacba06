import type { RowTable } from '../stages/embedding-rows.ts'
import type { Normalizer, UnitGroup, UnitStatistics } from './normalizer.ts'
import type { Rotation } from './rotation.ts'
import { tf } from '#worker/engine/tf.ts'
import { eachBlock } from '../stages/embedding-rows.ts'
import { hadamard } from './hadamard.ts'
import { eachGroup, livingUnits } from './normalizer.ts'
import { symmetricEigen } from './pca.ts'

/**
 * PHI standardisation of each teacher's embedding (PCA, Hadamard, isotropic; Ranzinger et al. 2024, "PHI-S: Distribution Balancing for
 * Label-Free Multi-Teacher Distillation", Section 2):
 *
 *   y = H U' (x - mu) / phi,  Sigma = U diag(lambda) U',  phi = sqrt(mean of lambda)
 *
 * with H a Hadamard matrix over the root of its order. Every squared entry of H is 1/d, so every unit of y has the variance
 * mean(lambda) / phi^2 = 1 while one scale serves the whole teacher: its shape is kept, which z-scores change. Dead units are nothing
 * special, and nothing is clipped; a teacher that never moves stays 0.
 * Where no Hadamard matrix of the order is to be had (an order that is no multiple of 4, some that are), H is another orthogonal matrix that
 * gives these eigenvalues one variance, see `evenRotation`.
 *
 * @param table       embeddings side by side, f32 [n, units]
 * @param statistics  of the same table
 * @param groups      the teachers
 */
export function phiS(table: RowTable, statistics: UnitStatistics, groups: readonly UnitGroup[]): Normalizer {
  const { mean, std } = statistics
  const living = livingUnits(std, groups)
  const scale = new Float32Array(std.length)
  const rotations: Rotation[] = []
  const covariances = groupCovariances(table, mean, groups)
  eachGroup(groups, (from, to) => {
    const dimension = to - from
    const { values, vectors } = symmetricEigen(covariances[rotations.length]!, dimension)
    const variance = Array.from(values).reduce((sum, value) => sum + value, 0) / dimension
    if (living.subarray(from, to).includes(1))
      scale.fill(Math.sqrt(variance), from, to)
    rotations.push({ dimension, matrix: timesTransposed(evenRotation(values), vectors, dimension) })
  })
  return { mean: Float32Array.from(mean), scale, clip: Number.POSITIVE_INFINITY, rotations }
}

/**
 * An orthogonal matrix Q for which every diagonal entry of Q diag(values) Q' is the mean of the values, f32 [n, n].
 * A Hadamard matrix does so whatever the values are. Elsewhere n - 1 plane rotations do: each turns the largest and the smallest value
 * left so that the first becomes the mean (Schur and Horn's theorem; Bendel and Mickey 1978), with tan^2 = (largest - mean) / (mean - smallest).
 */
export function evenRotation(values: ArrayLike<number>): Float32Array {
  const n = values.length
  const signs = hadamard(n)
  if (signs)
    return signs.map(sign => sign / Math.sqrt(n))
  const left = Float64Array.from(values)
  const even = left.reduce((sum, value) => sum + value, 0) / n
  const rotation = Float64Array.from({ length: n * n }, (_, at) => Number(Math.floor(at / n) === at % n))
  const open = new Set(left.keys())
  while (open.size > 1) {
    const [first, ...others] = open
    const [high, low] = others.reduce(([most, least], i) => [left[i]! > left[most]! ? i : most, left[i]! < left[least]! ? i : least], [first!, first!])
    if (left[high]! <= even || left[low]! >= even) // all that are left are the mean, to rounding
      break
    const angle = Math.atan(Math.sqrt((left[high]! - even) / (even - left[low]!)))
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
    for (let k = 0; k < n; k++) {
      const [a, b] = [rotation[high * n + k]!, rotation[low * n + k]!]
      rotation[high * n + k] = cos * a + sin * b
      rotation[low * n + k] = cos * b - sin * a
    }
    left[low] = left[high]! + left[low]! - even // what was turned shares nothing with what is left: both stay diagonal there
    open.delete(high)
  }
  return Float32Array.from(rotation)
}

/** Covariance of each teacher's units, f32 [d, d] each, in one pass over the table. */
function groupCovariances(table: RowTable, mean: Float64Array, groups: readonly UnitGroup[]): Float32Array[] {
  let sums = groups.map(({ dimension }) => tf.zeros([dimension, dimension]))
  eachBlock(table, (rows, count) => {
    const next = tf.tidy(() => {
      const x = tf.sub(tf.tensor2d(rows, [count, table.width]), tf.tensor1d(Float32Array.from(mean)))
      const parts = tf.split(x, groups.map(({ dimension }) => dimension), 1)
      return parts.map((part, i) => tf.add(sums[i]!, tf.matMul(part, part, true, false)))
    })
    tf.dispose(sums)
    sums = next
  })
  const covariances = sums.map(sum => sum.dataSync().map(value => value / table.count) as Float32Array)
  tf.dispose(sums)
  return covariances
}

/** A B' of square matrices: rows of A along the columns' places of B, f32 [n, n]. */
function timesTransposed(a: Float32Array, b: Float32Array, n: number): Float32Array {
  return tf.tidy(() => tf.matMul(tf.tensor2d(a, [n, n]), tf.tensor2d(b, [n, n]), false, true).dataSync() as Float32Array)
}
