import type { Command } from 'commander'
import type { Client } from '#shared/contract.ts'
import type { TableSelection } from '#shared/contract/tables.ts'
import { requireBuilder, tableKinds } from '#main/tables/table.ts'
import { TableSelection as Selection } from '#shared/contract/tables.ts'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'
import { dimensions } from '#shared/pivot.ts'

/** What a command line says of a table. */
export interface SelectionOptions { study?: string, rows?: string, columns?: string, filter: string[], seeds?: string, by?: string, test?: string, paper: boolean, std: boolean }

/** The options that choose what of a table is shown. */
export function addSelectionOptions(command: Command): Command {
  return command
    .option('--study <name>', 'the study (default: the one worked on last)')
    .option('--rows <names>', `rows to show; of a free table what makes a row: ${dimensions.join(', ')}`)
    .option('--columns <names>', 'columns to show, in this order; of a free table what makes a column')
    .option('--filter <what=values>', 'what a free table is made of, e.g. knowledge=AgeR-UTK,AgeR-FG (can be given again)', (word: string, all: string[]) => [...all, word], [])
    .option('--seeds <numbers>', 'of these seeds alone, e.g. 0,1')
    .option('--by <labels>', 'what subgroups are made by, e.g. gender')
    .option('--test <column>', 'test every other column against this one')
    .option('--no-paper', 'without the paper\'s figures')
    .option('--no-std', 'without standard deviations')
}

/** A table of a kind as a command line asks for it. @throws FacetError 'usage' that names the option */
export function selectionOf(kind: string, study: string, { rows, columns, filter, seeds, by, test, paper, std }: SelectionOptions): TableSelection {
  if (kind !== 'free' && filter.length > 0)
    throw new FacetError('usage', `--filter is of free tables; ${kind} is chosen from by --rows, --columns and --seeds.`)
  if (by !== undefined && requireBuilder(kind).needs !== 'groups')
    throw new FacetError('usage', `--by is of tables of groups; ${kind} has none.`, { hint: 'facet table subgroups --by LABELS' })
  const names = { ...rows !== undefined && { rows: words(rows) }, ...columns !== undefined && { columns: words(columns) } }
  const parsed = Selection.safeParse({
    study,
    name: kind,
    ...kind === 'free'
      ? { pivot: { rows: ['knowledge'], columns: ['method'], ...names, filter: filterOf(filter) } }
      : names,
    ...seeds !== undefined && { seeds: words(seeds).map(Number) },
    ...by !== undefined && { by: words(by) },
    ...test !== undefined && { reference: test },
    paper,
    std,
  })
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw new FacetError('usage', `--${String(path[0] === 'pivot' ? path[1] ?? 'rows' : path[0])}: ${message}.`, { hint: kind === 'free' ? `Rows and columns are made of ${dimensions.join(', ')}.` : undefined })
  }
  return parsed.data
}

function words(list: string): string[] {
  return list.split(',').map(word => word.trim()).filter(word => word !== '')
}

/** `knowledge=A,B` -> { knowledge: ['A', 'B'] } */
function filterOf(filter: readonly string[]): Record<string, (string | number)[]> {
  return Object.fromEntries(filter.map((word) => {
    const at = word.indexOf('=')
    const name = word.slice(0, Math.max(0, at))
    if (!dimensions.includes(name as never))
      throw new FacetError('usage', `--filter ${word}: it must be WHAT=VALUES with one of ${dimensions.join(', ')}.`, { hint: 'E.g. --filter knowledge=AgeR-UTK,AgeR-FG' })
    const values = words(word.slice(at + 1))
    return [name, name === 'seed' ? values.map(Number) : values]
  }))
}

/** What is said of a table that there is not, with the nearest that there is. */
export function noSuchTable(name: string, saved: readonly string[] = []): FacetError {
  return new FacetError('usage', `There is no table "${name}".`, { hint: suggestName(name, [...tableKinds, ...saved]) })
}

/** Options that a saved table has chosen already, by what they hold where nobody gave them. */
const chosenBySaved = { rows: undefined, columns: undefined, seeds: undefined, by: undefined, test: undefined, paper: true, std: true } as const

/** The kind of this name, or the saved table of it as it was kept. @throws FacetError 'usage' with the nearest name, or the option that a saved table does not take */
export async function findSelection(client: Client, name: string, options: SelectionOptions, lastStudy: () => Promise<string>): Promise<TableSelection> {
  if (tableKinds.includes(name))
    return selectionOf(name, options.study ?? await lastStudy(), options)
  const saved = await client.call('tables.saved')
  const found = saved.find(table => table.name === name)
  if (!found)
    throw noSuchTable(name, saved.map(table => table.name))
  const given = Object.entries(chosenBySaved).find(([option, unless]) => options[option as keyof typeof chosenBySaved] !== unless)
  const option = given ? `--${given[1] === true ? 'no-' : ''}${given[0]}` : options.filter.length > 0 ? '--filter' : null
  if (option)
    throw new FacetError('usage', `"${name}" is printed as it was kept, without ${option}.`, { hint: `Keep it anew: facet table save "${name}" --replace with all of its options.` })
  return { ...found.selection, ...options.study !== undefined && { study: options.study } }
}
