import type { Task } from '#shared/dataset.ts'
import type { Evaluation, Order } from '#shared/order.ts'
import type { Label } from '#shared/scores.ts'
import type { RunRow } from '../workspace/runs.ts'
import type { SampleScore } from './compare.ts'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { isAttributes, wordAttributes } from '#shared/attributes.ts'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { scoreOf } from '#shared/scores.ts'
import { stages } from '#shared/stages/index.ts'

/** What a run answered for one test sample or pair. */
export interface Answer {
  /** Path of the sample; of a pair, both with " + " between. */
  path: string
  label: Label
  /** null where nothing was answered. */
  prediction: Label | null
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
      const truth = readLabel(task, fields[label])
      const answered = fields[prediction] === '' ? null : readLabel(task, fields[prediction])
      if (fields.length !== names.length || truth === undefined || answered === undefined)
        throw new FacetError('bad-input', `Line ${index + 2} is no answer: "${fields.join()}".`, { where: file, hint: 'The file is damaged; remove the run and compute it again.' })
      if (task.protocol === 'split' && fields[split] !== 'test')
        return []
      return [
        {
          path: fields[path]!,
          label: truth,
          prediction: answered,
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

/** A label or an answer as the file has it; undefined where it is none of its task. */
function readLabel(task: Task, field: string | undefined): Label | undefined {
  if (field === undefined)
    return undefined
  if (task.kind === 'attributes')
    return isAttributes(field, task.attributes.length) ? field : undefined
  return Number.isNaN(Number(field)) ? undefined : Number(field)
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

/** What each answer is worth: 100 or 0 where classes or pairs are answered, absolute errors where numbers are, per cent wrong where attributes are. */
export function scoresOf({ task, answers }: RunAnswers, scope: Evaluation['scope'] = 'all'): SampleScore[] {
  return answers.filter(({ unseen }) => scope !== 'unseen' || unseen).map(({ path, label, prediction, cluster, cosine }) => ({
    id: path,
    score: scoreOf(task, { label, prediction }),
    cluster,
    ...typeof cosine === 'number' && { pair: { same: label === 1, cosine } },
  }))
}

/** An answer in words: a class, a number with its unit, whether it is the same person, or the attributes it says yes to. */
export function wordAnswer(task: Task, value: Label | null): string {
  if (value === null)
    return 'no face found'
  switch (task.kind) {
    case 'classification': return task.classes[Number(value)] ?? String(value)
    case 'regression': return `${Number(value).toFixed(Number.isInteger(value) ? 0 : 1)} ${task.unit}`
    case 'attributes': return wordAttributes(task.attributes, String(value))
    case 'verification': return value === 1 ? 'same person' : 'different people'
    default: return task satisfies never
  }
}

/** A run's answer beside the truth: of attributes those that are wrong, since nobody compares forty by eye. */
export function wordAgainst(task: Task, label: Label, value: Label | null): string {
  if (task.kind !== 'attributes' || value === null)
    return wordAnswer(task, value)
  const [truth, answer] = [String(label), String(value)]
  const wrong = task.attributes.filter((_, i) => truth[i] !== '-' && truth[i] !== answer[i])
  return wrong.length === 0
    ? 'all right'
    : `${wrong.length} wrong: ${wrong.map(name => name.replaceAll('_', ' ')).join(', ')}`
}
