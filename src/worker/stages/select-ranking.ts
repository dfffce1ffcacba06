import type { Task } from '#shared/dataset.ts'
import type { SelectionResult } from '#shared/order.ts'
import type { Subset } from '#shared/stages/select.ts'
import type { HeadTarget } from '../models/head.ts'
import type { UnitGroup } from '../models/normalizer.ts'
import type { RidgeEquations } from '../models/ridge.ts'
import type { Features } from './frozen-features.ts'
import type { Fold, LabelledSample } from './transfer-folds.ts'
import { setImmediate } from 'node:timers/promises'
import { ridgePenalties } from '#shared/stages/select.ts'
import { mean } from '#shared/statistics.ts'
import { Leaving } from '#worker/stage.ts'
import { gramOf, linearCka } from '../inspect/cka.ts'
import { headTarget, ridgeTargets, scoreOutputs } from '../models/head.ts'
import { logme } from '../models/logme.ts'
import { normalize } from '../models/normalizer.ts'
import { answerByRidge, columnsOf, disposeEquations, ridgeEquations } from '../models/ridge.ts'
import { memoryRows, selectRows } from './embedding-rows.ts'
import { featureNormalizer } from './frozen-features.ts'
import { foldData } from './transfer-folds.ts'

/** What a ridge solution is worth on validation: `score` ranks (lower is better), `metric` is reported. */
export interface RidgeScore { score: number, metric: number }

/** What is known of teachers and subsets before any head is trained. */
export interface Ranking { ridge: RidgeScore[], teachers: SelectionResult['teachers'] }

/** Folds that the ridge solutions are averaged over, where people are left out. */
const mostFolds = 5
/** Faces that CKA compares teachers on. */
const mostFaces = 1000

/**
 * Ranks subsets by ridge regression, teachers by LogME, and tells how alike teachers are: from the training faces of the first folds,
 * ridge scores from their validation faces. All subsets share one Gram matrix.
 */
export async function rankTeachers(task: Exclude<Task, { kind: 'verification' }>, { features, teachers, samples, folds, subsets, isLeaving }: { features: Features, teachers: readonly UnitGroup[], samples: readonly LabelledSample[], folds: readonly Fold[], subsets: readonly Subset[], isLeaving: () => boolean }): Promise<Ranking> {
  const scores: RidgeScore[][] = []
  let known: Ranking['teachers'] = []
  for (const [number, fold] of folds.slice(0, mostFolds).entries()) {
    const data = foldData(samples, fold)
    const target = headTarget(task, data.trainLabels)
    const table = memoryRows(normalize(features.data, featureNormalizer(features, data.faceRows, teachers)), features.width)
    const train = selectRows(table, data.trainRows)
    if (number === 0)
      known = describeTeachers(train.gather(Int32Array.from(data.trainRows.keys())), teachers, ridgeTargets(data.trainLabels, target), target.outputs)
    const equations = ridgeEquations(train, ridgeTargets(data.trainLabels, target), target.outputs, teachers)
    try {
      scores.push(await scoreSubsets(equations, subsets, { rows: table.gather(data.validationRows), labels: data.validationLabels, target, isLeaving }))
    }
    finally {
      disposeEquations(equations)
    }
  }
  return {
    teachers: known,
    ridge: subsets.map((_, i) => ({
      score: mean(scores.map(fold => fold[i]!.score)),
      metric: mean(scores.map(fold => fold[i]!.metric)),
    })),
  }
}

async function scoreSubsets(equations: RidgeEquations, subsets: readonly Subset[], { rows, labels, target, isLeaving }: { rows: Float32Array, labels: Float64Array, target: HeadTarget, isLeaving: () => boolean }): Promise<RidgeScore[]> {
  const scores: RidgeScore[] = []
  for (const subset of subsets) {
    if (isLeaving())
      throw new Leaving() // these are seconds of work, done anew by a resume
    const tried = answerByRidge(equations, subset, ridgePenalties, rows).map(outputs => scoreRidge(outputs, labels, target))
    scores.push(tried.reduce((best, score) => score.score < best.score
      ? score
      : best))
    await setImmediate()
  }
  return scores
}

/** Squared error chooses among classifiers (finer than a count of right answers), the reported error among regressions. */
function scoreRidge(outputs: Float32Array, labels: Float64Array, target: HeadTarget): RidgeScore {
  const { metric } = scoreOutputs(outputs, labels, target)
  const wanted = ridgeTargets(labels, target)
  return {
    score: target.kind === 'regression'
      ? metric
      : meanSquare(outputs, wanted, target),
    metric,
  }
}

/** Over what somebody said: a class is 1 or 0, an attribute 1 or -1. */
function meanSquare(outputs: Float32Array, wanted: Float32Array, { kind }: HeadTarget): number {
  const known = kind === 'attributes'
    ? outputs.filter((_, i) => wanted[i] !== 0).length
    : outputs.length
  return outputs.reduce((sum, output, i) => kind === 'attributes' && wanted[i] === 0 ? sum : sum + (output - wanted[i]!) ** 2, 0) / Math.max(1, known)
}

/** LogME of each teacher's standardised units for the targets , and the teachers' CKA with each other. */
export function describeTeachers(rows: Float32Array, teachers: readonly UnitGroup[], targets: Float32Array | null, outputs: number): Ranking['teachers'] {
  const width = teachers.reduce((sum, { dimension }) => sum + dimension, 0)
  const count = rows.length / width
  const lists = targets && Array.from({ length: outputs }, (_, output) => Float64Array.from({ length: count }, (_, row) => targets[row * outputs + output]!))
  const own = teachers.map((_, place) => columnsOut(rows, width, columnsOf([place], teachers)))
  const some = Int32Array.from({ length: Math.min(count, mostFaces) }, (_, i) => Math.floor(i * count / Math.min(count, mostFaces)))
  const grams = own.map((values, i) => gramOf(memoryRows(values, teachers[i]!.dimension).gather(some), some.length, teachers[i]!.dimension))
  return teachers.map(({ name }, i) => ({
    name,
    logme: lists && logme(own[i]!, count, lists),
    cka: grams.map(other => linearCka(grams[i]!, other)),
  }))
}

function columnsOut(rows: Float32Array, width: number, columns: Int32Array): Float32Array {
  const out = new Float32Array(rows.length / width * columns.length)
  for (let row = 0; row < rows.length / width; row++)
    out.set(rows.subarray(row * width + columns[0]!, row * width + columns[0]! + columns.length), row * columns.length)
  return out
}
