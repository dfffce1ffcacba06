import type { Tensor1D, Tensor2D } from '#worker/engine/tf.ts'
import type { Start } from '../bench.ts'
import { compile } from '#worker/engine/compile.ts'
import { engineVersion } from '#worker/engine/tf.ts'
import { autoencoderVariables, decode, encode, reconstructionLoss } from '#worker/models/autoencoder.ts'
import { read } from '../bench.ts'
import { floats } from '../numbers.ts'

/** The combine stage's step on a batch in memory. */
export const start: Start = (work) => {
  const [inputs, size, layers, batch] = [read(work, 'inputs'), read(work, 'size'), read(work, 'layers'), read(work, 'batch')]
  const variables = autoencoderVariables({ inputs, size, layers, activation: 'elu' }, 1)
  const program = compile(({ z }, { unitWeights, ...weights }) => ({
    loss: reconstructionLoss(decode(encode(z as Tensor2D, weights, 'elu'), weights, 'elu'), z as Tensor2D, unitWeights as Tensor1D),
  }), {
    name: 'autoencoder',
    feeds: {
      z: {
        shape: [batch, inputs],
        dtype: 'float32',
      },
    },
    variables: {
      ...variables,
      unitWeights: {
        dtype: 'float32',
        shape: [inputs],
        data: new Float32Array(inputs).fill(1),
      },
    },
    trainable: Object.keys(variables),
    optimizer: { kind: 'adam', learningRate: 1e-4, weightDecay: 0, momentum: 0 },
  })
  const feeds = {
    z: floats(batch * inputs),
  }
  return {
    version: `TensorFlow ${engineVersion}`,
    run: () => { program.step(feeds, { learningRate: 1e-4 }) },
  }
}
