import type { Task } from '#shared/dataset.ts'
import type { Cell } from '#shared/study-detail.ts'
import type { MissingReason } from '#shared/table.ts'
import type { RunRow } from '../workspace/runs.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { CellSource, MissingReconstruction, MissingSource, TableCombiner, TableDataset, TableInput, TableKnowledge } from './input.ts'
import type { CostedNetwork } from './measure-costs.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { RunResult } from '#shared/order.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { facetVersion } from '../handlers/workspace.ts'
import { canonicalJson } from '../studies/keys.ts'
import { listTeachers } from '../teachers/registry.ts'
import { parseReason } from '../views.ts'
import { readNetworkCosts } from '../workspace/network-costs.ts'
import { listEvaluations, listRuns, needsOf } from '../workspace/runs.ts'
import { requireStudy } from '../workspace/studies.ts'
import { costedNetworks } from './measure-costs.ts'
import { smallestGroup } from './read-groups.ts'

export interface ReadStudy {
  input: TableInput
  detail: StudyDetail
  recipe: string
  runs: RunRow[]
  /** What the table of cost is about. */
  networks: CostedNetwork[]
  /** Where a data set's pack lies. */
  packOf: (data: string) => string
}

/** What the workspace knows of a study, as the tables take it. */
export async function readStudy({ db, paths }: Pick<Workspace, 'db' | 'paths'>, study: string): Promise<ReadStudy> {
  const row = await requireStudy(db, study)
  const detail = StudyDetail.parse(JSON.parse(row.detail))
  const runs = await listRuns(db, { study })
  const runsByKey = new Map(runs.map(run => [run.key, run]))
  const evaluations = Map.groupBy(await listEvaluations(db, runs.map(run => run.key)), evaluation => evaluation.run)
  const needs = await needsOf(db, runs.map(run => run.key))
  const runCommand = commandOf(detail, paths.root)
  const known = await listTeachers(paths.teachers)
  const networks = costedNetworks(detail, { runs, needs, known, modelPath: paths.modelPath })
  const costs = await readNetworkCosts(db, networks.flatMap(({ id }) => id ?? []))
  const datasets = detail.datasets.map(dataset => readDataset(dataset, paths.datasetPath(dataset.fingerprint)))
  const manifests = new Map(known.map(teacher => [teacher.name, teacher]))
  return {
    detail,
    packOf: data => paths.datasetPath(detail.datasets.find(({ name }) => name === data)!.fingerprint),
    recipe: row.recipe,
    runs,
    networks,
    input: {
      study,
      runCommand,
      knowledge: detail.recipe.knowledge.map((knowledge): TableKnowledge => {
        const task = datasets.find(({ name }) => name === knowledge.data)!.tasks[knowledge.task]!
        return {
          ...knowledge,
          kind: task.kind,
          unit: task.kind === 'regression'
            ? task.unit
            : '',
          protocol: task.protocol,
          folds: knowledge.folds.frozen ?? 'subject',
          classes: classesOf(task),
          source: knowledge.source ?? null,
          labels: knowledge.labels?.[0] ?? detail.recipe.stages.transfer.labels ?? 1,
        }
      }),
      methods: unique(detail.cells.map(({ method }) => method)),
      seeds: method => unique(detail.cells.filter(cell => cell.method === method).map(({ seed }) => seed)),
      sources: detail.cells.flatMap(({ knowledge, data, method, seed, key, marks }) => key !== null && evaluations.has(key)
        ? [
            {
              knowledge,
              method,
              seed,
              key,
              ...chosenOf(resultOf(runsByKey.get(key))),
              selection: resultOf(runsByKey.get(key))?.selection,
              marks: [...marks, ...marksOfChosen(chosenNames(resultOf(runsByKey.get(key))), data, detail)],
              evaluations: evaluations.get(key)!.map(({ scope, metric, value, count, standard_error, low, high }) => ({
                scope,
                metric,
                value,
                count,
                standardError: standard_error,
                interval: [low, high] as [number, number],
              })),
            },
          ]
        : []),
      missing: detail.cells.flatMap(cell => missingOf(cell, cell.key === null
        ? undefined
        : runsByKey.get(cell.key), runCommand)),
      datasets: datasets.map((dataset) => {
        const key = detail.faces.find(({ data }) => data === dataset.name)?.key ?? null
        return {
          ...dataset,
          ...countsOf(key === null
            ? undefined
            : runsByKey.get(key)),
        }
      }),
      teachers: detail.teachers.map(({ name, contaminates, dimension }) => ({ name, contaminates, dimension, knowledge: manifests.get(name)?.knowledge ?? '' })),
      reconstructions: detail.reconstructions.flatMap(({ method, seed, key }) => {
        const values = resultOf(runsByKey.get(key))?.reconstruction
        return values
          ? [
              { method, seed, key, values },
            ]
          : []
      }),
      baselines: runs.flatMap((run) => {
        const values = resultOf(run)?.baselines
        return values ? [{ key: run.key, ...values }] : []
      })[0] ?? null,
      missingReconstructions: detail.reconstructions.flatMap(({ method, key }) => missingReconstruction(method, runsByKey.get(key), runCommand)),
      reconstructed: unique(detail.reconstructions.map(({ method }) => method)),
      combiners: combinersOf(detail),
      target: detail.target,
      cells: detail.cells,
      runs: new Map(runs.map(({ key, stage, state, duration_ms: durationMs }) => [key, { stage, durationMs: state === 'done' ? durationMs : null, needs: needs.get(key)! }])),
      networks: networks.map(({ role, name, id, problem }) => ({ role, name, problem, cost: costs.get(id ?? '') ?? null })),
      networkRuns: networkRuns(runs, needs),
      measureCommand: wordCommand(['table', 'cost', '--study', study, '--measure', '--workspace', paths.root]),
      groupings: [],
      groupFigures: [],
      smallestGroup,
      version: facetVersion(),
      time: new Date().toISOString(),
    },
  }
}

