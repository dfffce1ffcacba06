import type { Start } from '../bench.ts'
import type { Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import { distil } from '#shared/stages/distil.ts'
import { compile } from '#worker/engine/compile.ts'
import { engineVersion } from '#worker/engine/tf.ts'
import { embed, studentVariables, trainableNames, trainBackbone } from '#worker/models/resnet.ts'
import { cosineLoss } from '#worker/stages/distil.ts'
import { read } from '../bench.ts'
import { bytes, floats } from '../numbers.ts'

/** The distil stage's step on a batch in memory. */
export const start: Start = (work) => {
  const [input, batch, size] = [read(work, 'side'), read(work, 'batch'), read(work, 'size')]
  const shape = distil.config.parse({ input })
  const variables = studentVariables(shape, size, 1)
  const program = compile(({ faces, target }, weights) => {
    const { features, updates } = trainBackbone(faces as Tensor4D, weights, shape)
    return {
      loss: cosineLoss(target as Tensor2D, embed(features, weights)),
      updates,
    }
  }, {
    name: 'student',
    feeds: {
      faces: {
        shape: [batch, input, input, 3],
        dtype: 'uint8',
      },
      target: {
        shape: [batch, size],
        dtype: 'float32',
      },
    },
    variables,
    trainable: trainableNames(variables),
    optimizer: {
      ...shape.optimizer,
      kind: 'adam',
    },
  })
  const feeds = {
    faces: bytes(batch * input * input * 3),
    target: floats(batch * size),
  }
  return {
    version: `TensorFlow ${engineVersion}`,
    run: () => { program.step(feeds, { learningRate: 1e-3 }) },
  }
}
