import type { RegisterCommand } from '../command.ts'
import { resolve } from 'node:path'
import { wordBytes } from '../words.ts'

/** backup [FILE]: a copy of the database, also while a host works. */
export const backup: RegisterCommand = (program, act) => program
  .command('backup [file]')
  .description('copy the workspace\'s database while it is in use, and look the copy through (default: into its folder backups)')
  .action(act(async ({ terminal, connect }, file: string | undefined) => {
    const made = await (await connect()).call('workspace.backup', file === undefined ? {} : { path: resolve(file) })
    terminal.result(made, () => [
      `The database is in ${made.path} (${wordBytes(made.bytes)}), looked through.`,
      'To go back to it, end Facet and put it in the place of facet.sqlite. What was computed lies in artefacts/ and runs/, as files of its own.',
    ].join('\n'))
  }))
