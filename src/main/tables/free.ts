import type { Dimension, Pivot } from '#shared/pivot.ts'
import type { StudyDetail } from '#shared/study-detail.ts'
import type { MissingReason, TableCell, TableMark, TableMeasure, TableRow } from '#shared/table.ts'
import type { SeedValue } from './cells.ts'
import type { TableInput } from './input.ts'
import type { Scope } from './method-rows.ts'
import type { Reference } from './paper.ts'
import type { TableBuilder } from './table.ts'
import { mean } from '#shared/statistics.ts'
import { wordMetric } from '#shared/table-words.ts'
import { cellOf, textCell, withBest } from './cells.ts'
import { marksOf, measureOfKnowledge, methodLegend } from './method-rows.ts'
import { readPaperTables, targetReference } from './paper.ts'

/** One figure of one run, with everything that it can be put into a row or column by. */
interface Figure extends Record<Exclude<Dimension, 'seed' | 'scope'>, string> {
  seed: number
  scope: Scope | null
  measure: TableMeasure
  value: number
  key: string
  /** Of transfers alone. */
  test: Pick<SeedValue, 'count' | 'standardError' | 'interval'> | null
}

type Place = Pick<Figure, Dimension>

function transferFigures({ sources, knowledge, runs }: TableInput): Figure[] {
  return sources.flatMap(({ knowledge: name, method, seed, key, evaluations }) => {
    const own = knowledge.find(one => one.name === name)!
    const place = { knowledge: name, method, data: own.data, task: own.task, seed, key }
    const durationMs = runs.get(key)?.durationMs ?? null
    return [
      ...evaluations.map(({ scope, value, count, standardError, interval }): Figure => {
        const measure = measureOfKnowledge(own)
        return { ...place, scope, metric: measure.metric, measure, value, test: { count, standardError, interval } }
      }),
      ...durationMs === null ? [] : [{ ...place, scope: null, metric: 'time', measure: { metric: 'time', unit: 's', better: 'lower' }, value: durationMs / 1000, test: null } satisfies Figure],
    ]
  })
}

function reconstructionFigures({ reconstructions }: TableInput): Figure[] {
  return reconstructions.flatMap(({ method, seed, key, values }) => Object.entries(values).map(([teacher, value]): Figure => ({
    knowledge: teacher,
    method,
    data: 'unlabelled',
    task: 'reconstruction',
    seed,
    scope: null,
    metric: 'nrmse',
    measure: { metric: 'nrmse', unit: '', better: 'lower' },
    value,
    key,
    test: null,
  })))
}

/** Whether what is known of a place passes a filter; what a run cannot say (its metric, its scope) is left to its figures. */
function passesFilter(place: Partial<Place>, filter: Pivot['filter'], dimensions: readonly (keyof Pivot['filter'])[]): boolean {
  return dimensions.every((dimension) => {
    const [wanted, value] = [filter[dimension] as readonly (string | number)[] | undefined, place[dimension]]
    return wanted === undefined || value === undefined || (value !== null && wanted.includes(value))
  })
}

/** Whether a figure is asked for. Parts that nothing saw, times and nRMSE are only where they are named. */
function isWanted(figure: Place, { filter }: Pivot): boolean {
  const isUsual = figure.scope !== 'unseen' && figure.metric !== 'time' && figure.metric !== 'nrmse'
  const isNamed = (filter.scope !== undefined && figure.scope !== null) || filter.metric !== undefined
  return (isUsual || isNamed)
    && (figure.scope === null ? filter.scope === undefined : filter.scope?.includes(figure.scope) ?? figure.scope !== 'unseen')
    && passesFilter(figure, filter, ['knowledge', 'method', 'seed', 'data', 'task', 'metric'])
}

const allDimensions: Dimension[] = ['knowledge', 'method', 'seed', 'data', 'task', 'scope', 'metric']

function nameOf(place: Place, dimensions: readonly Dimension[]): string {
  return dimensions.map((dimension) => {
    const value = place[dimension]
    return dimension === 'seed' ? `seed ${value}` : String(value ?? '–')
  }).join(', ')
}

/** What a cell averages over: everything that stands neither in rows nor in columns, but seeds. */
function restOf(pivot: Pivot): Dimension[] {
  return allDimensions.filter(dimension => dimension !== 'seed' && ![...pivot.rows, ...pivot.columns].includes(dimension))
}

/** The study's cells as places, before any run is done: rows and columns that have nothing yet. */
function expected({ cells, knowledge, sources }: TableInput): Place[] {
  return cells.flatMap(({ knowledge: name, method, seed }) => {
    const own = knowledge.find(one => one.name === name)
    if (!own)
      return []
    const scopes = new Set(sources.filter(source => source.knowledge === name).flatMap(source => source.evaluations.map(({ scope }) => scope)))
    return [...scopes.size > 0 ? scopes : ['test' as const]].map(scope => ({ knowledge: name, method, seed, data: own.data, task: own.task, scope, metric: measureOfKnowledge(own).metric }))
  })
}

