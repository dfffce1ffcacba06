import type { RunView } from '#shared/views.ts'
import type { RegisterCommand } from '../command.ts'
import { Option } from 'commander'
import { RunState } from '#shared/order.ts'
import { stages } from '#shared/stages/index.ts'
import { list } from '../terminal.ts'
import { shortKey, wordBytes, wordDuration, wordMany } from '../words.ts'

/** runs: all runs, or those of a study, a stage, a state. */
export const runs: RegisterCommand = (program, act) => program
  .command('runs')
  .description('list runs')
  .option('--study <name>', 'of one study')
  .addOption(new Option('--stage <stage>', 'of one stage').choices(Object.keys(stages)))
  .addOption(new Option('--state <state...>', 'in these states').choices(RunState.options))
  .action(act(async ({ terminal, connect }, options: { study?: string, stage?: keyof typeof stages, state?: RunState[] }) => {
    const found = await (await connect()).call('runs.list', { study: options.study, stage: options.stage, states: options.state })
    terminal.result(found, () => found.length === 0
      ? 'No such run.'
      : `${list(found, [
        {
          title: 'key',
          value: one => shortKey(one.key),
        },
        {
          title: 'run',
          value: one => one.label,
          isElastic: true,
        },
        {
          title: 'state',
          value: one => one.state,
        },
        { title: 'progress', value: wordShare, isNumber: true },
        {
          title: 'time',
          value: one => one.durationMs === null
            ? ''
            : wordDuration(one.durationMs / 1000),
          isNumber: true,
        },
        {
          title: 'disk',
          value: one => one.bytes === null
            ? ''
            : wordBytes(one.bytes),
          isNumber: true,
        },
      ], terminal)}\n\n${wordStates(found)}`)
  }))

/** "43 %", with the time to go where it is known; nothing before or after. */
function wordShare({ state, progress }: RunView): string {
  if (!progress || progress.total === 0 || state === 'done' || state === 'queued')
    return ''
  const share = `${Math.floor(100 * progress.done / progress.total)} %`
  return state === 'running' && progress.etaSeconds !== null
    ? `${share}, ${wordDuration(progress.etaSeconds)} to go`
    : share
}

function wordStates(found: RunView[]): string {
  const counts = Map.groupBy(found, one => one.state)
  return `${wordMany(found.length, 'run')}: ${[...counts].map(([state, some]) => `${some.length} ${state}`).join(', ')}.`
}
