import type { Table } from '#shared/table.ts'

/** How a table is written down. Adding a format is a file and a line in formats/index.ts. */
export interface TableFormat {
  name: string
  extension: string
  write: (table: Table, options: { /** Columns of the terminal; only text heeds it. */ width: number, /** ANSI bold and dim; only text heeds it. */ isStyled: boolean }) => string
}
