import type { Tensor2D } from '#worker/engine/tf.ts'
import { tf } from '#worker/engine/tf.ts'

/** An orthogonal matrix, f32 [dimension, dimension] row by row, for one teacher's units. */
export interface Rotation { dimension: number, matrix: Float32Array }

/** y = R x for every row x and each teacher's units, f32 [n, units]. */
export function rotate(rows: Float32Array, rotations: readonly Rotation[]): Float32Array {
  return multiply(rows, rotations, true)
}

/** x = R' y: undoes `rotate`. */
export function rotateBack(rows: Float32Array, rotations: readonly Rotation[]): Float32Array {
  return multiply(rows, rotations, false)
}

function multiply(rows: Float32Array, rotations: readonly Rotation[], isTransposed: boolean): Float32Array {
  const width = rotations.reduce((sum, { dimension }) => sum + dimension, 0)
  return tf.tidy(() => {
    const x = tf.tensor2d(rows, [rows.length / width, width])
    const parts = tf.split(x, rotations.map(({ dimension }) => dimension), 1) as Tensor2D[]
    return tf.concat(parts.map((part, i) => {
      const { dimension, matrix } = rotations[i]!
      return tf.matMul(part, tf.tensor2d(matrix, [dimension, dimension]), false, isTransposed) // (n, d) x (d, d) -> (n, d)
    }), 1).dataSync() as Float32Array
  })
}
