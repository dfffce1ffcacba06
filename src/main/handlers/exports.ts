import type { Core, HandlerPart } from '../core.ts'
import type { RunRow } from '../workspace/runs.ts'
import { writeModelCard } from '../models/card.ts'
import { facesToMeasure } from '../models/faces-to-measure.ts'
import { orderOf, originOf, requireNetwork } from '../models/run-network.ts'
import { readAnswers, scoresOf } from '../tables/answers.ts'
import { noticesOf } from '../tables/notices.ts'
import { valuesByGroup } from '../tables/read-groups.ts'
import { findRun, listEvaluations, studiesOf } from '../workspace/runs.ts'
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

async function cardOf({ workspace: { db, paths } }: Core, run: RunRow): Promise<string> {
  const { student, datasets, teachers, folds } = await originOf({ db, paths }, run)
  const task = String((JSON.parse(run.config) as { task?: string }).task ?? '')
  const answers = readAnswers(run)
  return writeModelCard({
    label: run.label,
    key: run.key,
    student: student && student.key !== run.key ? { label: student.label, key: student.key } : null,
    folds,
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
    groups: answers ? valuesByGroup(scoresOf(answers), orderOf(run).sources[0]!.dataset) : [],
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
