import type { Task } from '#shared/dataset.ts'
import type { RunResult, SelectionResult } from '#shared/order.ts'
import type { TensorData } from '#worker/stage.ts'
import type { SelectContext } from './select-result.ts'
import type { LabelledSample } from './transfer-folds.ts'
import path from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { mostTeachers, select, subsetsOf } from '#shared/stages/select.ts'
import { runOf } from '#worker/stage.ts'
import { evaluateAnswers } from '../evaluate/evaluate.ts'
import { writePredictions } from '../evaluate/predictions.ts'
import { loadSelection, saveSelection } from '../models/selection.ts'
import { openKnowledge } from './knowledge.ts'
import { selectHeads } from './select-heads.ts'
import { selectPairs } from './select-pairs.ts'
import { answersOf, bestPlace, summaryOf } from './select-result.ts'
import { labelledSamples } from './transfer-folds.ts'

/** Finds the best teacher or the best subset of teachers for one knowledge; the test faces are touched once, at the end. */
export const run = runOf(select, async (context) => {
  const { config: { task: name, subsets, choose }, order } = context
  if (subsets === 'all' && order.teachers.length > mostTeachers)
    throw new FacetError('bad-input', `${order.teachers.length} teachers have ${2 ** order.teachers.length - 1} subsets; all are tried of at most ${mostTeachers} teachers.`, { hint: 'Leave teachers out, or take the method bt.' })
  const knowledge = openKnowledge(order, name)
  const tried = subsetsOf(order.teachers.length, subsets)
  const { task } = knowledge
  if (task.kind === 'verification')
    return selectPairs(context, knowledge, tried)
  const samples = labelledSamples(task, knowledge.samples, knowledge.found)
  return choose === 'test'
    ? chooseOnTest(context, task, samples)
    : selectHeads(context, knowledge, task, samples, tried)
})

/** Chooses among the scores of a finished selection by their test scores, as the paper does: an oracle. */
function chooseOnTest({ order, artefact }: SelectContext, task: Exclude<Task, { kind: 'verification' }>, samples: readonly LabelledSample[]): RunResult {
  if (!order.selection)
    throw new FacetError('internal', 'internal: a selection on test scores came without the selection that has them')
  const { manifest, tensors } = loadSelection(order.selection)
  const best = bestPlace(manifest.result, manifest.result.subsets.map(({ test }) => test))
  const positions = tensors.positions!.data as Int32Array
  const answers = answersOf(task, samples, positions, tensors[`predictions/${best}`]!.data as Float32Array)
  const result: SelectionResult = { ...manifest.result, chosen: [{ subset: best, folds: 1 }] }
  saveSelection(artefact, { manifest: { ...manifest, result, head: null }, tensors: predictionTensors(tensors) })
  writePredictions(path.join(artefact, 'predictions.csv'), task, answers)
  return { summary: summaryOf(result), evaluations: evaluateAnswers(task, answers), selection: result }
}

function predictionTensors(tensors: Record<string, TensorData>): Record<string, TensorData> {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => name === 'positions' || name.startsWith('predictions/')))
}
