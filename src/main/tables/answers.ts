import type { Task } from '#shared/dataset.ts'
import type { Evaluation, Order } from '#shared/order.ts'
import type { RunRow } from '../workspace/runs.ts'
import type { SampleScore } from './compare.ts'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { stages } from '#shared/stages/index.ts'

/** What a run answered for one test sample or pair. */
export interface Answer {
  /** Path of the sample; of a pair, both with " + " between. */
  path: string
  label: number
  /** null where nothing was answered. */
  prediction: number | null
  found: boolean
  unseen: boolean
  /** Person, where samples of one are drawn together. */
  cluster: string | null
  /** Of a pair's two embeddings; null where a face was not found, left out where no pairs are answered. */
  cosine?: number | null
}

/** All test answers of a finished transfer run, and what they answer. */
export interface RunAnswers {
  task: Task
  /** Which data set and task: only runs of the same can be compared sample by sample. */
  knowledge: string
  answers: readonly Answer[]
}

/**
 * Answers read last, by their file, the oldest first. A sealed file never changes and is asked for again and again: by the tests of a
 * comparison, its samples and its methods, by tables.
 */
const kept = new Map<string, { stamp: string, run: RunAnswers }>()
/** Answers kept in all, about 100 bytes each. */
const mostKept = 400_000

/** The test answers of a run; null where it has none (another stage, not done, its artefact gone). */
export function readAnswers(row: Pick<RunRow, 'stage' | 'state' | 'config' | 'work_order'>): RunAnswers | null {
  if (!stages[row.stage].hasAnswers || row.state !== 'done')
    return null
  const { artefact, sources } = JSON.parse(row.work_order) as Pick<Order, 'artefact' | 'sources'>
  const file = join(artefact, 'predictions.csv')
  const stat = statSync(file, { throwIfNoEntry: false })
  if (!stat)
    return null
  const stamp = `${stat.size} ${stat.mtimeMs}`
  const known = kept.get(file)
  kept.delete(file)
  const run = known?.stamp === stamp
    ? known.run
    : readFile(file, sources[0]!, String((JSON.parse(row.config) as { task: unknown }).task))
  kept.set(file, { stamp, run })
  forgetOldest()
  return run
}

function forgetOldest(): void {
  let count = [...kept.values()].reduce((sum, { run }) => sum + run.answers.length, 0)
  for (const [file, { run }] of kept) {
    if (count <= mostKept)
      return
    kept.delete(file)
    count -= run.answers.length
  }
}

function readFile(file: string, { name, dataset }: Pick<Order['sources'][number], 'name' | 'dataset'>, taskName: string): RunAnswers {
  const task = taskOf(dataset, taskName)
  const [names = [], ...lines] = fieldsOf(readFileSync(file, 'utf8'))
  const [path, split, label, prediction, found, unseen, subject, cosine] = ['path', 'split', 'label', 'prediction', 'found', 'unseen', 'subject', 'cosine'].map(column => names.indexOf(column)) as [number, number, number, number, number, number, number, number]
  return {
    task,
    knowledge: `${name}/${taskName}`,
    answers: lines.flatMap((fields, index): Answer[] => {
      const answer = fields[prediction]
      const truth = Number(fields[label])
      if (fields.length !== names.length || answer === undefined || Number.isNaN(truth) || Number.isNaN(Number(answer)))
        throw new FacetError('bad-input', `Line ${index + 2} is no answer: "${fields.join()}".`, { where: file, hint: 'The file is damaged; remove the run and compute it again.' })
      if (task.protocol === 'split' && fields[split] !== 'test')
        return []
      return [
        {
          path: fields[path]!,
          label: truth,
          prediction: answer === ''
            ? null
            : Number(answer),
          found: fields[found] !== 'false',
          unseen: fields[unseen] === 'true',
          cluster: task.protocol === 'subjects' && fields[subject]
            ? fields[subject]
            : null,
          ...task.kind === 'verification' && { cosine: fields[cosine] ? Number(fields[cosine]) : null },
        },
      ]
    }),
  }
}

/** Fields of a CSV file by lines. One without a quote is lines and commas, which is read ten times as fast. */
function fieldsOf(text: string): string[][] {
  return text.includes('"')
    ? parse(text, { relax_column_count: true })
    : text.replace(/\n$/, '').split('\n').map(line => line.split(','))
}

function taskOf(dataset: string, name: string): Task {
  const pack = openDataset(dataset)
  const task = pack.meta.tasks[name]
  pack.close()
  if (!task)
    throw new FacetError('bad-input', `The data set has no task "${name}" any more.`, { where: dataset })
  return task
}

/** What each answer is worth: 100 or 0 where classes or pairs are answered, absolute errors where numbers are. */
export function scoresOf({ task, answers }: RunAnswers, scope: Evaluation['scope'] = 'all'): SampleScore[] {
  return answers.filter(({ unseen }) => scope !== 'unseen' || unseen).map(({ path, label, prediction, cluster, cosine }) => ({
    id: path,
    score: scoreOf(task, label, prediction),
    cluster,
    ...typeof cosine === 'number' && { pair: { same: label === 1, cosine } },
  }))
}

function scoreOf(task: Task, label: number, prediction: number | null): number {
  if (task.kind === 'regression') {
    return prediction === null
      ? Math.abs(label)
      : Math.abs(prediction - label)
  }
  return prediction === label
    ? 100
    : 0
}

/** An answer in words: a class, a number with its unit, or whether it is the same person. */
export function wordAnswer(task: Task, value: number | null): string {
  if (value === null)
    return 'no face found'
  switch (task.kind) {
    case 'classification': return task.classes[value] ?? String(value)
    case 'regression': return `${value.toFixed(Number.isInteger(value) ? 0 : 1)} ${task.unit}`
    case 'attributes': throw new TypeError('internal: attributes are no number')
    case 'verification': return value === 1 ? 'same person' : 'different people'
    default: return task satisfies never
  }
}
