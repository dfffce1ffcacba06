import type { RegisterCommand } from '../command.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { withoutEngineGreeting } from '#shared/engine-greeting.ts'
import { FacetError } from '#shared/errors.ts'
import { activeStates } from '#shared/run-states.ts'
import { parseRunKey } from '../run-key.ts'

const pollMs = 500

/** logs KEY: the last part of a run's log; --follow goes on until the run ends. */
export const logs: RegisterCommand = (program, act) => program
  .command('logs')
  .argument('<key>', 'its key, or the first 6 digits of it', parseRunKey)
  .description('the end of a run\'s log')
  .option('-f, --follow', 'go on until the run ends', false)
  .action(act(async ({ terminal, connect }, key: string, { follow }: { follow: boolean }) => {
    if (follow && terminal.isJson)
      throw new FacetError('usage', '--follow and --json cannot go together: one JSON document has an end.', { hint: 'Leave one of them out.' })
    const client = await connect()
    let part = await client.call('runs.logs', { key })
    const print = (text: string): void => {
      const shown = withoutEngineGreeting(text)
      if (shown.trim() !== '')
        terminal.print(shown)
    }
    if (terminal.isJson) {
      terminal.result(part, () => '')
      return
    }
    if (part.text === '')
      terminal.note(`The log ${part.path} is empty.`)
    else
      print(part.text)
    for (let isOver = !follow; !isOver;) {
      const { state } = await client.call('runs.get', { key })
      part = await client.call('runs.logs', { key, from: part.next })
      if (part.text !== '')
        print(part.text)
      else if (!activeStates.includes(state))
        isOver = true
      else
        await sleep(pollMs)
    }
  }))
