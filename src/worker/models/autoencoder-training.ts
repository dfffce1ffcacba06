import type { CombinerConfig } from '#shared/stages/combine.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { RowTable } from '../stages/embedding-rows.ts'
import type { Phases } from '../training/phases.ts'
import type { ValidationScore } from '../training/train.ts'
import type { AutoencoderShape } from './autoencoder.ts'
import type { UnitGroup } from './normalizer.ts'
import { compile } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { eachBlock } from '../stages/embedding-rows.ts'
import { BatchOrder } from '../training/order.ts'
import { train } from '../training/train.ts'
import { trainingLoss, validationLosses } from './autoencoder-loss.ts'
import { autoencoderVariables, lossWeights, withLinearPath } from './autoencoder.ts'
import { withTensors } from './dense.ts'
import { klWeight } from './variational.ts'

type Context = Pick<StageContext<unknown>, 'report' | 'isLeaving'>

export interface AutoencoderTraining {
  phases: Phases
  config: CombinerConfig
  size: number
  seed: number
  groups: readonly UnitGroup[]
  living: Uint8Array
  /** Normalised embeddings, f32 [n, units]. */
  train: RowTable
  validation: RowTable
  /** Principal components, f32 [units, size], where a linear path starts from them. */
  components: Float32Array | null
}

/** Trains encoder and decoder; the weights with the best validation loss are kept, those of the start among them where they are PCA. */
export async function trainAutoencoder(context: Context, options: AutoencoderTraining): Promise<{ tensors: Record<string, TensorData>, summary: Record<string, number> }> {
  const { config, seed, phases, groups, components } = options
  const { kind, batch, epochs, optimizer, schedule, patience, beta, annealing } = config
  const inputs = options.train.width
  const unitWeights: TensorData = { dtype: 'float32', shape: [inputs], data: lossWeights(groups, options.living, config.balance) }
  const { tensors, state } = await phases.run('autoencoder', async (phase) => {
    const variables = firstVariables(options)
    const names = Object.keys(variables)
    const program = compile((feeds, weights) => ({ loss: trainingLoss(config, groups, feeds, weights) }), {
      name: 'autoencoder',
      feeds: {
        z: { shape: [batch, inputs], dtype: 'float32' },
        ...kind === 'vae' && { klWeight: { shape: [], dtype: 'float32' } as const },
      },
      variables: { ...variables, lossWeights: unitWeights },
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
          ...kind === 'vae' && { klWeight: Float32Array.of(klWeight(step, beta, annealing * order.stepsPerEpoch)) },
        }),
        evaluateEvery: order.stepsPerEpoch,
        evaluateFirst: components !== null,
        evaluate: () => validate(config, { ...program.read(names), lossWeights: unitWeights }, options.validation),
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

function firstVariables({ config: { kind, layers, activation }, size, seed, train, components }: AutoencoderTraining): Record<string, TensorData> {
  const shape: AutoencoderShape = { inputs: train.width, size, layers, activation, isVariational: kind === 'vae' }
  const variables = autoencoderVariables(shape, seed)
  return components ? withLinearPath(variables, components, shape) : variables
}

/** Mean loss over the faces of a table, and of vae the mean divergence. */
function validate(config: CombinerConfig, weights: Record<string, TensorData>, table: RowTable): ValidationScore {
  let score = 0
  let divergence = 0
  withTensors(weights, variables => eachBlock(table, (rows, count) => tf.tidy(() => {
    const { loss, kl } = validationLosses(config, tf.tensor2d(rows, [count, table.width]), variables)
    score += loss.dataSync()[0]! * count / table.count
    divergence += (kl?.dataSync()[0] ?? 0) * count / table.count
  })))
  return {
    score,
    metrics: { validationLoss: score, ...config.kind === 'vae' && { validationKl: divergence } },
  }
}
