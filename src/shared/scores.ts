import type { Task } from './dataset.ts'

/** A label as given or predicted: a class number, a number in its unit, or attributes as one word (attributes.ts). */
export type Label = number | string

/** What a task is evaluated by. */
export type TaskMetric = 'accuracy' | 'mae' | 'error-rate'

const directions = { 'accuracy': 'higher', 'mae': 'lower', 'error-rate': 'lower', 'cosine': 'higher' } as const

/** Which direction of a figure is better. */
export function betterOf(metric: keyof typeof directions): 'higher' | 'lower' {
  return directions[metric]
}

const metrics: Record<Task['kind'], TaskMetric> = { classification: 'accuracy', verification: 'accuracy', regression: 'mae', attributes: 'error-rate' }

/** How a kind of task is evaluated: accuracy, MAE in the label's unit, or the mean error rate over attributes. */
export function metricOf(kind: Task['kind']): { metric: TaskMetric, better: 'higher' | 'lower' } {
  const metric = metrics[kind]
  return { metric, better: betterOf(metric) }
}

/** The answer for a photograph without a found face: the middle of the label's range in regression, elsewhere none (Vielzeuf et al. 2019, Section 4.1). */
export function answerOfUndetected(task: Task): number | null {
  return task.kind === 'regression'
    ? (task.range[0] + task.range[1]) / 2
    : null
}

/**
 * One sample's score: 100 or 0 (accuracy in per cent) in classification and verification, the absolute error in the label's unit in
 * regression, the per cent of its attributes that are answered wrongly. Attributes that nobody labelled do not count; without a found
 * face all are wrong. Where every sample has every attribute, the mean over samples is the mean of the attributes' error rates.
 */
export function scoreOf(task: Task, { label, prediction }: { label: Label, prediction: Label | null }): number {
  const answer = prediction ?? answerOfUndetected(task)
  if (task.kind === 'regression')
    return Math.abs(Number(answer) - Number(label))
  if (task.kind === 'attributes')
    return attributesWrong(String(label), answer === null ? '' : String(answer))
  return answer === label
    ? 100
    : 0
}

function attributesWrong(label: string, answer: string): number {
  let known = 0
  let wrong = 0
  for (let i = 0; i < label.length; i++) {
    if (label[i] === '-')
      continue
    known++
    wrong += Number(answer[i] !== label[i])
  }
  return known > 0
    ? 100 * wrong / known
    : 0
}
