import type { OptimizerConfig } from '#shared/stages/training.ts'
import type { Program } from '#worker/engine/compile.ts'
import type { Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { Work } from './bench.ts'
import { distil } from '#shared/stages/distil.ts'
import { compile } from '#worker/engine/compile.ts'
import { embed, studentVariables, trainableNames, trainBackbone } from '#worker/models/student-network.ts'
import { cosineLoss } from '#worker/stages/distil-target.ts'
import { read } from './bench.ts'

/** The distil stage's step: `faces` u8 [batch, side, side, 3] and `target` f32 [batch, size] -> 1 - cos, one update. */
export function compileStudent(work: Work, optimizer: OptimizerConfig): Program {
  const [input, batch, size] = [read(work, 'side'), read(work, 'batch'), read(work, 'size')]
  const shape = distil.config.parse({ input })
  const variables = studentVariables(shape, size, 1)
  return compile(({ faces, target }, weights) => {
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
    optimizer,
  })
}