/** Figures and places by the names of their row and column. */
interface Parts { pivot: Pivot, figures: Map<string, Figure[]>, places: Map<string, Place[]>, input: TableInput }

function cellName(row: string, column: string): string {
  return `${row}\n${column}`
}

function byCell<P extends Place>(places: readonly P[], { rows, columns }: Pivot): Map<string, P[]> {
  return Map.groupBy(places, place => cellName(nameOf(place, rows), nameOf(place, columns)))
}

function cell(row: string, column: string, { pivot, figures, places, input }: Parts): TableCell {
  const own = figures.get(cellName(row, column)) ?? []
  const wanted = places.get(cellName(row, column)) ?? []
  if (own.length === 0)
    return cellOf([], { reference: referenceOf(wanted, pivot), missing: missingOf(wanted, input) })
  const [first] = own
  if (own.some(({ measure }) => measure.metric !== first!.measure.metric || measure.unit !== first!.measure.unit))
    return { ...textCell('mixed'), note: 'figures of different kinds have no average: put knowledge or metric into rows or columns, or filter by them' }
  const seeds = seedValues(own)
  const varying = restOf(pivot).filter(dimension => new Set([...own, ...wanted].map(place => place[dimension])).size > 1)
  // a knowledge says its data set and task too
  const rest = varying.includes('knowledge') ? varying.filter(dimension => dimension !== 'data' && dimension !== 'task') : varying
  const kinds = (some: readonly Place[]): string[] => [...new Set(some.map(place => nameOf(place, rest)))]
  const [have, all] = [kinds(own), kinds(wanted)]
  const lacking = all.filter(kind => !have.includes(kind))
  const isOne = have.length === 1 && own.every(({ test }) => test !== null)
  return {
    ...cellOf(seeds.map(({ figures: [only], ...seed }) => ({ ...seed, ...isOne && only!.test })), {
      reference: referenceOf(own, pivot),
      marks: marks(own, input),
      missing: lacking.length > 0 ? { reason: `rests on ${have.length} of ${all.length}: without ${lacking.join('; ')}`, command: input.runCommand } : seedsMissing(seeds.length, wanted, input),
    }),
    keys: [...new Set(seeds.flatMap(({ figures }) => figures.map(({ key }) => key)))],
    measure: first!.measure,
    ...have.length > 1 && { note: `mean over ${have.join('; ')}` },
  }
}

/** The mean of each seed over what a cell averages over; a seed that lacks some of it would not be comparable and is left out. */
function seedValues(own: readonly Figure[]): (SeedValue & { figures: Figure[] })[] {
  const seeds = [...Map.groupBy(own, ({ seed }) => seed)]
  const most = Math.max(...seeds.map(([, figures]) => figures.length))
  return seeds.filter(([, figures]) => figures.length === most).map(([seed, figures]) => ({ seed, figures, key: figures.map(({ key }) => key).toSorted().join(), value: mean(figures.map(({ value }) => value)) }))
}

function marks(own: readonly Figure[], input: TableInput): TableMark[] {
  return [...new Set(own.flatMap(({ knowledge, method, scope }) => marksOf(knowledge, method, scope, input)))]
}

function seedsMissing(whole: number, wanted: readonly Place[], input: TableInput): MissingReason | null {
  const all = new Set(wanted.map(({ seed }) => seed)).size
  return whole < all ? { reason: `${whole} of ${all} seeds are done`, command: input.runCommand } : null
}

function missingOf(wanted: readonly Place[], input: TableInput): MissingReason {
  const [first] = wanted
  if (!first)
    return { reason: 'the study has no such figure', command: null }
  const told = input.missing.find(({ knowledge, method }) => wanted.some(place => place.knowledge === knowledge && place.method === method))
  return told ? { reason: told.reason, command: told.command } : { reason: 'not computed yet', command: input.runCommand }
}

/** The paper's figure, where the cell is one method on one knowledge. */
function referenceOf(places: readonly Place[], { rows, columns }: Pivot): Reference | null {
  const [first] = places
  const dimensions = [...rows, ...columns]
  if (!first || first.scope === 'unseen' || first.scope === null || !dimensions.includes('knowledge') || !dimensions.includes('method'))
    return null
  return targetReference(readPaperTables(), first.knowledge, first.method)
}

