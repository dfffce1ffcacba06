import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { FacetError } from '#shared/errors.ts'
import { fileWithin } from '#shared/files/within.ts'
import { codeOf } from './listing.ts'

/**
 * Reads a table with a header line, separated by comma, semicolon or tab (whichever the header has most of), UTF-8 with or without BOM.
 * `file` lies in `root`, which it may not leave; `columns` must be there; with `isRequired` false a missing file gives no rows.
 * @throws FacetError `not-found` or `bad-input`, naming file and line
 */
export async function readTable(root: string, file: string, { columns, isRequired = true }: { columns: string[], isRequired?: boolean }): Promise<Record<string, string>[]> {
  const where = fileWithin(root, file, { what: 'The table', hint: 'Put it into the folder, with the paths in it relative to it.' })
  const text = await readFile(where, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' && !isRequired)
      return null
    throw new FacetError('not-found', `The table cannot be read (${codeOf(error)}).`, { where, hint: 'Check the path.', cause: error })
  })
  if (text === null)
    return []
  const header = text.slice(0, Math.max(text.indexOf('\n'), 0) || text.length)
  const delimiter = [',', ';', '\t'].map(sign => ({ sign, count: header.split(sign).length })).reduce((a, b) => b.count > a.count
    ? b
    : a).sign
  const rows = parseRows(text, delimiter, where)
  const found = Object.keys(rows[0] ?? {})
  const missing = columns.filter(column => rows.length > 0 && !found.includes(column))
  if (missing.length > 0)
    throw new FacetError('bad-input', `The table has no column "${missing.join('", "')}"; it has ${found.map(name => `"${name}"`).join(', ')}.`, { where: `${where} line 1`, hint: 'Name the columns in the first line.' })
  return rows
}

function parseRows(text: string, delimiter: string, where: string): Record<string, string>[] {
  try {
    return parse(text, {
      columns: true,
      bom: true,
      delimiter,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: false,
    }) as Record<string, string>[]
  }
  catch (error) {
    const line = error instanceof Error && 'lines' in error
      ? ` line ${String(error.lines)}`
      : ''
    throw new FacetError('bad-input', `The table is malformed: ${error instanceof Error
      ? error.message
      : String(error)}`, { where: `${where}${line}`, hint: 'Every line needs as many fields as the first.', cause: error })
  }
}
