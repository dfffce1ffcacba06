import type { Client } from '#shared/contract.ts'
import type { Table } from '#shared/table.ts'
import type { Terminal } from './terminal.ts'
import { writeTable } from '#main/tables/formats/index.ts'

/** Tables of a study. */
export async function getTables(client: Client, study: string, names: string[]): Promise<Table[]> {
  const tables: Table[] = []
  for (const name of names)
    tables.push((await client.call('tables.get', { name, study })).table)
  return tables
}

/** Tables for the terminal, each notice once below them. */
export function wordTables(tables: Table[], terminal: Terminal): string {
  const notices = new Set(tables.flatMap(table => table.notices))
  return [
    ...tables.map(table => writeTable(table, 'text', terminal)),
    ...[...notices].map(notice => `! ${notice}`),
  ].join('\n')
}
