import type { Subset } from '#shared/stages/select.ts'
import type { Tensor2D } from '#worker/engine/tf.ts'
import type { RowTable } from '../stages/embedding-rows.ts'
import type { UnitGroup } from './normalizer.ts'
import { nativeAttr, nativeOp } from '#worker/engine/native.ts'
import { tf } from '#worker/engine/tf.ts'
import { eachBlock } from '../stages/embedding-rows.ts'

/** Sums over rows from which every subset's normal equations are cut: f32 [units, units] and [units, outputs], means taken off. */
export interface NormalEquations { gram: Tensor2D, cross: Tensor2D, mean: Float64Array, targetMean: Float64Array, count: number }

/**
 * Gram matrix of centred features and their products with centred targets, in one pass over the rows.
 *
 * @param features  rows, f32 [n, units]
 * @param targets   f32 [n, outputs]
 * @param outputs   numbers per target
 */
export function normalEquations(features: RowTable, targets: Float32Array, outputs: number): NormalEquations {
  const { count, width } = features
  const mean = new Float64Array(width)
  eachBlock(features, (rows, n) => {
    for (let i = 0; i < n * width; i++)
      mean[i % width]! += rows[i]! / count
  })
  const targetMean = new Float64Array(outputs)
  targets.forEach((value, i) => targetMean[i % outputs]! += value / count)
  let sums: [Tensor2D, Tensor2D] = [tf.zeros([width, width]), tf.zeros([width, outputs])]
  eachBlock(features, (rows, n, from) => {
    const next = tf.tidy(() => {
      const x = tf.tensor2d(rows.map((value, i) => value - mean[i % width]!), [n, width])
      const y = tf.tensor2d(targets.subarray(from * outputs, (from + n) * outputs).map((value, i) => value - targetMean[i % outputs]!), [n, outputs])
      return [tf.add(sums[0], tf.matMul(x, x, true, false)), tf.add(sums[1], tf.matMul(x, y, true, false))] as [Tensor2D, Tensor2D]
    })
    tf.dispose(sums)
    sums = next
  })
  return { gram: sums[0], cross: sums[1], mean, targetMean, count }
}

/** Columns of a subset's teachers, ascending. */
export function columnsOf(subset: Subset, teachers: readonly UnitGroup[]): Int32Array {
  const starts = teachers.map((_, i) => teachers.slice(0, i).reduce((sum, { dimension }) => sum + dimension, 0))
  return Int32Array.from(subset.flatMap(place => Array.from({ length: teachers[place]!.dimension }, (_, unit) => starts[place]! + unit)))
}

/**
 * Ridge regression on some columns: (G + penalty * n * I) W = C by Cholesky, W f32 [columns, outputs] (Hoerl and Kennard 1970). An
 * answer is targetMean + (x - mean) W.
 */
export function solveRidge({ gram, cross, count }: NormalEquations, columns: Int32Array, penalty: number): Tensor2D {
  return tf.tidy(() => {
    const chosen = tf.tensor1d(columns, 'int32')
    const block = tf.gather(tf.gather(gram, chosen), chosen, 1)
    const ridge = tf.add(block, tf.mul(tf.eye(columns.length), penalty * count))
    const lower = nativeOp('Cholesky', [ridge]) // L L' = G + penalty n I
    const solve = (right: Tensor2D, adjoint: boolean): Tensor2D => nativeOp<Tensor2D>('MatrixTriangularSolve', [lower, right], [nativeAttr.bool('lower', true), nativeAttr.bool('adjoint', adjoint)])
    return solve(solve(tf.gather(cross, chosen) as Tensor2D, false), true)
  })
}

/** Answers of a solution for rows, f32 [n, outputs]. */
export function applyRidge({ mean, targetMean }: NormalEquations, columns: Int32Array, solution: Tensor2D, rows: Float32Array): Float32Array {
  const width = mean.length
  const count = rows.length / width
  return tf.tidy(() => {
    const x = new Float32Array(count * columns.length)
    for (let row = 0; row < count; row++)
      columns.forEach((column, i) => { x[row * columns.length + i] = rows[row * width + column]! - mean[column]! })
    return tf.add(tf.matMul(tf.tensor2d(x, [count, columns.length]), solution), tf.tensor1d(Float32Array.from(targetMean))).dataSync() as Float32Array
  })
}
