import type { Scalar, Tensor, Tensor1D, Tensor2D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import type { Activation } from './dense.ts'
import type { UnitGroup } from './normalizer.ts'
import { encoderWidths } from '#shared/stages/combine.ts'
import { tf } from '#worker/engine/tf.ts'
import { dense, denseVariables } from './dense.ts'

export interface AutoencoderShape { inputs: number, size: number, layers: number, activation: Activation }

/** Weights of encoder and mirrored decoder: `encoder/0/weight` ... `decoder/2/bias`. The paper's encoder has 24,671,040. */
export function autoencoderVariables(shape: AutoencoderShape, seed: number): Record<string, TensorData> {
  const widths = [
    shape.inputs,
    ...encoderWidths(shape.inputs, shape.size, shape.layers),
  ]
  return {
    ...denseVariables('encoder', widths, seed),
    ...decoderVariables(shape, seed + 1),
  }
}

/** Weights of the decoder alone: h_G's size back to the inputs. */
export function decoderVariables({ inputs, size, layers }: Omit<AutoencoderShape, 'activation'>, seed: number): Record<string, TensorData> {
  return denseVariables('decoder', [
    inputs,
    ...encoderWidths(inputs, size, layers),
  ].toReversed(), seed)
}

/**
 * Weight of each unit's squared error. `none`: all count alike, the plain sum (Vielzeuf et al. 2019, Eq. 3);
 * `teacher`: every teacher counts alike whatever its dimension, and the weights of living units still add up to the number of
 * units.
 */
export function lossWeights(groups: readonly UnitGroup[], living: Uint8Array, balance: 'none' | 'teacher'): Float32Array {
  const weights = new Float32Array(living.length).fill(1)
  if (balance === 'none')
    return weights
  let from = 0
  for (const { dimension } of groups) {
    const alive = living.subarray(from, from + dimension).reduce((sum, value) => sum + value, 0)
    weights.fill(living.length / groups.length / Math.max(1, alive), from, from + dimension)
    from += dimension
  }
  return weights
}

/**
 * Reconstruction loss of one batch: squared error summed over units, mean over faces (Vielzeuf et al. 2019, Eq. 3, on z-scores).
 *
 * @param reconstructed  f32 [n, units]
 * @param z        f32 [n, units]
 * @param weights  f32 [units]
 */
export function reconstructionLoss(reconstructed: Tensor2D, z: Tensor2D, weights: Tensor1D): Scalar {
  return tf.mean(tf.sum(tf.mul(tf.squaredDifference(reconstructed, z), weights), 1)) as Scalar
}

/** z-scores -> code: f32 [n, inputs] -> f32 [n, size], no activation on the code. */
export function encode(z: Tensor2D, variables: Record<string, Tensor>, activation: Activation): Tensor2D {
  return dense(z, 'encoder', variables, activation)
}

/** code -> z-scores: f32 [n, size] -> f32 [n, inputs]. */
export function decode(code: Tensor2D, variables: Record<string, Tensor>, activation: Activation): Tensor2D {
  return dense(code, 'decoder', variables, activation)
}
