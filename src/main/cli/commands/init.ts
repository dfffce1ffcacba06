import type { RegisterCommand } from '../command.ts'
import { resolve } from 'node:path'

/** init [DIR]: makes a workspace; nothing happens to one that is there. */
export const init: RegisterCommand = (program, act) => program
  .command('init [dir]')
  .description('make a workspace (default: the folder of --workspace)')
  .action(act(async ({ terminal, connect, workspace }, dir: string | undefined) => {
    const client = await connect({
      create: true,
      workspace: dir === undefined
        ? workspace
        : resolve(dir),
    })
    const info = await client.call('workspace.info')
    terminal.result(info, () => [`Workspace ${info.root} is ready.`, ...info.notes].join('\n'))
  }))
