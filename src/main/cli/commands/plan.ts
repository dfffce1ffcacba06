import type { PlanView } from '#shared/views.ts'
import type { RegisterCommand } from '../command.ts'
import type { RecipeOptions } from '../recipe-input.ts'
import type { Terminal } from '../terminal.ts'
import { missingRoom, reserveBytes } from '#shared/disk-budget.ts'
import { wordAssumed, wordMissing } from '../assumed.ts'
import { readRecipeInput, withRecipeOptions } from '../recipe-input.ts'
import { list } from '../terminal.ts'
import { shortKey, wordBytes, wordDuration, wordMany } from '../words.ts'

/** plan STUDY.yaml: what is cached, what would run, in which order, how long and how large; where folders are missing, what the study would cost with them. */
export const plan: RegisterCommand = (program, act) => withRecipeOptions(program
  .command('plan <recipe>')
  .description('what a study would do now, with an estimate of time and disk')
  .addHelpText('after', '\nWhere folders of data sets are missing it lists them and estimates time and disk by stage at their published sizes, and fails (1).'))
  .action(act(async ({ terminal, connect }, recipe: string, options: RecipeOptions) => {
    const input = await readRecipeInput(recipe, options)
    const planned = await (await connect({ create: true })).call('studies.plan', { ...input, assumesPublished: true })
    const { assumed } = planned
    terminal.result(planned, () => assumed
      ? [wordAssumed(planned, assumed, terminal), ...wordRoom(planned)].join('\n')
      : [listPlan(planned, terminal), '', wordPlan(planned), ...wordRoom(planned)].join('\n'))
    if (!assumed)
      return
    terminal.note(wordMissing(assumed))
    return 1
  }))

/** "3 of 40 steps are cached; 37 to do, about 12 min and 1.2 GB." */
export function wordPlan({ study, steps, cached, toDo, blocked, seconds, bytes }: PlanView): string {
  if (toDo === 0 && blocked === 0)
    return `Study ${study}: all ${wordMany(steps.length, 'step')} are cached.`
  return [
    `Study ${study}: ${cached} of ${wordMany(steps.length, 'step')} cached, ${toDo} to do`,
    ...(toDo > 0
      ? [`, about ${wordDuration(seconds)} and ${wordBytes(bytes)}`]
      : []),
    ...(blocked > 0
      ? [`, ${blocked} blocked`]
      : []),
    '.',
  ].join('')
}

/** A warning where the disk is too small for what is to do; nothing where it is not. */
export function wordRoom(plan: PlanView): string[] {
  const missing = missingRoom(plan)
  return missing > 0
    ? [`! It will not fit: ${wordBytes(plan.freeBytes)} are free on the disk, of which ${wordBytes(reserveBytes)} stay free; ${wordBytes(missing)} are missing. facet gc lists what can go.`]
    : []
}

function listPlan({ steps }: PlanView, terminal: Terminal): string {
  return list(steps, [
    {
      title: 'key',
      value: step => shortKey(step.key),
    },
    {
      title: 'step',
      value: step => step.label,
      isElastic: true,
    },
    {
      title: 'state',
      value: step => step.blockedBy
        ? `blocked: ${step.blockedBy}`
        : step.state,
    },
    {
      title: 'time',
      value: step => step.state === 'to do'
        ? wordDuration(step.seconds)
        : '',
      isNumber: true,
    },
    {
      title: 'disk',
      value: step => step.state === 'to do'
        ? wordBytes(step.bytes)
        : '',
      isNumber: true,
    },
  ], terminal)
}
