import type { Task } from '#shared/dataset.ts'
import type { RunResult, SelectionResult } from '#shared/order.ts'
import type { Subset } from '#shared/stages/select.ts'
import type { TensorData } from '#worker/stage.ts'
import type { UnitGroup } from '../models/normalizer.ts'
import type { SelectionManifest } from '../models/selection.ts'
import type { Features } from './frozen-features.ts'
import type { Knowledge } from './knowledge.ts'
import type { RidgeScore } from './select-ranking.ts'
import type { SelectContext } from './select-result.ts'
import type { SavedFold } from './select-trainer.ts'
import type { Fold, LabelledSample } from './transfer-folds.ts'
import path from 'node:path'
import { z } from 'zod'
import { SelectionResult as Result } from '#shared/order.ts'
import { metricOf, scoreOf } from '#shared/scores.ts'
import { mixSeed } from '#shared/seeded-random.ts'
import { mean } from '#shared/statistics.ts'
import { evaluateAnswers } from '../evaluate/evaluate.ts'
import { writePredictions } from '../evaluate/predictions.ts'
import { labelWidth } from '../models/head.ts'
import { saveSelection } from '../models/selection.ts'
import { Phases } from '../training/phases.ts'
import { embeddingRows } from './embedding-rows.ts'
import { limitLabels } from './label-share.ts'
import { rankTeachers } from './select-ranking.ts'
import { answersOf, countChosen, summaryOf } from './select-result.ts'
import { bestHead, openHeadTrainer, SavedFold as Saved } from './select-trainer.ts'
import { planFolds } from './transfer-folds.ts'

const SavedRanking = z.strictObject({
  ridge: z.array(z.strictObject({ score: z.number(), metric: z.number() })),
  teachers: Result.shape.teachers,
})

/** One finished fold: how far each head came, and its predictions of the fold's test samples by subset. */
interface FinishedFold { fold: Fold, saved: SavedFold, tensors: Record<string, TensorData> }

/**
 * Trains a head on each subset under the data set's protocol and chooses on validation, fold by fold: whoever is left out has no say
 * in what answers for them.
 */
export async function selectHeads(context: SelectContext, { source }: Knowledge, task: Exclude<Task, { kind: 'verification' }>, samples: LabelledSample[], subsets: readonly Subset[]): Promise<RunResult> {
  const { config, seed, order, report, isLeaving } = context
  const folds = planFolds(task, samples, config.folds, seed).map((fold, number) => limitLabels(task, samples, fold, config.labels ?? 1, mixSeed(seed, number)))
  const phases = await Phases.open(context)
  const { features, teachers } = readFeatures(source, order.teachers.map(({ name }) => name), samples)
  const ranking = SavedRanking.parse((await phases.run('ranking', async () => ({
    tensors: {},
    state: await rankTeachers(task, { features, teachers, samples, folds, subsets, isLeaving }),
  }))).state)
  const trained = trainedSubsets(ranking.ridge, config.train)
  const trainer = openHeadTrainer(context, task, { samples, features, teachers, subsets: trained.map(place => subsets[place]!) })
  const finished: FinishedFold[] = []
  try {
    for (const [number, fold] of folds.entries()) {
      const { tensors, state } = await phases.run(fold.name, phase => trainer.run(phase, fold, number, (done, total) =>
        report.progress(number * total + done, folds.length * total, 'steps')))
      finished.push({ fold, saved: Saved.parse(state), tensors })
    }
  }
  finally {
    trainer.close()
  }
  return conclude(context, task, samples, { ranking, subsets, trained, finished })
}

/** Places of the subsets that get heads: all, or those that ridge ranks best, in their order. */
function trainedSubsets(ridge: readonly RidgeScore[], train: number | 'all'): number[] {
  const places = [...ridge.keys()]
  return train === 'all'
    ? places
    : places.toSorted((a, b) => ridge[a]!.score - ridge[b]!.score || a - b).slice(0, train).sort((a, b) => a - b)
}

