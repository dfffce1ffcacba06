import type { Order } from '#shared/order.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { RunAnswers } from '../tables/answers.ts'
import type { ComparedRun } from '../tables/compare.ts'
import type { SharedSample } from '../tables/disagreements.ts'
import type { RunRow } from '../workspace/runs.ts'
import { existsSync } from 'node:fs'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { RunResult } from '#shared/order.ts'
import { metricOf } from '#shared/scores.ts'
import { stages } from '#shared/stages/index.ts'
import { readAnswers, scoresOf, wordAgainst, wordAnswer } from '../tables/answers.ts'
import { compareMethods } from '../tables/compare-methods.ts'
import { compareRuns, letterOf } from '../tables/compare.ts'
import { metricsOf, readRunCurves } from '../tables/curves.ts'
import { disagreements, sharedSamples } from '../tables/disagreements.ts'
import { noticesOf } from '../tables/notices.ts'
import { createTestMemory } from '../tables/significance.ts'
import { findRun, listEvaluations } from '../workspace/runs.ts'

export const compareHandlers = ((core) => {
  const { workspace, inspector } = core
  const memory = createTestMemory()
  const rowsOf = (keys: readonly string[]): Promise<RunRow[]> => Promise.all(keys.map(key => findRun(workspace.db, key)))
  return {
    'runs.compare': async ({ keys }) => compareRuns(await Promise.all((await rowsOf(keys)).map(row => readRun(core, row)))),
    'compare.curves': async ({ keys, metric, buckets }) => {
      const full = (await rowsOf(keys)).map(row => row.key)
      const metrics = await metricsOf(workspace.db, full)
      const chosen = metric !== undefined && metrics.includes(metric)
        ? metric
        : metrics[0] ?? null
      return { metrics, metric: chosen, runs: chosen === null ? [] : await readRunCurves(workspace.db, full, chosen, buckets) }
    },
    'compare.disagreements': async ({ keys, kind, page, size, side }) => {
      const rows = await rowsOf(keys)
      const runs = rows.map(readAnswers)
      const letters = rows.map((_, i) => letterOf(i))
      const nothing = { notices: [], kinds: [], shared: 0, total: 0, letters, samples: [] }
      const reason = whyNone(runs, letters)
      if (reason !== null)
        return { ...nothing, reason }
      const known = runs as RunAnswers[]
      const { task } = known[0]!
      const shared = sharedSamples(known)
      const kinds = disagreements(task, shared)
      const samples = (kinds.find(({ id }) => id === kind) ?? kinds[0])!.samples
      const shown = samples.slice(page * size, (page + 1) * size)
      const images = await picturesOf(inspector, rows[0]!, shown, side)
      return {
        reason: null,
        notices: noticesOf({ knowledge: [{ name: '', task: known[0]!.knowledge.split('/')[1]! }], datasets: [], teachers: [] }),
        kinds: kinds.map(({ id, title, samples: { length } }) => ({ id, title, count: length })),
        shared: shared.length,
        total: samples.length,
        letters,
        samples: shown.map(({ path, label, answers }, i) => ({
          path,
          truth: wordAnswer(task, label),
          answers: answers.map(({ prediction, found }) => ({
            text: wordAgainst(task, label, found ? prediction : null),
            isRight: task.kind === 'regression' || task.kind === 'attributes' ? null : prediction === label,
          })),
          images: images[i]!,
        })),
      }
    },
    'compare.methods': async ({ keys }) => compareMethods(core, (await rowsOf(keys)).map(row => row.key), memory),
  }
}) satisfies HandlerPart

/** Why runs have no samples in common, or null. */
function whyNone(runs: readonly (RunAnswers | null)[], letters: readonly string[]): string | null {
  const silent = letters.filter((_, i) => !runs[i])
  if (silent.length > 0)
    return `${silent.join(', ')}: no answers per sample, only finished transfers and selections have them.`
  const other = letters.find((_, i) => runs[i]!.knowledge !== runs[0]!.knowledge)
  return other === undefined
    ? null
    : `${other} answers ${runs[letters.indexOf(other)]!.knowledge}, A answers ${runs[0]!.knowledge}: they share no sample.`
}

/** Pictures of the faces of samples or pairs; null where no face was found or the faces are not there any more. */
async function picturesOf(inspector: Core['inspector'], row: RunRow, samples: readonly SharedSample[], side: number): Promise<(string | null)[][]> {
  const { sources: [source] } = JSON.parse(row.work_order) as Pick<Order, 'sources'>
  const paths = samples.map(({ path }) => path.split(' + '))
  const { faces, dataset } = source!
  if (faces === null || !existsSync(faces) || samples.length === 0)
    return paths.map(parts => parts.map(() => null))
  const pack = openDataset(dataset)
  const indexes = pack.indexesOf(paths.flat())
  pack.close()
  const pictures = await inspector.ask('facesAt', { faces, indexes: [...indexes.values()], side })
  const byPath = new Map([...indexes.keys()].map((path, i) => [path, pictures[i]!]))
  return paths.map(parts => parts.map(path => byPath.get(path) ?? null))
}

async function readRun({ workspace: { db } }: Core, row: RunRow): Promise<ComparedRun> {
  const order = JSON.parse(row.work_order) as Pick<Order, 'sources'>
  const result = row.result === null
    ? null
    : RunResult.parse(JSON.parse(row.result))
  const config = JSON.parse(row.config) as Record<string, unknown>
  const tested = readAnswers(row)
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
    knowledge: stages[row.stage].hasAnswers
      ? `${order.sources[0]!.name}/${String(config.task)}`
      : null,
    better: tested && metricOf(tested.task.kind).better,
    scores: tested && scoresOf(tested),
  }
}