/** How many answers a task has to choose between; null where numbers or pairs are answered. */
function classesOf(task: Task): number | null {
  switch (task.kind) {
    case 'classification': return task.classes.length
    case 'attributes': return task.attributes.length
    case 'regression':
    case 'verification': return null
    default: return task satisfies never
  }
}

function unique<T>(values: T[]): T[] {
  return [
    ...new Set(values),
  ]
}

/** What a selection or p-cnn chose; nothing where a run is neither. */
function chosenOf(result: RunResult | null): Pick<CellSource, 'chosen'> {
  const { selection, summary } = result ?? {}
  if (typeof summary?.teacher === 'string')
    return { chosen: { teachers: [summary.teacher], tried: Number(summary.teachersTried) } }
  const [first] = selection?.chosen ?? []
  return selection && first
    ? { chosen: { teachers: selection.subsets[first.subset]!.teachers.map(place => selection.teachers[place]!.name), tried: selection.subsets.length } }
    : {}
}

function chosenNames(result: RunResult | null): Set<string> {
  const { selection, summary } = result ?? {}
  return new Set([
    ...selection?.chosen.flatMap(({ subset }) => selection.subsets[subset]!.teachers.map(place => selection.teachers[place]!.name)) ?? [],
    ...typeof summary?.teacher === 'string' ? [summary.teacher] : [],
  ])
}

/** A selection, or a p-cnn, leans on the teachers that it chose: one of them may have been trained on the data set. */
function marksOfChosen(names: ReadonlySet<string>, data: string, { datasets, teachers }: StudyDetail): Cell['marks'] {
  const { format } = datasets.find(({ name }) => name === data)!
  return teachers.some(({ name, contaminates }) => names.has(name) && contaminates.includes(format))
    ? ['contaminated']
    : []
}

function resultOf(run: RunRow | undefined): RunResult | null {
  return run?.state === 'done' && run.result !== null
    ? RunResult.parse(JSON.parse(run.result))
    : null
}

/** The recipe's combiners with the size of their h_G; concat keeps all units and has none to choose. */
function combinersOf({ recipe, teachers }: StudyDetail): TableCombiner[] {
  const width = teachers.reduce((sum, { dimension }) => sum + dimension, 0)
  return recipe.stages.combine.flatMap(({ name, kind = 'ae', size = 'mean', ...settings }): TableCombiner[] => kind === 'concat'
    ? []
    : [
        {
          name: name ?? kind,
          kind,
          size: size === 'mean' ? Math.round(width / teachers.length) : size,
          settings: canonicalJson({ kind, ...settings }),
        },
      ])
}

