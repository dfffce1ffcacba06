import type { Table, TableCell, TableRow } from '#shared/table.ts'
import type { TableFormat } from './format.ts'
import { csvField } from '#shared/csv-field.ts'
import { measureOf } from '#shared/table-words.ts'

const header = [
  'table',
  'study',
  'knowledge',
  'scope',
  'metric',
  'unit',
  'better',
  'method',
  'mean',
  'std',
  'n',
  'values',
  'reference',
  'standard_error',
  'interval_low',
  'interval_high',
  'count',
  'marks',
  'missing',
  'command',
  'keys',
  'version',
]

/** Columns that only a table with a reference has. */
const testHeader = ['against', 'difference', 'difference_low', 'difference_high', 'p_holm', 'verdict', 'effect', 'effect_kind', 'auc', 'auc_against', 'auc_p_holm']

function testFields({ test }: TableCell): (string | number | null)[] {
  return test
    ? [test.against, test.difference, ...test.interval, test.adjusted, test.verdict, test.effect?.value ?? null, test.effect?.kind ?? null, test.auc?.auc ?? null, test.auc?.referenceAuc ?? null, test.auc?.adjusted ?? null]
    : testHeader.map(() => null)
}

/** Columns that only a table with words in its cells has. */
const wordHeader = ['text', 'note']

function record(table: Table, row: TableRow, method: string, cell: TableCell, { isTested, hasWords }: { isTested: boolean, hasWords: boolean }): string {
  const { metric, unit, better } = measureOf(cell, row)
  return [
    table.table,
    table.study,
    row.knowledge,
    row.scope,
    metric,
    unit,
    better,
    method,
    cell.mean,
    cell.std,
    cell.n,
    cell.values.length === 1
      ? cell.values[0]!
      : cell.values.join(' '),
    cell.reference,
    cell.standardError,
    cell.interval?.[0] ?? null,
    cell.interval?.[1] ?? null,
    cell.count,
    cell.marks.join(' '),
    cell.missing?.reason ?? null,
    cell.missing?.command ?? null,
    cell.keys.join(' '),
    table.provenance.version,
    ...isTested ? testFields(cell) : [],
    ...hasWords ? [cell.text ?? null, cell.note ?? null] : [],
  ].map(csvField).join(',')
}

/** One line per cell (tidy data), full precision, lines ended by CR LF as RFC 4180 says. */
export const csv: TableFormat = {
  name: 'csv',
  extension: 'csv',
  write: (table) => {
    const hasAny = (isOne: (cell: TableCell) => boolean): boolean => table.rows.some(row => Object.values(row.cells).some(isOne))
    const isTested = hasAny(cell => cell.test !== undefined)
    const hasWords = hasAny(cell => cell.text !== undefined || cell.note !== undefined)
    return [
      [...header, ...isTested ? testHeader : [], ...hasWords ? wordHeader : []].join(','),
      ...table.rows.flatMap(row => table.columns.map(method => record(table, row, method, row.cells[method]!, { isTested, hasWords }))),
    ].map(line => `${line}\r\n`).join('')
  },
}
