import type { Scalar, Tensor, Tensor1D, Tensor2D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import type { Activation } from './dense.ts'
import type { UnitGroup } from './normalizer.ts'
import { encoderWidths } from '#shared/stages/combine.ts'
import { matMul } from '#worker/engine/fused.ts'
import { tf } from '#worker/engine/tf.ts'
import { dense, denseVariables } from './dense.ts'

export interface AutoencoderShape {
  inputs: number
  size: number
  layers: number
  activation: Activation
  /** The encoder's last layer gives a mean and a log variance for each number of the code. */
  isVariational?: boolean
}

/** Weights of encoder and mirrored decoder: `encoder/0/weight` ... `decoder/2/bias`. The paper's encoder has 24,671,040. */
export function autoencoderVariables(shape: AutoencoderShape, seed: number): Record<string, TensorData> {
  const widths = encoderWidths(shape.inputs, shape.size, shape.layers)
  const outputs = shape.isVariational ? 2 * shape.size : shape.size
  return {
    ...denseVariables('encoder', [shape.inputs, ...widths.slice(0, -1), outputs], seed),
    ...decoderVariables(shape, seed + 1),
  }
}

/**
 * An autoencoder with a linear path beside its layers: code = z C + f(z), reconstruction = code D + g(code), trained together. It starts as
 * PCA: C holds the components, D their transpose, and the last layers of f and g are zero.
 *
 * @param variables   of `autoencoderVariables`
 * @param components  f32 [units, size], row by row
 * @param shape       units and size
 */
export function withLinearPath(variables: Record<string, TensorData>, components: Float32Array, shape: AutoencoderShape): Record<string, TensorData> {
  const { inputs, size, layers } = shape
  const transposed = Float32Array.from({ length: components.length }, (_, at) => components[at % inputs * size + Math.floor(at / inputs)]!)
  const zero = (tensor: TensorData): TensorData => ({ ...tensor, data: new Float32Array(tensor.data.length) })
  const last = ['encoder', 'decoder'].map(name => `${name}/${layers - 1}/weight`)
  return {
    ...variables,
    ...Object.fromEntries(last.map(name => [name, zero(variables[name]!)])),
    'encoder/linear': { dtype: 'float32', shape: [inputs, size], data: components },
    'decoder/linear': { dtype: 'float32', shape: [size, inputs], data: transposed },
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
 * Reconstruction loss of one batch: squared error summed over units, mean over faces (Vielzeuf et al. 2019, Eq. 3, on normalised embeddings).
 *
 * @param reconstructed  f32 [n, units]
 * @param z        f32 [n, units]
 * @param weights  f32 [units]
 */
export function reconstructionLoss(reconstructed: Tensor2D, z: Tensor2D, weights: Tensor1D): Scalar {
  return tf.mean(tf.sum(tf.mul(tf.squaredDifference(reconstructed, z), weights), 1)) as Scalar
}

/** Normalised embeddings -> code: f32 [n, inputs] -> f32 [n, size], no activation on the code. A variational encoder gives [n, 2 size]. */
export function encode(z: Tensor2D, variables: Record<string, Tensor>, activation: Activation): Tensor2D {
  return withLinear(z, 'encoder', variables, activation)
}

/** code -> normalised embeddings: f32 [n, size] -> f32 [n, inputs]. */
export function decode(code: Tensor2D, variables: Record<string, Tensor>, activation: Activation): Tensor2D {
  return withLinear(code, 'decoder', variables, activation)
}

/** The layers, and the linear path beside them where there is one. */
function withLinear(x: Tensor2D, name: string, variables: Record<string, Tensor>, activation: Activation): Tensor2D {
  const linear = variables[`${name}/linear`]
  const y = dense(x, name, variables, activation)
  return linear ? tf.add(y, matMul(x, linear)) : y
}
