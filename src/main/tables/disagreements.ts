import type { Task } from '#shared/dataset.ts'
import type { Label } from '#shared/scores.ts'
import type { Answer, RunAnswers } from './answers.ts'
import { scoreOf } from '#shared/scores.ts'
import { letterOf } from './compare.ts'

/** One sample with every run's answer, in the order of the runs. */
export interface SharedSample { path: string, label: Label, answers: Answer[] }

/** A way in which runs can disagree. */
export interface DisagreementKind { id: string, title: string, samples: SharedSample[] }

/** Samples that all runs answered, in the order of the first. */
export function sharedSamples(runs: readonly RunAnswers[]): SharedSample[] {
  const [first, ...others] = runs.map(run => new Map(run.answers.map(answer => [answer.path, answer])))
  return [...first!.values()].flatMap((answer) => {
    const rest = others.map(map => map.get(answer.path))
    return rest.every(other => other !== undefined)
      ? [{ path: answer.path, label: answer.label, answers: [answer, ...rest as Answer[]] }]
      : []
  })
}

/** The samples on which answers differ, by kind; kinds without a sample are left out, but for "all". */
export function disagreements(task: Task, samples: readonly SharedSample[]): DisagreementKind[] {
  const differing = samples.filter(({ answers }) => new Set(answers.map(({ prediction }) => prediction)).size > 1)
  const kinds = task.kind === 'regression' || task.kind === 'attributes'
    ? kindsByError(task, differing)
    : kindsOfClasses(differing)
  return kinds.filter(({ id, samples }) => id === 'all' || samples.length > 0)
}

/** Largest spread of the answers first: of numbers, or of attributes those that are not answered alike. The other kinds only where one run stands alone at its end. */
function kindsByError(task: Extract<Task, { kind: 'regression' | 'attributes' }>, samples: readonly SharedSample[]): DisagreementKind[] {
  const spread = task.kind === 'regression'
    ? spreadOfNumbers
    : spreadOfAttributes
  const sorted = [...samples].sort((a, b) => spread(b) - spread(a))
  const runs = samples[0]?.answers.length ?? 0
  const errors = ({ answers, label }: SharedSample): number[] => answers.map(({ prediction }) => scoreOf(task, { label, prediction }))
  const letters = Array.from({ length: runs }, (_, i) => i)
  return [
    { id: 'all', title: 'All', samples: sorted },
    ...letters.map(i => ({
      id: `closest-${letterOf(i)}`,
      title: `${letterOf(i)} ${task.kind === 'regression' ? 'closest' : 'fewest wrong'}`,
      samples: sorted.filter(sample => errors(sample).every((error, j) => j === i || error > errors(sample)[i]!)),
    })),
  ]
}

function spreadOfNumbers({ answers }: SharedSample): number {
  const values = answers.map(({ prediction }) => Number(prediction ?? 0))
  return Math.max(...values) - Math.min(...values)
}

function spreadOfAttributes({ answers }: SharedSample): number {
  const words = answers.map(({ prediction }) => String(prediction ?? ''))
  const length = Math.max(...words.map(word => word.length))
  return Array.from({ length }, (_, i) => new Set(words.map(word => word[i])).size - 1).reduce((sum, differing) => sum + differing, 0)
}

function kindsOfClasses(samples: readonly SharedSample[]): DisagreementKind[] {
  const isRight = ({ answers, label }: SharedSample, i: number): boolean => answers[i]!.prediction === label
  const runs = samples[0]?.answers.length ?? 0
  const others = Array.from({ length: Math.max(0, runs - 1) }, (_, i) => i + 1)
  const names = others.map(letterOf)
  const list = names.length > 2
    ? 'the others'
    : names.join(' and ')
  return [
    { id: 'all', title: 'All', samples: [...samples] },
    { id: 'first-wrong', title: `A wrong, ${list} right`, samples: samples.filter(sample => !isRight(sample, 0) && others.every(i => isRight(sample, i))) },
    { id: 'first-right', title: `A right, ${list} wrong`, samples: samples.filter(sample => isRight(sample, 0) && others.every(i => !isRight(sample, i))) },
    ...(runs > 2
      ? others.map(i => ({
          id: `only-${letterOf(i)}`,
          title: `Only ${letterOf(i)} right`,
          samples: samples.filter(sample => isRight(sample, i) && !isRight(sample, 0) && others.every(j => j === i || !isRight(sample, j))),
        }))
      : []),
    { id: 'all-wrong', title: 'All wrong, differently', samples: samples.filter(sample => sample.answers.every((_, i) => !isRight(sample, i))) },
  ]
}