function readFeatures(source: Knowledge['source'], names: string[], samples: readonly LabelledSample[]): { features: Features, teachers: UnitGroup[] } {
  const indexes = Int32Array.from(samples.flatMap(({ isFound, index }) => isFound
    ? [index]
    : []))
  const rows = embeddingRows([{ source, indexes, hashes: [] }], names)
  try {
    return { features: { data: rows.read(0, rows.count), width: rows.width, scaling: 'unit' }, teachers: rows.teachers }
  }
  finally {
    rows.close()
  }
}

/** Puts folds together: predictions of every subset, the chosen ones' answers, scores, the artefact. */
function conclude({ config, artefact }: SelectContext, task: Exclude<Task, { kind: 'verification' }>, samples: LabelledSample[], { ranking, subsets, trained, finished }: { ranking: z.infer<typeof SavedRanking>, subsets: readonly Subset[], trained: number[], finished: FinishedFold[] }): RunResult {
  const positions = Int32Array.from(finished.flatMap(({ fold }) => [...fold.test])).sort()
  const placeOf = new Map([...positions].map((position, i) => [position, i]))
  const gather = (headOf: (fold: FinishedFold) => number): Float32Array => {
    const width = labelWidth(finished[0]!.saved.target)
    const values = new Float32Array(positions.length * width)
    for (const one of finished) {
      const own = one.tensors[`predictions/${headOf(one)}`]!.data as Float32Array
      one.fold.test.forEach((position, i) => values.set(own.subarray(i * width, (i + 1) * width), placeOf.get(position)! * width))
    }
    return values
  }
  const predictions = trained.map((_, head) => gather(() => head))
  const answers = answersOf(task, samples, positions, gather(({ saved }) => bestHead(saved)))
  const scores = new Map(trained.map((place, head) => [place, {
    validation: mean(finished.map(({ saved }) => saved.heads[head]!.metric)),
    test: mean(answersOf(task, samples, positions, predictions[head]!).map(answer => scoreOf(task, answer))),
    steps: finished.reduce((sum, { saved }) => sum + saved.heads[head]!.steps, 0),
  }]))
  const result: SelectionResult = {
    metric: metricOf(task.kind).metric,
    teachers: ranking.teachers,
    subsets: subsets.map((subset, place) => ({ teachers: subset, ridge: ranking.ridge[place]!.metric, ...scores.get(place) ?? { validation: null, test: null, steps: 0 } })),
    chosen: countChosen(finished.map(({ saved }) => trained[bestHead(saved)]!)),
  }
  const tensors: Record<string, TensorData> = { positions: { dtype: 'int32', shape: [positions.length], data: positions } }
  trained.forEach((place, head) => { tensors[`predictions/${place}`] = { dtype: 'float32', shape: [predictions[head]!.length], data: predictions[head]! } })
  const [{ saved, tensors: first }] = finished as [FinishedFold]
  saveSelection(artefact, { manifest: { format: 'facet-selection-1', task: config.task, result, head: headManifest(config, task, saved, first) }, tensors: { ...tensors, ...headTensors(first) } })
  writePredictions(path.join(artefact, 'predictions.csv'), task, answers)
  return { summary: summaryOf(result), evaluations: evaluateAnswers(task, answers), selection: result }
}

function headTensors(tensors: Record<string, TensorData>): Record<string, TensorData> {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith('head/') || name.startsWith('input/')))
}

function headManifest({ head }: SelectContext['config'], task: Task, { target, clip }: SavedFold, tensors: Record<string, TensorData>): SelectionManifest['head'] {
  return {
    width: tensors['input/mean']!.data.length,
    clip,
    head,
    target,
    classes: task.kind === 'classification' ? task.classes : task.kind === 'attributes' ? task.attributes : null,
    unit: task.kind === 'regression' ? task.unit : null,
  }
}
