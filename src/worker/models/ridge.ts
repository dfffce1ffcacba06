import type { Subset } from '#shared/stages/select.ts'
import type { Tensor2D } from '#worker/engine/tf.ts'
import type { RowTable } from '../stages/embedding-rows.ts'
import type { UnitGroup } from './normalizer.ts'
import { nativeAttr, nativeOp } from '#worker/engine/native.ts'
import { tf } from '#worker/engine/tf.ts'
import { eachBlock } from '../stages/embedding-rows.ts'

/** What every subset's ridge solutions are cut from; means are taken off. */
export interface RidgeEquations {
  /** f32 [units, units] and [units, outputs]: the normal equations of all units. */
  gram: Tensor2D
  cross: Tensor2D
  /**
   * Where there are fewer rows than units: the rows f32 [n, units], the targets [n, outputs] and each teacher's products of rows [n, n].
   * A subset that is wider than n is solved by the sum of its teachers' products, which gives the same answer from a smaller system.
   */
  dual: { rows: Tensor2D, targets: Tensor2D, products: Tensor2D[] } | null
  teachers: readonly UnitGroup[]
  mean: Float64Array
  targetMean: Float64Array
  count: number
}

/**
 * Gram matrix of centred features and their products with centred targets, in one pass over the rows.
 *
 * @param features  rows, f32 [n, units]
 * @param targets   f32 [n, outputs]
 * @param outputs   numbers per target
 * @param teachers  runs of units
 */
export function ridgeEquations(features: RowTable, targets: Float32Array, outputs: number, teachers: readonly UnitGroup[]): RidgeEquations {
  const { count, width } = features
  const mean = new Float64Array(width)
  eachBlock(features, (rows, n) => {
    for (let i = 0; i < n * width; i++)
      mean[i % width]! += rows[i]! / count
  })
  const targetMean = new Float64Array(outputs)
  targets.forEach((value, i) => targetMean[i % outputs]! += value / count)
  const centredTargets = targets.map((value, i) => value - targetMean[i % outputs]!)
  let sums: [Tensor2D, Tensor2D] = [tf.zeros([width, width]), tf.zeros([width, outputs])]
  eachBlock(features, (rows, n, from) => {
    const next = tf.tidy(() => {
      const x = tf.tensor2d(centre(rows, mean), [n, width])
      const y = tf.tensor2d(centredTargets.subarray(from * outputs, (from + n) * outputs), [n, outputs])
      return [tf.add(sums[0], tf.matMul(x, x, true, false)), tf.add(sums[1], tf.matMul(x, y, true, false))] as [Tensor2D, Tensor2D]
    })
    tf.dispose(sums)
    sums = next
  })
  const dual = count < width ? dualOf(tf.tensor2d(centre(features.read(0, count), mean), [count, width]), tf.tensor2d(centredTargets, [count, outputs]), teachers) : null
  return { gram: sums[0], cross: sums[1], dual, teachers, mean, targetMean, count }
}

function dualOf(rows: Tensor2D, targets: Tensor2D, teachers: readonly UnitGroup[]): RidgeEquations['dual'] {
  const products = teachers.map((_, place) => tf.tidy(() => {
    const own = tf.gather(rows, tf.tensor1d(columnsOf([place], teachers), 'int32'), 1)
    return tf.matMul(own, own, false, true) as Tensor2D // [n, d_i] x [d_i, n]
  }))
  return { rows, targets, products }
}

function centre(rows: Float32Array, mean: Float64Array): Float32Array {
  return rows.map((value, i) => value - mean[i % mean.length]!)
}

/** Frees the engine's memory of them. */
export function disposeEquations({ gram, cross, dual }: RidgeEquations): void {
  tf.dispose([gram, cross])
  if (dual)
    tf.dispose([dual.rows, dual.targets, ...dual.products])
}

/** Columns of a subset's teachers, ascending. */
export function columnsOf(subset: Subset, teachers: readonly UnitGroup[]): Int32Array {
  const starts = teachers.map((_, i) => teachers.slice(0, i).reduce((sum, { dimension }) => sum + dimension, 0))
  return Int32Array.from(subset.flatMap(place => Array.from({ length: teachers[place]!.dimension }, (_, unit) => starts[place]! + unit)))
}

/**
 * Ridge regression on a subset's columns (Hoerl and Kennard 1970), W f32 [columns, outputs]: (X'X + penalty n I) W = X'Y, or, where
 * there are fewer rows than columns, W = X' A with (XX' + penalty n I) A = Y, both by Cholesky.
 *
 * Rows to be answered are f32 [r, all units], penalties parts of the number of rows learnt from.
 *
 * @returns answers for the rows with each penalty, f32 [r, outputs]: mean target + (x - mean) W
 */
export function answerByRidge({ gram, cross, dual, teachers, mean, targetMean, count }: RidgeEquations, subset: Subset, penalties: readonly number[], rows: Float32Array): Float32Array[] {
  return tf.tidy(() => {
    const columns = tf.tensor1d(columnsOf(subset, teachers), 'int32')
    const isDual = dual !== null && columns.size > count
    const system = isDual
      ? tf.addN(subset.map(place => dual.products[place]!)) as Tensor2D
      : tf.gather(tf.gather(gram, columns), columns, 1) as Tensor2D
    const right = isDual
      ? dual.targets
      : tf.gather(cross, columns) as Tensor2D
    const x = tf.gather(tf.tensor2d(centre(rows, mean), [rows.length / mean.length, mean.length]), columns, 1) // [r, columns]
    // of a dual solution the rows' products with those learnt from answer
    const factors = isDual
      ? tf.matMul(x, tf.gather(dual.rows, columns, 1), false, true)
      : x
    return penalties.map(penalty => tf.tidy(() => tf.add(tf.matMul(factors, solveSymmetric(system, penalty * count, right)), tf.tensor1d(Float32Array.from(targetMean))).dataSync() as Float32Array))
  })
}

/** (A + added I)^-1 B of a symmetric matrix that is not negative, by Cholesky. */
function solveSymmetric(matrix: Tensor2D, added: number, right: Tensor2D): Tensor2D {
  const diagonal = tf.add(nativeOp('MatrixDiagPart', [matrix]), added)
  const lower = nativeOp('Cholesky', [nativeOp('MatrixSetDiag', [matrix, diagonal])])
  const solve = (values: Tensor2D, adjoint: boolean): Tensor2D => nativeOp<Tensor2D>('MatrixTriangularSolve', [lower, values], [nativeAttr.bool('lower', true), nativeAttr.bool('adjoint', adjoint)])
  return solve(solve(right, false), true)
}
