import type { Client } from '#shared/contract.ts'
import type { SavedTable } from '#shared/contract/tables.ts'
import type { RegisterCommand } from '../command.ts'
import type { SelectionOptions } from '../table-selection.ts'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { findTableFormat, tableFormats, writeTable } from '#main/tables/formats/index.ts'
import { tableBuilders, tableKinds } from '#main/tables/table.ts'
import { FacetError } from '#shared/errors.ts'
import { wordTables } from '../print-tables.ts'
import { addSelectionOptions, findSelection, noSuchTable, selectionOf } from '../table-selection.ts'
import { list } from '../terminal.ts'

interface TableOptions extends SelectionOptions { format?: string, output?: string, measure: boolean }

/** table NAME --study S: prints a table or writes it to a file; table save, list, remove: tables of one's own. */
export const table: RegisterCommand = (program, act) => {
  const group = addSelectionOptions(program
    .command('table')
    .argument('<name>', 'a kind of table or a saved one')
    .description(`a table of a study: ${tableBuilders.map(({ name, title }) => `${name} (${title[0]!.toLowerCase()}${title.slice(1)})`).join(', ')}, free (any rows and columns), or a saved one`))
    .option('--format <format>', `${tableFormats.map(({ name }) => name).join(', ')} (default: text, or by the ending of the file)`)
    .option('-o, --output <file>', 'write to this file instead')
    .option('--measure', 'measure networks that the table of cost has no figures of yet; queues no run', false)
    .action(act(async ({ terminal, connect }, name: string, { measure, ...options }: TableOptions) => {
      if (terminal.isJson && options.output === undefined && (options.format ?? 'json') !== 'json')
        throw new FacetError('usage', `--json and --format ${options.format} contradict each other.`, { hint: 'Leave one of them out, or write to a file with -o.' })
      const format = findTableFormat(options.format ?? formatOf(options.output) ?? (terminal.isJson
        ? 'json'
        : 'text')).name
      // where there is no workspace nothing is saved either: the name is wrong before the workspace is
      const client = await connect().catch((error: unknown) => {
        throw error instanceof FacetError && error.code === 'not-found' && !tableKinds.includes(name) ? noSuchTable(name) : error
      })
      const selection = await findSelection(client, name, options, () => lastStudy(client))
      if (measure && selection.name !== 'cost')
        throw new FacetError('usage', `--measure is of the table of cost; ${name} has nothing to measure.`)
      if (measure)
        await client.call('tables.measure', { study: selection.study })
      const { table: built } = await client.call('tables.get', selection)
      if (options.output === undefined) {
        terminal.print(format === 'text'
          ? wordTables([built], terminal)
          : writeTable(built, format))
        return
      }
      await writeFile(resolve(options.output), writeTable(built, format))
      terminal.result({
        path: resolve(options.output),
        format,
      }, () => `Table ${name} is in ${options.output}.`)
    }))

  // what it is made of is said with the options above: commander gives them to the command that has its subcommands
  group.command('save <name>').description('keep a table of one\'s own in the workspace, to print and export by its name').option('--of <kind>', `what it is made of: ${tableKinds.join(', ')}`, 'free').option('--replace', 'in the place of the one of this name', false).action(act(async ({ terminal, connect }, name: string, { of: kind, replace }: { of: string, replace: boolean }) => {
    const options = group.opts<TableOptions>()
    if (!tableKinds.includes(kind))
      throw noSuchTable(kind)
    const client = await connect()
    const saved = await client.call('tables.save', { name, selection: selectionOf(kind, options.study ?? await lastStudy(client), options), replaces: replace })
    terminal.result(saved, () => `Table "${name}" of study ${saved.selection.study} is kept. Print it: facet table ${/\s/.test(name) ? `"${name}"` : name}`)
  }))
  group.command('list').description('saved tables').action(act(async ({ terminal, connect }) => {
    const saved = await (await connect()).call('tables.saved')
    terminal.result(saved, () => saved.length === 0
      ? 'No table is saved. facet table save NAME --rows knowledge --columns method saves one.'
      : list(saved, [
          { title: 'name', value: one => one.name },
          { title: 'study', value: one => one.hasStudy ? one.selection.study : `${one.selection.study} (not in this workspace)` },
          { title: 'made of', value: wordSelection, isElastic: true },
        ], terminal))
  }))
  group.command('remove <name>').description('forget a saved table; how to save it again is printed').action(act(async ({ terminal, connect }, name: string) => {
    const removed = await (await connect()).call('tables.removeSaved', { name })
    terminal.result(removed, () => `Table "${name}" is forgotten. It was made of ${wordSelection(removed)}.`)
  }))
}

/** What a saved table shows, in words. */
function wordSelection({ selection: { name, pivot, rows, columns, seeds, by, reference } }: SavedTable): string {
  return [
    pivot ? `free: ${pivot.rows.join(' and ')} by ${pivot.columns.join(' and ')}` : name,
    ...Object.entries(pivot?.filter ?? {}).flatMap(([what, values]) => values ? [`${what} ${values.join(', ')}`] : []),
    ...rows ? [`rows ${rows.join(', ')}`] : [],
    ...columns ? [`columns ${columns.join(', ')}`] : [],
    ...seeds ? [`seeds ${seeds.join(', ')}`] : [],
    ...by ? [`by ${by.join(', ')}`] : [],
    ...reference === undefined ? [] : [`tested against ${reference}`],
  ].join('; ')
}

/** The format that the ending of a file's name asks for. */
function formatOf(file: string | undefined): string | undefined {
  return tableFormats.find(({ extension }) => file?.endsWith(`.${extension}`))?.name
}

/** The study that was changed last. @throws FacetError where there is none */
export async function lastStudy(client: Client): Promise<string> {
  const last = (await client.call('studies.list')).find(study => study.hasRun)
  if (!last)
    throw new FacetError('not-found', 'There is no study in this workspace.', { hint: 'facet run STUDY.yaml makes one.' })
  return last.name
}
