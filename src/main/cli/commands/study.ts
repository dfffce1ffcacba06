import type { RegisterCommand } from '../command.ts'
import { resolve } from 'node:path'
import { wordBytes, wordMany } from '../words.ts'

/** study export, import: a study with all that it has computed, as one file. */
export const study: RegisterCommand = (program, act) => {
  const group = program.command('study').description('move a study with its artefacts between workspaces')
  group.command('export <name> <file>')
    .description('write a study, its finished runs and what they made to one archive (tar), with teachers of your own; photographs are not in it')
    .action(act(async ({ terminal, connect }, name: string, file: string) => {
      const made = await (await connect()).call('studies.exportArchive', { name, path: resolve(file) })
      terminal.result(made, () => [
        `Study ${name}: ${wordMany(made.runs, 'finished run')}, ${wordMany(made.files, 'file')}, ${wordBytes(made.bytes)} in ${made.path}.`,
        ...made.notes.map(note => `! ${note}`),
      ].join('\n'))
    }))
  group.command('import <file>')
    .description('take a study of an archive in, whole or not at all; every checksum is looked at')
    .option('--as <name>', 'under another name')
    .action(act(async ({ terminal, connect }, file: string, { as }: { as?: string }) => {
      const made = await (await connect({ create: true })).call('studies.importArchive', { path: resolve(file), as })
      terminal.result(made, () => [
        `Study ${made.study}: ${wordMany(made.runs, 'run')} taken in, ${made.known} were here already. Its recipe is ${made.recipe}.`,
        ...made.notes.map(note => `! ${note}`),
      ].join('\n'))
    }))
}
