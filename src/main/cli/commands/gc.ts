import type { RegisterCommand } from '../command.ts'
import { list } from '../terminal.ts'
import { wordBytes, wordMany } from '../words.ts'

/** gc: removes what no study and no data set refers to. */
export const gc: RegisterCommand = (program, act) => program
  .command('gc')
  .description('free the disk of artefacts that nothing refers to')
  .option('--dry-run', 'only list them', false)
  .action(act(async ({ terminal, connect }, { dryRun }: { dryRun: boolean }) => {
    const client = await connect()
    const view = await client.call(dryRun
      ? 'gc.preview'
      : 'gc.run')
    terminal.result(view, () => view.items.length === 0
      ? view.runs === 0
        ? 'Nothing to remove: everything is referred to.'
        : wordRuns(view.runs, dryRun)
      : [
          list(view.items, [
            {
              title: 'size',
              value: item => wordBytes(item.bytes),
              isNumber: true,
            },
            {
              title: 'why',
              value: item => item.why,
            },
            {
              title: 'path',
              value: item => item.path,
              isElastic: true,
            },
          ], terminal),
          '',
          `${wordMany(view.items.length, 'artefact')}, ${wordBytes(view.bytes)} ${dryRun
            ? 'can be freed: facet gc removes them.'
            : 'freed.'}`,
          ...(view.runs > 0
            ? [wordRuns(view.runs, dryRun)]
            : []),
        ].join('\n'))
  }))

function wordRuns(count: number, isDryRun: boolean): string {
  return `${wordMany(count, 'run')} that no study refers to ${isDryRun
    ? 'can be forgotten.'
    : 'forgotten.'}`
}
