import type { Tensor1D, Tensor2D } from '#worker/engine/tf.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { RowTable } from '../stages/embedding-rows.ts'
import type { Phases } from '../training/phases.ts'
import { compile } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { BatchOrder } from '../training/order.ts'
import { train } from '../training/train.ts'
import { decode, decoderVariables, reconstructionLoss } from './autoencoder.ts'
import { withTensors } from './dense.ts'

/** As an autoencoder's own decoder is trained by default. */
const optimizer = {
  kind: 'adam',
  learningRate: 1e-4,
  weightDecay: 0,
  momentum: 0,
} as const
const schedule = { kind: 'constant', warmup: 0 } as const
const batch = 64
const epochs = 130
const patience = 12

export interface DecoderTraining {
  phases: Phases
  seed: number
  layers: number
  /** Codes, f32 [n, size], beside the z-scores that belong to them, f32 [n, units]. */
  codes: { train: RowTable, validation: RowTable }
  targets: { train: RowTable, validation: RowTable }
}

/**
 * Trains a decoder anew on another network's codes (Table 5's last columns: what the student keeps of each teacher). It has the
 * shape of an autoencoder's decoder; the weights with the best validation loss are kept.
 */
export async function trainDecoder(context: Pick<StageContext<unknown>, 'report' | 'isLeaving'>, { phases, seed, layers, codes, targets }: DecoderTraining): Promise<Record<string, TensorData>> {
  const { tensors } = await phases.run('decoder', async (phase) => {
    const size = codes.train.width
    const units = targets.train.width
    const variables = decoderVariables({ inputs: units, size, layers }, seed)
    const unitWeights = (): Tensor1D => tf.ones([units])
    const program = compile(({ code, z }, weights) => ({
      loss: reconstructionLoss(decode(code as Tensor2D, weights, 'elu'), z as Tensor2D, unitWeights()),
    }), {
      name: 'decoder',
      feeds: {
        code: {
          shape: [batch, size],
          dtype: 'float32',
        },
        z: {
          shape: [batch, units],
          dtype: 'float32',
        },
      },
      variables,
      optimizer,
    })
    const validate = (): number => withTensors(program.read(), weights => tf.tidy(() => {
      const { count } = codes.validation
      const x = tf.tensor2d(codes.validation.read(0, count), [count, size])
      const z = tf.tensor2d(targets.validation.read(0, count), [count, units])
      return reconstructionLoss(decode(x, weights, 'elu'), z, unitWeights()).dataSync()[0]!
    }))
    try {
      const order = new BatchOrder(codes.train.count, batch, seed)
      const { best } = await train(context, phase, {
        program,
        seed,
        optimizer,
        schedule,
        steps: epochs * order.stepsPerEpoch,
        feeds: (step) => {
          const rows = order.rows(step)
          return {
            code: codes.train.gather(rows),
            z: targets.train.gather(rows),
          }
        },
        evaluateEvery: order.stepsPerEpoch,
        evaluate: () => {
          const score = validate()
          return {
            score,
            metrics: { validationLoss: score },
          }
        },
        patience,
        keep: Object.keys(variables),
      }, {
        reportAs: 'decoder/',
        onStep: (done, total) => context.report.progress(done, total, 'decoder steps'),
      })
      return { tensors: best, state: null }
    }
    finally {
      program.dispose()
    }
  })
  return tensors
}
