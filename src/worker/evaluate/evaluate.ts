import type { Split, Task } from '#shared/dataset.ts'
import type { Evaluation } from '#shared/order.ts'
import type { Label } from '#shared/scores.ts'
import { FacetError } from '#shared/errors.ts'
import { metricOf, scoreOf } from '#shared/scores.ts'
import { bootstrap, mean } from '#shared/statistics.ts'

/** What was answered for one sample. Class labels and predictions are class numbers, attributes one word each. */
export interface Answer {
  path: string
  split: Split | null
  subject: string | null
  unseen: boolean
  label: Label
  /** null where no face was found. */
  prediction: Label | null
}

/** Mean with a bootstrap over samples, or over whole people where people are what was left out. */
function evaluationOf(scope: Evaluation['scope'], task: Task, answers: readonly Answer[]): Evaluation {
  const scores = answers.map(answer => scoreOf(task, answer))
  const clusters = task.protocol === 'subjects'
    ? answers.map((answer, i) => answer.subject ?? i)
    : undefined
  return {
    scope,
    metric: metricOf(task.kind).metric,
    value: mean(scores),
    count: answers.length,
    ...bootstrap(scores, { clusters }),
  }
}

/**
 * Figures of one task under its protocol. `split`: the test samples, scope `test`. `subjects`: every sample, answered by the
 * fold that left its person out, scope `all`, and of these the ones neither combiner nor student saw, scope `unseen`.
 */
export function evaluateAnswers(task: Task, answers: readonly Answer[]): Evaluation[] {
  if (task.protocol === 'split') {
    const test = answers.filter(answer => answer.split === 'test')
    if (test.length === 0)
      throw new FacetError('bad-input', 'the data set has no test samples.', { hint: 'Give its samples splits, or add it again with a split rule.' })
    return [
      evaluationOf('test', task, test),
    ]
  }
  const unseen = answers.filter(answer => answer.unseen)
  return [
    evaluationOf('all', task, answers),
    ...unseen.length > 0
      ? [
          evaluationOf('unseen', task, unseen),
        ]
      : [],
  ]
}
