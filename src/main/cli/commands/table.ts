import type { Client } from '#shared/contract.ts'
import type { RegisterCommand } from '../command.ts'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { findTableFormat, tableFormats, writeTable } from '#main/tables/formats/index.ts'
import { tableBuilders } from '#main/tables/table.ts'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'
import { getTables, wordTables } from '../print-tables.ts'

interface TableOptions { study?: string, format?: string, output?: string }

/** table NAME --study S: prints a table or writes it to a file. */
export const table: RegisterCommand = (program, act) => program
  .command('table <name>')
  .description(`a table of a study: ${tableBuilders.map(({ name, title }) => `${name} (${title.toLowerCase()})`).join(', ')}`)
  .option('--study <name>', 'the study (default: the one worked on last)')
  .option('--format <format>', `${tableFormats.map(({ name }) => name).join(', ')} (default: text, or by the ending of the file)`)
  .option('-o, --output <file>', 'write to this file instead')
  .action(act(async ({ terminal, connect }, name: string, options: TableOptions) => {
    if (!tableBuilders.some(builder => builder.name === name)) {
      throw new FacetError('usage', `There is no table "${name}".`, {
        hint: suggestName(name, tableBuilders.map(builder => builder.name)),
      })
    }
    if (terminal.isJson && options.output === undefined && (options.format ?? 'json') !== 'json')
      throw new FacetError('usage', `--json and --format ${options.format} contradict each other.`, { hint: 'Leave one of them out, or write to a file with -o.' })
    const format = findTableFormat(options.format ?? formatOf(options.output) ?? (terminal.isJson
      ? 'json'
      : 'text')).name
    const client = await connect()
    const [built] = await getTables(client, options.study ?? await lastStudy(client), [name])
    if (options.output === undefined) {
      terminal.print(format === 'text'
        ? wordTables([built!], terminal)
        : writeTable(built!, format))
      return
    }
    await writeFile(resolve(options.output), writeTable(built!, format))
    terminal.result({
      path: resolve(options.output),
      format,
    }, () => `Table ${name} is in ${options.output}.`)
  }))

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
