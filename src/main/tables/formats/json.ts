import type { TableFormat } from './format.ts'

/** The table as it is, full precision. */
export const json: TableFormat = {
  name: 'json',
  extension: 'json',
  write: table => `${JSON.stringify(table, null, 2)}\n`,
}
