import type { z } from 'zod'
import type { Task } from '#shared/dataset.ts'
import type { RunResult, SelectionResult } from '#shared/order.ts'
import type { Label } from '#shared/scores.ts'
import type { select } from '#shared/stages/select.ts'
import type { StageContext } from '#worker/stage.ts'
import type { LabelledSample } from './transfer-folds.ts'
import { answerOf } from './transfer-folds.ts'

export type SelectContext = StageContext<z.output<typeof select.config>>

/** The place of the best score, of equal ones the first; null stands for none. */
export function bestPlace({ metric }: Pick<SelectionResult, 'metric'>, scores: readonly (number | null)[]): number {
  const losses = scores.map(score => score === null
    ? Number.POSITIVE_INFINITY
    : metric === 'accuracy' ? -score : score)
  return losses.indexOf(Math.min(...losses))
}

/** What was chosen, by how many folds, most first. */
export function countChosen(choices: readonly number[]): SelectionResult['chosen'] {
  const counts = Map.groupBy(choices, choice => choice)
  return [...counts].map(([subset, { length }]) => ({ subset, folds: length })).sort((a, b) => b.folds - a.folds || a.subset - b.subset)
}

/** Predictions, as many numbers for each sample, with their samples; NaN stands for a face that was not found. */
export function answersOf(task: Task, samples: readonly LabelledSample[], positions: Int32Array, predictions: Float32Array): (LabelledSample & { prediction: Label | null })[] {
  const width = predictions.length / positions.length
  return Array.from(positions, (position, i) => ({
    ...samples[position]!,
    prediction: answerOf(task, predictions.subarray(i * width, (i + 1) * width)),
  }))
}

/** Names of a subset's teachers: "faceres + dlib". */
export function subsetName(subset: readonly number[], teachers: readonly { name: string }[]): string {
  return subset.map(place => teachers[place]!.name).join(' + ')
}

/** What lists and comparisons show of a selection. */
export function summaryOf(result: SelectionResult): RunResult['summary'] {
  const { teachers, subsets, chosen } = result
  const nameOf = (place: number): string => subsetName(subsets[place]!.teachers, teachers)
  const ridges = subsets.map(({ ridge }) => ridge)
  return {
    chosen: nameOf(chosen[0]!.subset),
    chosenFolds: chosen[0]!.folds,
    subsets: subsets.filter(({ test }) => test !== null).length,
    validation: subsets[chosen[0]!.subset]!.validation,
    steps: subsets.reduce((sum, { steps }) => sum + steps, 0),
    ...ridges.some(ridge => ridge !== null) && { ranking: 'ridge', ridgeBest: nameOf(bestPlace(result, ridges)) },
  }
}
