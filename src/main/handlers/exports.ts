import type { Core, HandlerPart } from '../core.ts'
import type { RunRow } from '../workspace/runs.ts'
import { basename } from 'node:path'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { RunResult } from '#shared/order.ts'
import { AfterConfig } from '#shared/stages/transfer.ts'
import { writeModelCard } from '../models/card.ts'
import { facesToMeasure } from '../models/faces-to-measure.ts'
import { readAnswers, scoresOf } from '../tables/answers.ts'
import { noticesOf } from '../tables/notices.ts'
import { valuesByGroup } from '../tables/read-groups.ts'
import { listTeachers } from '../teachers/registry.ts'
import { findRun, listEvaluations, requireRun, studiesOf } from '../workspace/runs.ts'
import { isHead, orderOf } from './models.ts'
import { facetVersion } from './workspace.ts'

export const exportHandlers = (core => ({
  'models.export': async ({ key, format, weights, into }) => {
    const run = await findRun(core.workspace.db, key)
    requireNetwork(run)
    const order = orderOf(run)
    return core.inspector.ask('exportModel', {
      model: order.artefact,
      student: order.student,
      format,
      weights,
      into,
      card: await cardOf(core, run),
      faces: weights === 'float32' ? null : facesToMeasure(run, order.sources),
    })
  },
})) satisfies HandlerPart

/** Whether a verification's network learnt identities before. */
const LearntAfter = z.looseObject({ after: AfterConfig.optional() })

/** Refuses what cannot be exported. @throws FacetError where the run leaves no network of its own */
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

async function cardOf({ workspace: { db, paths } }: Core, run: RunRow): Promise<string> {
  const order = orderOf(run)
  const student = order.student === null
    ? null
    : await requireRun(db, basename(order.student))
  const below = student && orderOf(student)
  const sources = new Map([
    ...order.sources,
    ...below?.sources ?? [],
  ].map(source => [source.name, source]))
  const datasets = [
    ...sources.values(),
  ].map(({ name, dataset, root }) => {
    const pack = openDataset(dataset)
    pack.close()
    return {
      name,
      root,
      format: pack.meta.format,
      licence: pack.meta.licence,
    }
  })
  const known = await listTeachers(paths.teachers)
  const teachers = [
    ...order.teachers,
    ...below?.teachers ?? [],
  ].flatMap(({ name }) => known.find(entry => entry.name === name) ?? [])
  const task = String((JSON.parse(run.config) as { task?: string }).task ?? '')
  const answers = readAnswers(run)
  return writeModelCard({
    label: run.label,
    key: run.key,
    student: student && student.key !== run.key ? { label: student.label, key: student.key } : null,
    folds: Number(run.result === null ? 0 : RunResult.parse(JSON.parse(run.result)).summary.folds ?? 0),
    version: facetVersion(),
    engine: run.engine,
    studies: await studiesOf(db, run.key),
    evaluations: (await listEvaluations(db, [run.key])).map(({ scope, metric, value, count, standard_error, low, high }) => ({
      scope,
      metric,
      value,
      count,
      standardError: standard_error,
      interval: [low, high],
    })),
    groups: answers ? valuesByGroup(scoresOf(answers), order.sources[0]!.dataset) : [],
    datasets,
    teachers,
    notices: noticesOf({
      knowledge: [
        { name: run.label, task },
      ],
      datasets,
      teachers,
    }).filter(notice => !datasets.some(({ name }) => notice.startsWith(`${name}: `))),
  })
}
