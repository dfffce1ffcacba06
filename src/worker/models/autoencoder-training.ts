import type { z } from 'zod'
import type { combine } from '#shared/stages/combine.ts'
import type { Tensor1D, Tensor2D } from '#worker/engine/tf.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { RowTable } from '../stages/embedding-rows.ts'
import type { Phases } from '../training/phases.ts'
import type { AutoencoderShape } from './autoencoder.ts'
import type { UnitGroup } from './normalizer.ts'
import { compile } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { eachBlock } from '../stages/embedding-rows.ts'
import { BatchOrder } from '../training/order.ts'
import { train } from '../training/train.ts'
import { autoencoderVariables, decode, encode, lossWeights, reconstructionLoss } from './autoencoder.ts'
import { withTensors } from './dense.ts'

type Context = Pick<StageContext<unknown>, 'report' | 'isLeaving'>

export interface AutoencoderTraining {
  phases: Phases
  config: z.output<typeof combine.config>
  size: number
  seed: number
  groups: readonly UnitGroup[]
  living: Uint8Array
  /** z-scores, f32 [n, units]. */
  train: RowTable
  validation: RowTable
}

/** Trains encoder and decoder on z-scores; the weights with the best validation loss are kept. */
export async function trainAutoencoder(context: Context, options: AutoencoderTraining): Promise<{ tensors: Record<string, TensorData>, summary: Record<string, number> }> {
  const { config: { batch, epochs, optimizer, schedule, patience, activation, layers, balance }, seed, size, phases } = options
  const inputs = options.train.width
  const shape: AutoencoderShape = { inputs, size, layers, activation }
  const weights: TensorData = {
    dtype: 'float32',
    shape: [inputs],
    data: lossWeights(options.groups, options.living, balance),
  }
  const { tensors, state } = await phases.run('autoencoder', async (phase) => {
    const variables = autoencoderVariables(shape, seed)
    const names = Object.keys(variables)
    const program = compile(({ z }, { lossWeights: unitWeights, ...weights }) => {
      const x = z as Tensor2D
      return {
        loss: reconstructionLoss(decode(encode(x, weights, activation), weights, activation), x, unitWeights as Tensor1D),
      }
    }, {
      name: 'autoencoder',
      feeds: {
        z: {
          shape: [batch, inputs],
          dtype: 'float32',
        },
      },
      variables: { ...variables, lossWeights: weights },
      trainable: names,
      optimizer,
    })
    try {
      const order = new BatchOrder(options.train.count, batch, seed)
      const { best, bestScore, bestStep, steps } = await train(context, phase, {
        program,
        seed,
        optimizer,
        schedule,
        steps: epochs * order.stepsPerEpoch,
        feeds: step => ({
          z: options.train.gather(order.rows(step)),
        }),
        evaluateEvery: order.stepsPerEpoch,
        evaluate: () => {
          const score = validationLoss(program.read(names), weights, options.validation, shape)
          return {
            score,
            metrics: { validationLoss: score },
          }
        },
        patience,
        keep: names,
      }, {
        onStep: (done, total) => context.report.progress(done, total, 'steps'),
      })
      return {
        tensors: best,
        state: { validationLoss: bestScore, bestEpoch: bestStep / order.stepsPerEpoch, steps },
      }
    }
    finally {
      program.dispose()
    }
  })
  return { tensors, summary: state as Record<string, number> }
}

/** Mean loss over the faces of a table. */
function validationLoss(weights: Record<string, TensorData>, unitWeights: TensorData, table: RowTable, { activation }: AutoencoderShape): number {
  let sum = 0
  withTensors({ ...weights, unitWeights }, variables => eachBlock(table, (rows, count) => {
    sum += count * tf.tidy(() => {
      const x = tf.tensor2d(rows, [count, table.width])
      return reconstructionLoss(decode(encode(x, variables, activation), variables, activation), x, variables.unitWeights as Tensor1D).dataSync()[0]!
    })
  }))
  return sum / table.count
}
