import type { TFEOpAttr } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js'
import type { RowTable } from '../stages/embedding-rows.ts'
import { FacetError } from '#shared/errors.ts'
import { backend, tf } from '#worker/engine/tf.ts'
import { eachBlock } from '../stages/embedding-rows.ts'

export interface Pca {
  /** f32 [units, size], orthonormal columns, largest variance first. A column's largest entry is positive. */
  components: Float32Array
  /** Variance along each column. */
  variances: Float32Array
  units: number
  size: number
}

/**
 * Exact principal components of centred rows: eigenvectors of their covariance, which is gathered block by block, so that the
 * table may be larger than memory. 2,296 units take 4.5 s.
 *
 * @param table  rows
 * @param size   number of components
 * @param prepare  applied to each block before it counts (normalising); must centre
 */
export function fitPca(table: RowTable, size: number, prepare: (rows: Float32Array) => Float32Array = rows => rows): Pca {
  const units = table.width
  if (size > units)
    throw new FacetError('bad-input', `PCA to ${size} numbers of ${units}: it can only make fewer.`, { hint: `Set combine.size to at most ${units}, or "mean".` })
  const { values, vectors } = symmetricEigen(covarianceOf(table, prepare), units)
  const components = new Float32Array(units * size)
  const variances = new Float32Array(size)
  for (let component = 0; component < size; component++) {
    const column = units - 1 - component // TensorFlow gives the smallest first
    variances[component] = Math.max(0, values[column]!)
    let largest = 0
    for (let unit = 0; unit < units; unit++) {
      const value = vectors[unit * units + column]!
      if (Math.abs(value) > Math.abs(largest))
        largest = value
    }
    for (let unit = 0; unit < units; unit++)
      components[unit * size + component] = vectors[unit * units + column]! * Math.sign(largest)
  }
  return { components, variances, units, size }
}

function covarianceOf(table: RowTable, prepare: (rows: Float32Array) => Float32Array): Float32Array {
  const units = table.width
  let sum = tf.zeros([units, units])
  eachBlock(table, (rows, count) => {
    const next = tf.tidy(() => {
      const x = tf.tensor2d(prepare(rows), [count, units])
      return tf.add(sum, tf.matMul(x, x, true, false))
    })
    sum.dispose()
    sum = next
  })
  const scaled = sum.div(table.count)
  const covariance = scaled.dataSync() as Float32Array
  tf.dispose([sum, scaled])
  return covariance
}

/**
 * Eigenvalues, ascending, and eigenvectors (in columns) of a symmetric matrix, exact (LAPACK-like, in the native engine).
 * @param matrix  f32 [n, n]
 * @param n       its side
 */
export function symmetricEigen(matrix: Float32Array, n: number): { values: Float32Array, vectors: Float32Array } {
  const { binding } = backend
  const attributes: TFEOpAttr[] = [
    { name: 'compute_v', type: binding.TF_ATTR_BOOL, value: true },
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
  ]
  const x = tf.tensor2d(matrix, [n, n])
  const [values, vectors] = backend.executeMultipleOutputs('SelfAdjointEigV2', attributes, [x], 2)
  const result = {
    values: values!.dataSync() as Float32Array,
    vectors: vectors!.dataSync() as Float32Array,
  }
  tf.dispose([x, values!, vectors!])
  return result
}
