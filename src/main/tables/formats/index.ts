import type { Table } from '#shared/table.ts'
import type { TableFormat } from './format.ts'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'
import { csv } from './csv.ts'
import { html } from './html.ts'
import { json } from './json.ts'
import { latex } from './latex.ts'
import { md } from './md.ts'
import { text } from './text.ts'

/** All formats of tables; text is the terminal's own. */
export const tableFormats: TableFormat[] = [text, md, latex, csv, html, json]

/** The format of this name, or a refusal that names the nearest. */
export function findTableFormat(name: string): TableFormat {
  const names = tableFormats.map(format => format.name)
  const format = tableFormats.find(candidate => candidate.name === name)
  if (!format) {
    throw new FacetError('usage', `There is no table format "${name}".`, {
      hint: suggestName(name, names),
    })
  }
  return format
}

/** A table written in a format; `width` is the terminal's. */
export function writeTable(table: Table, format: string, { width = 100, isStyled = false } = {}): string {
  return findTableFormat(format).write(table, { width, isStyled })
}
