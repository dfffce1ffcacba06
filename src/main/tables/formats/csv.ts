import type { Table, TableCell, TableRow } from '#shared/table.ts'
import type { TableFormat } from './format.ts'
import { csvField } from '#shared/csv-field.ts'

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

function record(table: Table, row: TableRow, method: string, cell: TableCell, isTested: boolean): string {
  return [
    table.table,
    table.study,
    row.knowledge,
    row.scope,
    row.metric,
    row.unit,
    row.better,
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
  ].map(csvField).join(',')
}

/** One line per cell (tidy data), full precision, lines ended by CR LF as RFC 4180 says. */
export const csv: TableFormat = {
  name: 'csv',
  extension: 'csv',
  write: (table) => {
    const isTested = table.rows.some(row => Object.values(row.cells).some(cell => cell.test))
    return [
      [...header, ...isTested ? testHeader : []].join(','),
      ...table.rows.flatMap(row => table.columns.map(method => record(table, row, method, row.cells[method]!, isTested))),
    ].map(line => `${line}\r\n`).join('')
  },
}
