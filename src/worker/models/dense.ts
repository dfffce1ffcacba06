import type { Tensor, Tensor2D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { biasAdd, elu, matMul, relu } from '#worker/engine/fused.ts'
import { tf } from '#worker/engine/tf.ts'

export type Activation = 'elu' | 'relu'
const activations = { elu, relu } as const

/**
 * Weights of a chain of dense layers, `NAME/0/weight` [in, out] and `NAME/0/bias` [out] onwards: normal with variance
 * 1 / (3 inputs), as PyTorch's linear layers, biases zero. The larger ones of He et al. (2015) hardly move at small learning
 * rates: the autoencoder then reconstructs unseen faces worse.
 *
 * @param name     prefix of the variables
 * @param widths   inputs, each layer's outputs
 * @param seed     of the random numbers
 * @param lastGain factor on the last layer's variance
 * @param normal   the seed's normal numbers
 */
export function denseVariables(name: string, widths: readonly number[], seed: number, lastGain = 1, normal: () => number = seededRandom(seed).normal): Record<string, TensorData> {
  const variables: Record<string, TensorData> = {}
  widths.slice(1).forEach((outputs, layer) => {
    const inputs = widths[layer]!
    const gain = layer === widths.length - 2
      ? lastGain
      : 1
    const spread = Math.sqrt(gain / (3 * inputs))
    variables[`${name}/${layer}/weight`] = {
      dtype: 'float32',
      shape: [inputs, outputs],
      data: filled(new Float32Array(inputs * outputs), () => normal() * spread),
    }
    variables[`${name}/${layer}/bias`] = {
      dtype: 'float32',
      shape: [outputs],
      data: new Float32Array(outputs),
    }
  })
  return variables
}

function filled(values: Float32Array<ArrayBuffer>, next: () => number): Float32Array<ArrayBuffer> {
  for (let i = 0; i < values.length; i++)
    values[i] = next()
  return values
}

/**
 * f32 [n, widths[0]] -> f32 [n, last width]. Activation after every layer but the last.
 * @param x
 * @param name        prefix of the variables
 * @param variables
 * @param activation  of the hidden layers
 * @param after       what else happens after a hidden layer, e.g. dropout
 */
export function dense(x: Tensor2D, name: string, variables: Record<string, Tensor>, activation: Activation, after: (x: Tensor2D, layer: number) => Tensor2D = hidden => hidden): Tensor2D {
  for (let layer = 0; ; layer++) {
    x = biasAdd(matMul(x, variables[`${name}/${layer}/weight`]!), variables[`${name}/${layer}/bias`]!)
    if (!variables[`${name}/${layer + 1}/weight`])
      return x
    x = after(activations[activation](x), layer)
  }
}

/** Parameters of a chain of dense layers with biases. */
export function denseParameters(widths: readonly number[]): number {
  return widths.slice(1).reduce((sum, width, i) => sum + widths[i]! * width + width, 0)
}

/** Tensor data as tf tensors for the time of `use`, which returns plain arrays; nothing is left behind. */
export function withTensors<T>(data: Record<string, TensorData>, use: (variables: Record<string, Tensor>) => T): T {
  const variables = Object.fromEntries(Object.entries(data).map(([name, { data: values, shape, dtype }]) => [
    name,
    tf.tensor(values, shape, dtype === 'int32'
      ? 'int32'
      : 'float32'),
  ]))
  try {
    return use(variables)
  }
  finally {
    tf.dispose(variables)
  }
}
