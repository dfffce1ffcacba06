import type { Table, TableCell, TableMeasure, TableRow } from './table.ts'
import { isEmptyCell, tableMarks, verdictMarks } from './table.ts'

/** Digits after the point that a metric is printed with. */
const decimals: Record<Exclude<TableRow['metric'], 'time' | 'quantity' | 'mixed'>, number> = {
  'accuracy': 1,
  'mae': 2,
  'error-rate': 2,
  'cosine': 3,
  'nrmse': 3,
  'logme': 3,
  'cka': 3,
  'faces': 0,
  'images': 0,
}

/** A figure as printed in its metric's precision. */
export function printFigure(value: number, metric: TableRow['metric']): string {
  return value.toFixed(metric === 'time' || metric === 'quantity' || metric === 'mixed' ? threeDigits(value) : decimals[metric])
}

/** Times and quantities have three digits that count: 0.42, 7.25, 31.5, 118. */
function threeDigits(value: number): number {
  if (value === 0 || value >= 99.95)
    return 0
  return value < 9.995 ? 2 : 1
}

/** A cell in words that no format has escaped yet. */
export interface CellWords {
  /** "89.9 ± 0.6", "87.8" (one seed) or "–" (missing). */
  figure: string
  /** "†‡", and "⁺" where a test shows it better than the reference. */
  marks: string
  /** " (n=2)" where seeds are still missing, else "". */
  seeds: string
  /** The paper's figure as printed, or "". */
  reference: string
  isBest: boolean
  isMissing: boolean
}

/** What a cell's figure is: the row's, or its own in a mixed row. */
export function measureOf(cell: Pick<TableCell, 'measure'>, row: TableMeasure): TableMeasure {
  return cell.measure ?? row
}

/** The words of one cell; every text format prints these. */
export function wordCell(cell: TableCell, row: TableRow): CellWords {
  const { metric } = measureOf(cell, row)
  const [open, close] = cell.marks.includes('after-identity')
    ? ['(', ')']
    : ['', '']
  return {
    figure: cell.mean === null
      ? cell.text ?? '–'
      : open + [
        cell.mean,
        ...(cell.std === null
          ? []
          : [cell.std]),
      ].map(value => printFigure(value, metric)).join(' ± ') + close + (row.hasIntervals && cell.interval
        ? ` (${cell.interval.map(end => printFigure(end, metric)).join(' to ')})`
        : ''),
    marks: `${cell.marks.map(mark => tableMarks[mark]).join('')}${cell.test ? verdictMarks[cell.test.verdict] : ''}`,
    seeds: cell.mean !== null && cell.missing
      ? ` (n=${cell.n})`
      : '',
    reference: cell.referenceText ?? '',
    isBest: cell.best,
    isMissing: isEmptyCell(cell),
  }
}

const metricNames: Record<TableRow['metric'], string> = {
  'accuracy': 'accuracy',
  'mae': 'MAE',
  'error-rate': 'mean error rate',
  'cosine': 'cosine',
  'nrmse': 'nRMSE',
  'logme': 'LogME',
  'cka': 'linear CKA',
  'faces': 'faces',
  'images': 'images',
  'time': 'time',
  'quantity': '',
  'mixed': '',
}

/** "accuracy, % ↑": the metric, its unit and the direction that is better. */
export function wordMetric(row: TableMeasure): string {
  if (row.metric === 'faces' || row.metric === 'images' || row.metric === 'mixed')
    return metricNames[row.metric]
  return `${[metricNames[row.metric], row.unit].filter(Boolean).join(', ')} ${row.better === 'higher'
    ? '↑'
    : '↓'}`
}

/** A reason with the cells that share it. */
export interface MissingNote {
  cells: string
  reason: string
  command: string | null
}

/** Most cells that a note names one by one. */
const namedCells = 8

/** Why cells are empty or incomplete, each reason once, and the command that fills them. */
export function missingNotes(table: Table): MissingNote[] {
  const groups = new Map<string, { reason: string, command: string | null, rowsByMethod: Map<string, string[]> }>()
  for (const row of table.rows) {
    for (const method of table.columns) {
      const missing = row.cells[method]?.missing
      if (!missing)
        continue
      const id = JSON.stringify([missing.reason, missing.command])
      const group = groups.get(id) ?? {
        ...missing,
        rowsByMethod: new Map<string, string[]>(),
      }
      groups.set(id, group)
      group.rowsByMethod.set(method, [
        ...group.rowsByMethod.get(method) ?? [],
        row.knowledge,
      ])
    }
  }
  return [
    ...groups.values(),
  ].map(({ reason, command, rowsByMethod }) => {
    const count = [
      ...rowsByMethod.values(),
    ].reduce((sum, rows) => sum + rows.length, 0)
    const cells = count > namedCells
      ? `${count} cells (${[
        ...rowsByMethod.keys(),
      ].map(method => table.columnTitles[method] ?? method).join(', ')})`
      : [...rowsByMethod].map(([method, rows]) => `${table.columnTitles[method] ?? method} on ${rows.join(', ')}`).join('; ')
    // a reason that arrives as a sentence becomes part of a longer one
    return {
      cells,
      reason: reason.replace(/\.$/, ''),
      command,
    }
  })
}

/** Where the figures came from, in one line. */
export function wordProvenance({ study, provenance }: Table): string {
  const keys = provenance.keys.map(key => key.slice(0, 8))
  const some = keys.length > 6
    ? `${keys.slice(0, 6).join(' ')} and ${keys.length - 6} more (all in the JSON)`
    : keys.join(' ')
  return `Study ${study}, Facet ${provenance.version}, ${provenance.time}${keys.length > 0
    ? `, runs ${some}`
    : ''}`
}
