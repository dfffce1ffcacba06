import type { TeacherEntry } from '../teachers/registry.ts'
import type { RunRow } from '../workspace/runs.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { Order, RunResult } from '#shared/order.ts'
import { AfterConfig } from '#shared/stages/transfer.ts'
import { listTeachers } from '../teachers/registry.ts'
import { requireRun } from '../workspace/runs.ts'

/** The parts of a work order that are needed here. */
const ModelOrder = Order.pick({
  artefact: true,
  student: true,
  sources: true,
  teachers: true,
})

/** What a run's work order says of its model. */
export function orderOf(run: Pick<RunRow, 'work_order'>): z.infer<typeof ModelOrder> {
  return ModelOrder.parse(Object.fromEntries(Object.entries(JSON.parse(run.work_order) as object).filter(([name]) => name in ModelOrder.shape)))
}

/** Whether the artefact holds a head; a verification has none. */
export function isHead(run: RunRow): boolean {
  return existsSync(`${orderOf(run).artefact}/tensors.safetensors`)
}

/** Whether a verification's network learnt identities before. */
const LearntAfter = z.looseObject({ after: AfterConfig.optional() })

/** Refuses a run without a network to take out. @throws FacetError where it leaves none of its own, or is not finished */
export function requireNetwork(run: RunRow): void {
  if (run.state !== 'done')
    throw new FacetError('conflict', `Run "${run.label}" is ${run.state}; only a finished one can be exported.`, { where: run.key, hint: 'facet resume KEY finishes it.' })
  const hint = 'Name a distil run, or a transfer run of a student or from scratch: facet runs lists them.'
  if (run.stage !== 'distil' && run.stage !== 'transfer')
    throw new FacetError('bad-input', run.stage === 'select' ? `Run "${run.label}" has chosen among heads on the embeddings of teachers, which are no network of its own from pixels.` : `Run "${run.label}" is of the stage ${run.stage}, which makes no network from pixels.`, { where: run.key, hint })
  const { after } = LearntAfter.parse(JSON.parse(run.config))
  if (after)
    throw new FacetError('bad-input', `Run "${run.label}" has learnt to tell people apart ("${after.task}") only to compare their faces; its network is not kept.`, { where: run.key, hint })
  if (run.stage === 'transfer' && !isHead(run))
    throw new FacetError('bad-input', `Run "${run.label}" compares embeddings and has learnt nothing of its own; what it compares is its student's.`, { where: run.key, hint })
}

/** What a run's network learnt from, its student's included. */
export interface NetworkOrigin {
  /** The run of the student below it; null where it has none. */
  student: RunRow | null
  datasets: { name: string, root: string, format: string, licence: string }[]
  teachers: TeacherEntry[]
  /** Groups of people that were left out in turn; 0 where none were. */
  folds: number
}

/** Finds the data sets, teachers and student behind a run's network. */
export async function originOf({ db, paths }: Pick<Workspace, 'db' | 'paths'>, run: RunRow): Promise<NetworkOrigin> {
  const order = orderOf(run)
  const student = order.student === null ? null : await requireRun(db, basename(order.student))
  const below = student && orderOf(student)
  const sources = new Map([...order.sources, ...below?.sources ?? []].map(source => [source.dataset, source]))
  const names = new Set([...order.teachers, ...below?.teachers ?? []].map(({ name }) => name))
  return {
    student,
    datasets: [...sources.values()].map(({ name, dataset, root }) => {
      const pack = openDataset(dataset)
      pack.close()
      return { name, root, format: pack.meta.format, licence: pack.meta.licence }
    }),
    teachers: (await listTeachers(paths.teachers)).filter(({ name }) => names.has(name)),
    folds: run.result === null ? 0 : Number(RunResult.parse(JSON.parse(run.result)).summary.folds ?? 0),
  }
}
