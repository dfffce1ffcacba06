import { mean } from '#shared/statistics.ts'
import { tf } from '#worker/engine/tf.ts'
import { symmetricEigen } from './pca.ts'

/** Rounds of the fixed point, and the change of alpha / beta at which it has arrived (You et al. 2021, Algorithm 1). */
const mostRounds = 100
const closeEnough = 1e-4

/**
 * Logarithm of maximum evidence of features for targets, per row: how well a Bayesian linear model of them explains the labels, with
 * alpha (precision of its weights) and beta (of the noise) chosen to maximise it. No training, no validation part; higher is better.
 * You et al. 2021, LogME: Practical Assessment of Pre-trained Models for Transfer Learning, eqs. 2 to 4. Several targets (one-hot
 * classes) count by their average.
 *
 * @param features  f32 [n, units]
 * @param n         rows
 * @param targets   one list of n numbers each
 */
export function logme(features: Float32Array, n: number, targets: readonly Float64Array[]): number {
  const units = features.length / n
  const { values, projections, squares } = decompose(features, n, units, targets)
  return mean(targets.map((_, i) => evidence({ values, projection: projections[i]!, rest: Math.max(0, squares[i]! - projections[i]!.reduce((sum, z) => sum + z, 0)), n, units })))
}

/**
 * Eigenvalues s of F'F (or, where there are fewer rows than units, of FF', which are the same but zeros), and for each target the
 * squares of its parts along the left singular vectors.
 */
function decompose(features: Float32Array, n: number, units: number, targets: readonly Float64Array[]): { values: Float64Array, projections: Float64Array[], squares: number[] } {
  const isWide = units >= n
  const side = Math.min(units, n)
  const gram = tf.tidy(() => {
    const f = tf.tensor2d(features, [n, units])
    return tf.matMul(f, f, !isWide, isWide).dataSync() as Float32Array
  })
  const { values, vectors } = symmetricEigen(gram, side)
  const largest = values[side - 1]!
  const alive = Float64Array.from(values, value => value > largest * 1e-6
    ? value
    : 0)
  const projections = targets.map((target) => {
    const left = isWide
      ? target
      : timesFeatures(features, n, units, target)
    return Float64Array.from(alive, (value, column) => {
      let dot = 0
      for (let row = 0; row < side; row++)
        dot += vectors[row * side + column]! * left[row]!
      // u_i = F v_i / sqrt(s_i) where the decomposition is of F'F
      return value === 0
        ? 0
        : dot * dot / (isWide ? 1 : value)
    })
  })
  return { values: alive, projections, squares: targets.map(target => target.reduce((sum, value) => sum + value * value, 0)) }
}

/** F' y. */
function timesFeatures(features: Float32Array, n: number, units: number, target: Float64Array): Float64Array {
  const out = new Float64Array(units)
  for (let row = 0; row < n; row++) {
    for (let unit = 0; unit < units; unit++)
      out[unit]! += features[row * units + unit]! * target[row]!
  }
  return out
}

/** The evidence per row of one target at its best alpha and beta. `projection`: squares of the target along the singular vectors; `rest`: what lies outside. */
function evidence({ values, projection, rest, n, units }: { values: Float64Array, projection: Float64Array, rest: number, n: number, units: number }): number {
  let [alpha, beta] = [1, 1]
  let [m2, error] = [0, 0]
  for (let round = 0; round < mostRounds; round++) {
    const ratio = alpha / beta
    let gamma = 0
    ;[m2, error] = [0, rest]
    values.forEach((s, i) => {
      gamma += s / (s + ratio)
      m2 += s * projection[i]! / (s + ratio) ** 2 // |m|^2
      error += projection[i]! * (ratio / (s + ratio)) ** 2 // |Fm - y|^2
    })
    alpha = gamma / (m2 + 1e-5)
    beta = (n - gamma) / (error + 1e-5)
    if (Math.abs(alpha / beta - ratio) / ratio <= closeEnough)
      break
  }
  let logDeterminant = (units - values.length) * Math.log(alpha)
  values.forEach((s) => { logDeterminant += Math.log(alpha + beta * s) })
  return (units / 2 * Math.log(alpha) + n / 2 * Math.log(beta) - n / 2 * Math.log(2 * Math.PI) - beta / 2 * error - alpha / 2 * m2 - logDeterminant / 2) / n
}