/** A row whose cells are all measured alike has their measure, and its best marked; another is mixed. */
function rowOf(name: string, columns: readonly string[], parts: Parts): TableRow {
  const cells = Object.fromEntries(columns.map(column => [column, cell(name, column, parts)]))
  const measures = new Set(Object.values(cells).flatMap(({ measure }) => measure ? [JSON.stringify(measure)] : []))
  const measure = measures.size === 1 ? JSON.parse([...measures][0]!) as TableMeasure : { metric: 'mixed', unit: '', better: 'higher' } as const
  const scopes = new Set(columns.flatMap(column => parts.figures.get(cellName(name, column)) ?? []).map(({ scope }) => scope))
  // answers per sample can be compared where each cell is of one knowledge
  const scope = parts.pivot.rows.includes('knowledge') && scopes.size === 1 ? [...scopes][0]! : null
  const plain = measures.size === 1 ? Object.fromEntries(Object.entries(cells).map(([column, { measure: _, ...rest }]) => [column, rest])) : cells
  const row: TableRow = { knowledge: name, ...measure, scope, cells: plain }
  return measures.size === 1 ? withBest(row) : row
}

/** The best of each column marked, where rows are methods and a column is of one kind. */
function withBestOfColumns(rows: TableRow[], columns: readonly string[]): TableRow[] {
  return columns.reduce((done, column) => {
    const measures = new Set(done.flatMap(({ cells }) => cells[column]!.measure ? [JSON.stringify(cells[column]!.measure)] : []))
    if (measures.size !== 1)
      return done
    const measure = JSON.parse([...measures][0]!) as TableMeasure
    const best = withBest({ knowledge: column, ...measure, scope: null, cells: Object.fromEntries(done.map(({ cells }, i) => [i, cells[column]!])) })
    return done.map((row, i) => ({ ...row, cells: { ...row.cells, [column]: best.cells[i]! } }))
  }, rows)
}

function columnTitles(columns: readonly string[], rows: readonly TableRow[]): Record<string, string> {
  return Object.fromEntries(columns.map((column) => {
    const measures = new Set(rows.flatMap(({ cells }) => cells[column]!.measure ? [wordMetric(cells[column]!.measure)] : []))
    return [column, measures.size === 1 ? `${column} (${[...measures][0]})` : column]
  }))
}

/** A table of these rows and columns. */
export function freeTable(pivot: Pivot): TableBuilder {
  return {
    name: 'free',
    title: `${pivot.rows.join(' and ')} by ${pivot.columns.join(' and ')}`,
    paper: '',
    build(input) {
      const figures = [...transferFigures(input), ...reconstructionFigures(input)].filter(figure => isWanted(figure, pivot))
      const places = [...expected(input).filter(place => isWanted(place, pivot)), ...figures]
      const parts = { pivot, figures: byCell(figures, pivot), places: byCell(places, pivot), input }
      const namesOf = (dimensions: readonly Dimension[]): string[] => [...new Set(places.map(place => nameOf(place, dimensions)))]
      const columns = namesOf(pivot.columns)
      const rows = namesOf(pivot.rows).map(row => rowOf(row, columns, parts))
      const isMixed = rows.some(({ metric, cells }) => metric === 'mixed' && Object.values(cells).some(({ measure }) => measure !== undefined)) // a row without figures is of no kind yet
      const rest = restOf(pivot).filter(dimension => new Set(figures.map(figure => figure[dimension])).size > 1 && !['data', 'task', 'metric', 'scope'].includes(dimension))
      return {
        rowTitle: pivot.rows.join(', '),
        columns,
        columnTitles: columnTitles(columns, isMixed ? rows : []),
        rows: isMixed ? withBestOfColumns(rows, columns) : rows,
        legend: places.length === 0
          ? ['No figure of the study passes the filter.']
          : [
              ...rest.length > 0 ? [`Averaged over ${rest.join(' and ')}, seed by seed.`] : [],
              ...isMixed ? ['The best of a column is bold: its rows are measured alike.'] : [],
              ...Object.entries(pivot.filter).flatMap(([name, values]) => values ? [`Only ${name} ${values.join(', ')}.`] : []),
              ...methodLegend(rows, input, isMixed ? [] : rows.filter(({ scope }) => scope !== null)),
            ],
      }
    },
    runs: (row, column, detail) => runsOf(row, column, pivot, detail),
  }
}

function runsOf(row: string, column: string, pivot: Pivot, { cells, reconstructions }: StudyDetail): { seed?: number, key: string | null }[] {
  const isHere = (place: Partial<Place>, name: string, dimensions: readonly Dimension[]): boolean => {
    const words = name.split(', ')
    return dimensions.every((dimension, i) => place[dimension] === undefined || nameOf(place as Place, [dimension]) === words[i])
  }
  const fits = (place: Partial<Place>): boolean => isHere(place, row, pivot.rows) && isHere(place, column, pivot.columns) && passesFilter(place, pivot.filter, ['knowledge', 'method', 'seed', 'data', 'task'])
  return pivot.filter.metric?.join() === 'nrmse'
    ? reconstructions.filter(({ method, seed }) => fits({ method, seed }))
    : cells.filter(({ knowledge, method, seed, data, task }) => fits({ knowledge, method, seed, data, task }))
}
