import type { RegisterCommand } from '../command.ts'
import { list } from '../terminal.ts'
import { wordBytes, wordMany } from '../words.ts'

/** gc: shows what no study and no data set refers to; with --yes removes it. */
export const gc: RegisterCommand = (program, act) => program
  .command('gc')
  .description('list what nothing refers to; with --yes remove it from the disk')
  .option('--yes', 'remove what is listed', false)
  .action(act(async ({ terminal, connect }, { yes }: { yes: boolean }) => {
    const dryRun = !yes
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
          `${wordMany(view.items.length, 'entry', 'entries')}, ${wordBytes(view.bytes)} ${dryRun
            ? 'can be freed: facet gc --yes removes them.'
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
