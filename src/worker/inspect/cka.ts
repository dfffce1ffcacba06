import { tf } from '#worker/engine/tf.ts'

/** What linear CKA needs of one representation, and what else its Gram matrix tells. */
export interface Gram {
  /** K = Xc Xc^T / ||Xc Xc^T||_F, f32 [n, n], Xc the rows with each column's mean taken off. */
  values: Float32Array
  /** (sum of eigenvalues)^2 / sum of their squares: how many directions are really used; 0 where nothing varies. */
  effectiveRank: number
  /** Columns that never change. */
  deadUnits: number
}

/**
 * The centred Gram matrix of a representation, scaled to norm 1.
 *
 * @param rows       f32 [n, dimension]
 * @param n          faces
 * @param dimension  numbers per face
 */
export function gramOf(rows: Float32Array, n: number, dimension: number): Gram {
  const { centred, deadUnits } = centre(rows, n, dimension)
  const values = tf.tidy(() => {
    const x = tf.tensor2d(centred, [n, dimension])
    return tf.matMul(x, x, false, true).dataSync() as Float32Array // [n, d] x [d, n] -> [n, n]
  })
  let [squares, trace] = [0, 0]
  for (const value of values)
    squares += value * value
  for (let i = 0; i < n; i++)
    trace += values[i * n + i]!
  const norm = Math.sqrt(squares)
  return {
    values: norm > 0
      ? values.map(value => value / norm)
      : values,
    effectiveRank: squares > 0
      ? trace * trace / squares
      : 0,
    deadUnits,
  }
}

/**
 * Linear CKA of two representations of the same faces, in [0, 1]: <K, L>_F / (||K||_F ||L||_F). Kornblith et al. 2019, Similarity of
 * Neural Network Representations Revisited, eq. 5 in its Gram form (||Yc^T Xc||_F^2 = <Xc Xc^T, Yc Yc^T>_F). It ignores rotations and
 * isotropic scaling of either side. A representation that never varies shares nothing: 0.
 */
export function linearCka(a: Gram, b: Gram): number {
  let dot = 0
  for (let i = 0; i < a.values.length; i++)
    dot += a.values[i]! * b.values[i]!
  return Math.min(1, Math.max(0, dot))
}

/** Means in double precision; the result is scaled to a largest value of 1, so that no square overflows. */
function centre(rows: Float32Array, n: number, dimension: number): { centred: Float32Array, deadUnits: number } {
  const mean = new Float64Array(dimension)
  for (let row = 0; row < n; row++) {
    for (let unit = 0; unit < dimension; unit++)
      mean[unit]! += rows[row * dimension + unit]! / n
  }
  const spread = new Float64Array(dimension)
  for (let row = 0; row < n; row++) {
    for (let unit = 0; unit < dimension; unit++)
      spread[unit] = Math.max(spread[unit]!, Math.abs(rows[row * dimension + unit]! - mean[unit]!))
  }
  const largest = spread.reduce((a, b) => Math.max(a, b), 0)
  const scale = largest > 0
    ? 1 / largest
    : 0
  const centred = rows.map((value, at) => (value - mean[at % dimension]!) * scale)
  return {
    centred,
    deadUnits: spread.filter(value => value <= 1e-6 * largest).length,
  }
}
