import type { Tensor } from '@tensorflow/tfjs-node-gpu'
import type { Start } from '../bench.ts'
import { encoderWidths } from '#shared/stages/combine.ts'
import { tf } from '#worker/engine/tf.ts'
import { read } from '../bench.ts'
import { floats } from '../numbers.ts'

/** The same network of tfjs's layers, trained eagerly. */
export const start: Start = (work) => {
  const [inputs, size, layers, batch] = [read(work, 'inputs'), read(work, 'size'), read(work, 'layers'), read(work, 'batch')]
  const down = encoderWidths(inputs, size, layers)
  const up = [
    ...down.slice(0, -1).toReversed(),
    inputs,
  ]
  const model = tf.sequential({
    layers: [
      ...down,
      ...up,
    ].map((units, i) => tf.layers.dense({
      units,
      activation: i === layers - 1 || i === 2 * layers - 1
        ? 'linear'
        : 'elu',
      ...i === 0
        ? { inputShape: [inputs] }
        : {},
    })),
  })
  model.compile({
    optimizer: tf.train.adam(1e-4),
    loss: (x: Tensor, y: Tensor) => tf.mean(tf.sum(tf.squaredDifference(x, y), 1)),
  })
  const z = tf.tensor2d(floats(batch * inputs), [batch, inputs])
  return {
    version: `tfjs ${tf.version.tfjs}`,
    run: async () => { await model.trainOnBatch(z, z) },
  }
}
