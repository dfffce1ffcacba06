import type { Task } from '#shared/dataset.ts'
import type { OrderSource, RunResult } from '#shared/order.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { Outcome } from '../training/phases.ts'
import type { FoldResult, LabelledSample } from './transfer-folds.ts'
import path from 'node:path'
import { z } from 'zod'
import { mixSeed } from '#shared/seeded-random.ts'
import { trainsPixels, transfer } from '#shared/stages/transfer.ts'
import { runOf } from '#worker/stage.ts'
import { evaluateAnswers } from '../evaluate/evaluate.ts'
import { writePredictions } from '../evaluate/predictions.ts'
import { saveTransfer, TransferManifest } from '../models/transfer-model.ts'
import { Phases } from '../training/phases.ts'
import { frozenFeatures } from './frozen-features.ts'
import { openKnowledge } from './knowledge.ts'
import { limitLabels } from './label-share.ts'
import { answerOf, labelledSamples, planFolds } from './transfer-folds.ts'
import { frozenTrainer } from './transfer-frozen.ts'
import { openTrainedEncoder, pixelTrainer } from './transfer-pixels.ts'
import { verifyAfter } from './verification-after.ts'
import { verify } from './verification.ts'

type Config = z.output<typeof transfer.config>
type Context = StageContext<Config>

/** What a checkpoint keeps of a finished fold beside its tensors. */
const SavedFold = z.object({
  target: TransferManifest.shape.target,
  clip: z.number(),
  steps: z.int(),
  bestScore: z.number(),
})
type SavedFold = z.infer<typeof SavedFold>

/** Trains one knowledge on one encoder by its data set's protocol; the test faces are touched once, at the end. */
export const run = runOf(transfer, async (context) => {
  if (context.config.after)
    return verifyAfter(context, context.config.after)
  const { source, samples, pairs, task, found } = openKnowledge(context.order, context.config.task)
  return task.kind === 'verification'
    ? verify(context, source, samples, pairs, found)
    : learnTask(context, source, task, labelledSamples(task, samples, found))
})

async function learnTask(context: Context, source: OrderSource, task: Exclude<Task, { kind: 'verification' }>, samples: LabelledSample[]): Promise<RunResult> {
  const { config, seed, artefact } = context
  const folds = planFolds(task, samples, config.folds, seed).map((fold, number) => limitLabels(task, samples, fold, config.labels ?? 1, mixSeed(seed, number)))
  const phases = await Phases.open(context)
  const trained = trainsPixels(config.encoder)
    ? openTrainedEncoder(context)
    : null
  const trainer = trained
    ? pixelTrainer(context, source, task, samples, trained.network)
    : frozenTrainer(context, task, samples, await frozenFeatures(context, source, Int32Array.from(samples.flatMap(({ isFound, index }) => isFound ? [index] : []))))
  const predictions = new Map<number, Float32Array>()
  const saved: SavedFold[] = []
  let model: Record<string, TensorData> = {}
  try {
    for (const [number, fold] of folds.entries()) {
      const { tensors, state } = await phases.run(fold.name, async phase => toOutcome(await trainer.run(phase, fold, number, (done, total) =>
        context.report.progress(number * total + done, folds.length * total, 'steps')), number === 0))
      const { predictions: answers, ...rest } = tensors
      const width = answers!.data.length / fold.test.length
      fold.test.forEach((position, i) => predictions.set(position, (answers!.data as Float32Array).slice(i * width, (i + 1) * width)))
      saved.push(SavedFold.parse(state))
      if (number === 0)
        model = rest
    }
  }
  finally {
    await trainer.close()
  }
  const answers = [...predictions].sort(([a], [b]) => a - b).map(([position, numbers]) => ({
    ...samples[position]!,
    prediction: answerOf(task, numbers),
  }))
  saveTransfer(artefact, {
    manifest: manifestOf(trained?.teacher ? { ...config, encoder: { kind: 'p-cnn', teacher: trained.teacher.name } } : config, task, saved[0]!, model),
    tensors: model,
  })
  writePredictions(path.join(artefact, 'predictions.csv'), task, answers)
  return {
    summary: {
      folds: folds.length,
      ...trained?.teacher && { teacher: trained.teacher.name, teachersTried: trained.teacher.tried },
      ...config.labels !== undefined && { labels: folds.reduce((sum, fold) => sum + fold.train.length, 0) },
      steps: saved.reduce((sum, fold) => sum + fold.steps, 0),
      validation: saved.reduce((sum, fold) => sum + fold.bestScore, 0) / saved.length,
      notFound: answers.filter(({ prediction }) => prediction === null).length,
    },
    evaluations: evaluateAnswers(task, answers),
  }
}

/** What a finished fold is kept as: predictions and scores, and of the first one the model. */
function toOutcome({ predictions, tensors, target, clip, trained: { steps, bestScore } }: FoldResult, isFirst: boolean): Outcome {
  return {
    tensors: {
      predictions: {
        dtype: 'float32',
        shape: [predictions.length],
        data: predictions,
      },
      ...isFirst
        ? tensors
        : {},
    },
    state: { target, clip, steps, bestScore } satisfies SavedFold,
  }
}

function manifestOf(config: Config, task: Task, { target, clip }: SavedFold, tensors: Record<string, TensorData>): TransferManifest {
  return {
    format: 'facet-transfer-1',
    task: config.task,
    encoder: config.encoder,
    width: tensors['input/mean']!.data.length,
    clip,
    head: config.head,
    target,
    classes: task.kind === 'classification'
      ? task.classes
      : task.kind === 'attributes'
        ? task.attributes
        : null,
    unit: task.kind === 'regression'
      ? task.unit
      : null,
  }
}
