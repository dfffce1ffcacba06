import type { Task } from '#shared/dataset.ts'
import type { Order } from '#shared/order.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { ComparedRun, SampleScore } from '../tables/compare.ts'
import type { RunRow } from '../workspace/runs.ts'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { RunResult } from '#shared/order.ts'
import { compareRuns } from '../tables/compare.ts'
import { findRun, listEvaluations } from '../workspace/runs.ts'

/** What is read of predictions.csv, one line per evaluated sample or pair. */
const Prediction = z.object({
  path: z.string(),
  split: z.string(),
  label: z.coerce.number(),
  prediction: z.string(),
  subject: z.string().optional(),
})

export const compareHandlers = (core => ({
  'runs.compare': async ({ keys }) => {
    const rows = await Promise.all(keys.map(key => findRun(core.workspace.db, key)))
    return compareRuns(await Promise.all(rows.map(row => readRun(core, row))))
  },
})) satisfies HandlerPart

async function readRun({ workspace: { db } }: Core, row: RunRow): Promise<ComparedRun> {
  const order = JSON.parse(row.work_order) as Pick<Order, 'artefact' | 'sources'>
  const result = row.result === null
    ? null
    : RunResult.parse(JSON.parse(row.result))
  const config = JSON.parse(row.config) as Record<string, unknown>
  const tested = row.stage === 'transfer' && row.state === 'done'
    ? readScores(join(order.artefact, 'predictions.csv'), order.sources[0]!.dataset, String(config.task))
    : null
  return {
    key: row.key,
    stage: row.stage,
    label: row.label,
    asked: {
      config,
      inputs: JSON.parse(row.inputs) as unknown,
      ...(row.uses_seed
        ? { seed: row.seed }
        : {}),
    },
    summary: result?.summary ?? {},
    evaluations: (await listEvaluations(db, [row.key])).map(({ scope, metric, value, count, standard_error, low, high }) => ({
      scope,
      metric,
      value,
      count,
      standardError: standard_error,
      interval: [low, high],
    })),
    knowledge: row.stage === 'transfer'
      ? `${order.sources[0]!.name}/${String(config.task)}`
      : null,
    better: tested?.task.kind === 'regression'
      ? 'lower'
      : tested ? 'higher' : null,
    scores: tested?.scores ?? null,
  }
}

/** Per-sample scores of a finished transfer: 100 or 0 where classes or pairs are answered, absolute errors where numbers are. */
function readScores(file: string, dataset: string, taskName: string): { task: Task, scores: SampleScore[] } | null {
  if (!existsSync(file))
    return null
  const pack = openDataset(dataset)
  const task = pack.meta.tasks[taskName]
  pack.close()
  if (!task)
    throw new FacetError('bad-input', `The data set has no task "${taskName}" any more.`, { where: dataset })
  const rows = z.array(Prediction).parse(parse(readFileSync(file), { columns: true }))
  const tested = task.protocol === 'split'
    ? rows.filter(({ split }) => split === 'test')
    : rows
  return {
    task,
    scores: tested.map(({ path, label, prediction, subject }) => ({
      id: path,
      score: scoreOf(task, label, prediction),
      cluster: task.protocol === 'subjects' && subject
        ? subject
        : null,
    })),
  }
}

function scoreOf(task: Task, label: number, prediction: string): number {
  if (task.kind === 'regression')
    return Math.abs(Number(prediction) - label)
  return prediction !== '' && Number(prediction) === label
    ? 100
    : 0
}
