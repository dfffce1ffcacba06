import type { Rejected, Task } from '#shared/dataset.ts'
import type { CsvOptions, TableRow } from './csv.ts'
import { FacetError } from '#shared/errors.ts'
import { byCodeUnit } from './listing.ts'

/** A column of numbers with more different values than this is a regression unless the options say otherwise. */
const MOST_NUMBER_CLASSES = 20
/** A column of words with more different values than this is a name or a note, no label. */
const MOST_CLASSES = 1000

/** What the label columns of a table say. */
export interface TableLabels {
  tasks: Record<string, Task>
  /** By line of the table; a line with an empty field lacks that label, one whose number is none is missing here and rejected. */
  byLine: Map<number, Record<string, number>>
  rejected: Rejected[]
  notes: string[]
  /** The class that a line is stratified by: its first classification label. */
  stratumOf: (line: number) => string
}

/** Reads the label columns: those the options name, else every column by what it holds. */
export function readLabels(rows: TableRow[], columns: string[], options: CsvOptions, where: string): TableLabels {
  const { classification, regression, ignored } = chooseColumns(rows, columns, options, where)
  const { tasks, classesByColumn } = readClasses(rows, classification, options, where)
  const byLine = new Map<number, Record<string, number>>()
  const rejected: Rejected[] = []
  for (const { path, line, row } of rows) {
    const wrong = regression.find(column => !isNumber(row[column] ?? '') && row[column] !== '')
    if (wrong !== undefined) {
      rejected.push({ path, reason: `line ${line}: "${row[wrong]}" in column "${wrong}" is no number` })
      continue
    }
    byLine.set(line, Object.fromEntries([
      ...classification,
      ...regression,
    ].filter(column => row[column] !== '').map(column => [column, classesByColumn.get(column)?.get(row[column]!) ?? Number(row[column])])))
  }
  for (const column of regression) {
    tasks[column] = {
      kind: 'regression',
      label: column,
      unit: options.units[column] ?? '',
      range: rangeOf(byLine, column),
      protocol: options.protocol,
    }
  }
  const first = classification[0]
  return {
    tasks,
    byLine,
    rejected,
    notes: ignored.length > 0
      ? [`Columns that are no labels by what they hold: ${ignored.join(', ')}.`]
      : [],
    stratumOf: line => first === undefined
      ? ''
      : String(byLine.get(line)?.[first] ?? ''),
  }
}

function readClasses(rows: TableRow[], classification: string[], options: CsvOptions, where: string): { tasks: Record<string, Task>, classesByColumn: Map<string, Map<string, number>> } {
  const tasks: Record<string, Task> = {}
  const classesByColumn = new Map<string, Map<string, number>>()
  for (const column of classification) {
    const classes = [
      ...new Set(rows.map(({ row }) => row[column] ?? '').filter(value => value !== '')),
    ].sort(byClassName)
    if (classes.length < 2)
      throw new FacetError('bad-input', `Column "${column}" has ${classes.length} classes; at least 2 are needed.`, { where, hint: 'Leave it out of the option classification.' })
    tasks[column] = {
      kind: 'classification',
      label: column,
      classes,
      protocol: options.protocol,
    }
    classesByColumn.set(column, new Map(classes.map((title, number) => [title, number])))
  }
  return { tasks, classesByColumn }
}

function chooseColumns(rows: TableRow[], columns: string[], options: CsvOptions, where: string): { classification: string[], regression: string[], ignored: string[] } {
  const asked = [
    ...options.classification ?? [],
    ...options.regression ?? [],
  ]
  const unknown = asked.filter(column => !columns.includes(column))
  if (unknown.length > 0)
    throw new FacetError('bad-input', `The options name the label column "${unknown.join('", "')}"; the table has ${columns.join(', ')}.`, { where, hint: 'Give one of those.' })
  if (asked.length > 0)
    return { classification: options.classification ?? [], regression: options.regression ?? [], ignored: [] }

  const kinds = Map.groupBy(columns, column => kindOf(rows.map(({ row }) => row[column] ?? '').filter(value => value !== '')))
  const classification = kinds.get('classification') ?? []
  const regression = kinds.get('regression') ?? []
  if (rows.length > 0 && classification.length + regression.length === 0)
    throw new FacetError('bad-input', `No column of the table holds labels; it has ${columns.join(', ') || 'none but the path'}.`, { where, hint: 'Name them in the options classification and regression.' })
  return { classification, regression, ignored: kinds.get('none') ?? [] }
}

function kindOf(values: string[]): 'classification' | 'regression' | 'none' {
  const different = new Set(values).size
  if (different < 2)
    return 'none'
  if (values.every(isNumber)) {
    return different > MOST_NUMBER_CLASSES || values.some(value => !Number.isInteger(Number(value)))
      ? 'regression'
      : 'classification'
  }
  return different <= MOST_CLASSES && different <= values.length / 2
    ? 'classification'
    : 'none'
}

function isNumber(value: string): boolean {
  return value.trim() !== '' && Number.isFinite(Number(value))
}

function rangeOf(byLine: Map<number, Record<string, number>>, column: string): [number, number] {
  let [low, high] = [Infinity, -Infinity]
  for (const labels of byLine.values()) {
    const value = labels[column]
    if (value !== undefined) {
      [low, high] = [
        Math.min(low, value),
        Math.max(high, value),
      ]
    }
  }
  return low > high
    ? [0, 0]
    : [low, high]
}

/** Order of class names: numbers by value, else by code unit. */
function byClassName(a: string, b: string): number {
  return isNumber(a) && isNumber(b)
    ? Number(a) - Number(b)
    : byCodeUnit(a, b)
}