/** Name, format, terms and tasks of a data set, from its sealed pack. */
function readDataset({ name, format, aligned }: StudyDetail['datasets'][number], file: string) {
  const pack = openDataset(file)
  try {
    return {
      name,
      format,
      aligned,
      licence: pack.meta.licence,
      tasks: pack.meta.tasks,
      counts: pack.counts(),
    }
  }
  finally {
    pack.close()
  }
}

function countsOf(prepare: RunRow | undefined): Pick<TableDataset, 'found' | 'notFound' | 'key'> {
  const summary = resultOf(prepare)?.summary
  const count = (name: string): number | null => typeof summary?.[name] === 'number'
    ? summary[name]
    : null
  return {
    key: summary ? prepare!.key : null,
    found: count('found'),
    notFound: count('notFound'),
  }
}

/** Runs of the student of two stages (the multi-task one learns no combiner), and those of the combiners that they learnt. */
function networkRuns(runs: readonly RunRow[], needs: ReadonlyMap<string, readonly string[]>): TableInput['networkRuns'] {
  const combiners = new Set(runs.flatMap(({ stage, key }) => stage === 'combine' ? [key] : []))
  const students = runs.filter(({ stage, key }) => stage === 'distil' && needs.get(key)?.some(need => combiners.has(need)))
  const learnt = new Set(students.flatMap(({ key }) => needs.get(key) ?? []))
  const place = ({ seed, key }: RunRow) => ({ seed, key })
  return { distil: students.map(place), combine: runs.filter(({ stage, key }) => stage === 'combine' && learnt.has(key)).map(place) }
}

/** Why a cell's run has no figure yet; nothing where it has. */
function missingOf({ knowledge, method, reason }: Cell, run: RunRow | undefined, runCommand: string): MissingSource[] {
  if (reason !== null) {
    return [
      {
        knowledge,
        method,
        reason: reason.replace(/\.$/, ''),
        command: null,
      },
    ]
  }
  const state = unfinished(run, runCommand)
  return state
    ? [
        { knowledge, method, ...state },
      ]
    : []
}

/** Why a run has no reconstruction error; nothing where it has. */
function missingReconstruction(method: string, run: RunRow | undefined, runCommand: string): MissingReconstruction[] {
  if (resultOf(run)?.reconstruction)
    return []
  return [
    {
      method,
      ...unfinished(run, runCommand) ?? { reason: 'no unlabelled data set keeps a face from learning (test split or unseen) to measure it on', command: null },
    },
  ]
}

/** Why a run is not done, and the command that does it; null where it is. */
function unfinished(run: RunRow | undefined, runCommand: string): MissingReason | null {
  if (!run)
    return { reason: 'not computed yet', command: runCommand }
  switch (run.state) {
    case 'done': return null
    case 'failed': return { reason: `its run failed: ${parseReason(run.reason)?.message ?? 'no reason was recorded'}`, command: runCommand }
    case 'interrupted': return { reason: `its run was interrupted: ${parseReason(run.reason)?.message ?? 'no reason was recorded'}`, command: runCommand }
    case 'running':
    case 'pausing': return { reason: 'its run is under way', command: null }
    case 'paused': return { reason: 'its run is paused', command: runCommand }
    case 'cancelled': return { reason: 'its run was stopped', command: runCommand }
    case 'queued': return { reason: parseReason(run.reason)?.message ?? 'not computed yet', command: runCommand }
    default: return run.state satisfies never
  }
}

/** The command line that asks for the study again, quoted for a shell. */
function commandOf({ command: { path, set, seeds } }: StudyDetail, root: string): string {
  const words = [
    'run',
    path,
    ...set.flatMap(setting => ['--set', setting]),
    ...(seeds
      ? [
          '--seeds',
          seeds.join(),
        ]
      : []),
    '--workspace',
    root,
  ]
  return wordCommand(words)
}

/** Words as a command line, quoted for a shell. */
function wordCommand(words: readonly string[]): string {
  return `npm run facet -- ${words.map(word => /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll('\'', '\'\\\'\'')}'`).join(' ')}`
}
