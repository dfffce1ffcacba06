import type { Task } from '#shared/dataset.ts'
import type { Subset } from '#shared/stages/select.ts'
import type { TensorData } from '#worker/stage.ts'
import type { BankData } from '../models/head-bank.ts'
import type { HeadTarget } from '../models/head.ts'
import type { Normalizer, UnitGroup } from '../models/normalizer.ts'
import type { Outcome, Phase } from '../training/phases.ts'
import type { ValidationScore } from '../training/train.ts'
import type { Features } from './frozen-features.ts'
import type { SelectContext } from './select-result.ts'
import type { Fold, LabelledSample } from './transfer-folds.ts'
import { z } from 'zod'
import { mixSeed } from '#shared/seeded-random.ts'
import { tf } from '#worker/engine/tf.ts'
import { HeadBank } from '../models/head-bank.ts'
import { headTarget, labelFeed, labelWidth, predictionsOf, targetLabels } from '../models/head.ts'
import { normalize } from '../models/normalizer.ts'
import { columnsOf } from '../models/ridge.ts'
import { TransferManifest } from '../models/transfer-model.ts'
import { BatchOrder } from '../training/order.ts'
import { trainHeads } from '../training/train-heads.ts'
import { featureNormalizer } from './frozen-features.ts'
import { subsetName } from './select-result.ts'
import { foldData, withUndetected } from './transfer-folds.ts'
import { normalizerTensors, reportName, validate } from './transfer-frozen.ts'

/** What a checkpoint keeps of a finished fold beside its tensors. `score` chooses (lower is better), `metric` is reported. */
export const SavedFold = z.strictObject({
  target: TransferManifest.shape.target,
  clip: z.number(),
  heads: z.array(z.strictObject({ score: z.number(), metric: z.number(), steps: z.int() })),
})
export type SavedFold = z.infer<typeof SavedFold>

/** The head that a fold's validation part chooses; of equal ones the first, which is the smaller. */
export function bestHead({ heads }: SavedFold): number {
  const scores = heads.map(({ score }) => score)
  return scores.indexOf(Math.min(...scores))
}

/** Trains all heads of a fold at once. */
export interface HeadTrainer {
  /** Leaves predictions of each head (`predictions/HEAD` f32 [test]), and the chosen head's weights with its inputs' standardisation. */
  run: (phase: Phase, fold: Fold, number: number, onStep: (done: number, total: number) => void) => Promise<Outcome>
  close: () => void
}

interface Setting { samples: readonly LabelledSample[], features: Features, teachers: readonly UnitGroup[], subsets: readonly Subset[] }

/** Opens a trainer of heads on these subsets; one compiled graph serves all folds. */
export function openHeadTrainer(context: SelectContext, task: Exclude<Task, { kind: 'verification' }>, { samples, features, teachers, subsets }: Setting): HeadTrainer {
  const { config, seed } = context
  const { head, batch, optimizer, schedule, epochs, steps, patience } = config
  const bank = new HeadBank({ teachers, subsets, head, batch, optimizer, target: headTarget(task, []) }, features.data.length / features.width)
  const all = [...subsets.keys()]
  return {
    async run(phase, fold, number, onStep) {
      const data = foldData(samples, fold)
      const target = headTarget(task, data.trainLabels)
      const normalizer = featureNormalizer(features, data.faceRows, teachers)
      const foldSeed = mixSeed(seed, number)
      const order = new BatchOrder(data.trainRows.length, batch, foldSeed)
      // an epoch is one of all training faces, as transfer counts it where few labels are used
      const { stepsPerEpoch } = new BatchOrder(data.faceRows.length, batch, foldSeed)
      const fed = engineData(normalize(features.data, normalizer), features.width, data.labels, target)
      try {
        const trained = await trainHeads(context, phase, {
          bank,
          names: subsets.map(subset => subsetName(subset, context.order.teachers)),
          data: fed,
          seed: foldSeed,
          optimizer,
          schedule,
          steps: Math.min(steps, epochs * stepsPerEpoch),
          rows: step => order.rows(step).map(i => data.trainRows[i]!),
          evaluateEvery: stepsPerEpoch,
          evaluate: heads => bank.outputs(heads, fed, data.validationRows).map(outputs => validate(outputs, data.validationLabels, target)),
          patience,
        }, { reportAs: reportName(fold), onStep })
        trained.forEach(({ best }, i) => bank.write(i, best))
        const outputs = bank.outputs(all, fed, data.testRows.filter(row => row >= 0))
        const state: SavedFold = { target, clip: normalizer.clip, heads: trained.map(({ bestScore, bestMetrics, steps }) => ({ score: bestScore, metric: metricOf(bestMetrics), steps })) }
        const chosen = bestHead(state)
        return {
          state,
          tensors: {
            ...predictionTensors(outputs.map(each => withUndetected(predictionsOf(each, target), data.testRows, labelWidth(target)))),
            ...trained[chosen]!.best,
            ...normalizerTensors(normalizerOf(normalizer, columnsOf(subsets[chosen]!, teachers))),
          },
        }
      }
      finally {
        tf.dispose([fed.features, fed.labels])
      }
    },
    close: () => bank.dispose(),
  }
}

function engineData(features: Float32Array, width: number, labels: Float64Array, target: HeadTarget): BankData {
  const count = features.length / width
  const { shape, dtype } = labelFeed(target, count)
  return {
    features: tf.tensor2d(features, [count, width]),
    labels: tf.tensor(targetLabels(labels, target), shape, dtype),
  }
}

/** What is reported of a validation: accuracy, error rate or MAE. */
function metricOf({ validationLoss: _, ...metrics }: ValidationScore['metrics']): number {
  return Object.values(metrics)[0]!
}

function normalizerOf({ mean, scale, clip }: Normalizer, columns: Int32Array): Normalizer {
  return { mean: Float32Array.from(columns, column => mean[column]!), scale: Float32Array.from(columns, column => scale[column]!), clip }
}

function predictionTensors(predictions: readonly Float32Array[]): Record<string, TensorData> {
  return Object.fromEntries(predictions.map((data, head) => [`predictions/${head}`, { dtype: 'float32', shape: [data.length], data }]))
}
