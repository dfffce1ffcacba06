import type { z } from 'zod'
import type { Task } from '#shared/dataset.ts'
import type { transfer } from '#shared/stages/transfer.ts'
import type { Program } from '#worker/engine/compile.ts'
import type { Tensor, Tensor1D, Tensor2D } from '#worker/engine/tf.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { HeadTarget } from '../models/head.ts'
import type { Trained, Training } from '../training/train.ts'
import type { Features } from './frozen-features.ts'
import type { Fold, FoldResult, FoldTrainer, LabelledSample } from './transfer-folds.ts'
import { mixSeed } from '#shared/seeded-random.ts'
import { compile } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { applyHead, headLoss, headTarget, headVariables, labelFeed, labelWidth, predictionsOf, runHead, scoreOutputs, targetLabels } from '../models/head.ts'
import { normalize } from '../models/normalizer.ts'
import { BatchOrder } from '../training/order.ts'
import { train } from '../training/train.ts'
import { memoryRows } from './embedding-rows.ts'
import { featureNormalizer } from './frozen-features.ts'
import { foldData, withUndetected } from './transfer-folds.ts'

type Config = z.output<typeof transfer.config>

/**
 * Trains heads on frozen features. One compiled step serves all folds: features and labels lie in the engine, a step is fed
 * the rows of its batch.
 */
export function frozenTrainer(context: StageContext<Config>, task: Task, samples: readonly LabelledSample[], features: Features): FoldTrainer {
  const { config, seed } = context
  const program = compileHead(config, features, headTarget(task, []))
  const fresh = program.save()
  return {
    async run(phase, fold, number, onStep) {
      const data = foldData(samples, fold)
      const target = headTarget(task, data.trainLabels)
      const normalizer = featureNormalizer(features, data.faceRows)
      const normalized = memoryRows(normalize(features.data, normalizer), features.width)
      const foldSeed = mixSeed(seed, number)
      program.restore(fresh)
      program.write(headVariables(features.width, config.head, target.outputs, foldSeed))
      const fed = engineTensors(normalized.read(0, normalized.count), features.width, data.labels, target)
      let trained: Trained
      try {
        trained = await train(context, phase, {
          ...headTraining(config, program, data.faceRows, foldSeed),
          feeds: stepFeeds(fed, data.trainRows, config.batch, foldSeed),
          evaluate: () => validate(applyHead(normalized.gather(data.validationRows), features.width, program.read(), config.head), data.validationLabels, target),
        }, {
          reportAs: reportName(fold),
          onStep,
        })
      }
      finally {
        tf.dispose(fed)
      }
      const outputs = applyHead(normalized.gather(data.testRows.filter(row => row >= 0)), features.width, trained.best, config.head)
      return {
        target,
        clip: normalizer.clip,
        tensors: {
          ...trained.best,
          ...normalizerTensors(normalizer),
        },
        trained,
        predictions: withUndetected(predictionsOf(outputs, target), data.testRows, labelWidth(target)),
      } satisfies FoldResult
    },
    close: async () => program.dispose(),
  }
}

function compileHead({ head, batch, optimizer }: Config, features: Features, target: HeadTarget): Program {
  const count = features.data.length / features.width
  return compile(({ features, labels, rows, seed }, weights) => {
    const x = tf.gather(features, rows as Tensor1D) as Tensor2D
    return {
      loss: headLoss(runHead(x, weights, head, seed), tf.gather(labels, rows as Tensor1D), target),
    }
  }, {
    name: 'head',
    feeds: {
      features: {
        shape: [count, features.width],
        dtype: 'float32',
      },
      labels: labelFeed(target, count),
      rows: {
        shape: [batch],
        dtype: 'int32',
      },
    },
    variables: headVariables(features.width, head, target.outputs, 0),
    optimizer,
  })
}

function engineTensors(features: Float32Array, width: number, labels: Float64Array, target: HeadTarget): { features: Tensor2D, labels: Tensor } {
  const count = features.length / width
  const { shape, dtype } = labelFeed(target, count)
  return {
    features: tf.tensor2d(features, [count, width]),
    labels: tf.tensor(targetLabels(labels, target), shape, dtype),
  }
}

function stepFeeds(fed: { features: Tensor2D, labels: Tensor }, rows: Int32Array, batch: number, seed: number): Training['feeds'] {
  const order = new BatchOrder(rows.length, batch, seed)
  return step => ({
    ...fed,
    rows: order.rows(step).map(i => rows[i]!),
  })
}

/** What the trainings of all encoders have in common: steps, schedule, patience. An epoch is one of all training faces (`rows`), also where few labels are used, so that each share gets as many steps. */
export function headTraining({ optimizer, schedule, epochs, steps, batch, patience }: Config, program: Program, rows: Int32Array, seed: number): Omit<Training, 'feeds' | 'evaluate'> {
  const { stepsPerEpoch } = new BatchOrder(rows.length, batch, seed)
  return {
    program,
    seed,
    optimizer,
    schedule,
    steps: Math.min(steps, epochs * stepsPerEpoch),
    evaluateEvery: stepsPerEpoch,
    patience,
    keep: Object.keys(program.read()),
  }
}

/** Cross-entropy chooses among classifiers and attributes (finer than a count of right answers on a hundred faces), MAE among regressions. */
export function validate(outputs: Float32Array, labels: ArrayLike<number>, target: HeadTarget): { score: number, metrics: Record<string, number> } {
  const { loss, metric } = scoreOutputs(outputs, labels, target)
  switch (target.kind) {
    case 'classification': return { score: loss, metrics: { validationLoss: loss, validationAccuracy: metric } }
    case 'attributes': return { score: loss, metrics: { validationLoss: loss, validationErrorRate: metric } }
    case 'regression': return { score: metric, metrics: { validationLoss: loss, validationMae: metric } }
    default: return target.kind satisfies never
  }
}

/** Metrics of one of many folds carry its name. */
export function reportName({ name }: Fold): string {
  return name === 'split'
    ? ''
    : `${name}/`
}

export function normalizerTensors({ mean, scale }: { mean: Float32Array, scale: Float32Array }): Record<string, TensorData> {
  return {
    'input/mean': {
      dtype: 'float32',
      shape: [mean.length],
      data: mean,
    },
    'input/scale': {
      dtype: 'float32',
      shape: [scale.length],
      data: scale,
    },
  }
}
