import type { Parsed } from '#shared/contract.ts'
import type { Table, TableFigure, TableRow } from '#shared/table.ts'
import type { TableInput } from './input.ts'
import { withBest } from './cells.ts'

type Selection = Parsed<'tables.build'>

/** What the workspace knows, of the chosen seeds alone. */
export function withSeeds(input: TableInput, seeds: readonly number[] | undefined): TableInput {
  if (!seeds)
    return input
  const isChosen = ({ seed }: { seed: number }): boolean => seeds.includes(seed)
  return {
    ...input,
    seeds: method => input.seeds(method).filter(seed => seeds.includes(seed)),
    sources: input.sources.filter(isChosen),
    reconstructions: input.reconstructions.filter(isChosen),
    cells: input.cells.filter(isChosen),
  }
}

/** The chosen rows and columns of a table, columns in the order asked for; the best figures of rows that are ranked are those of what is left. */
export function selectCells(table: Table, { rows, columns, paper, std }: Pick<Selection, 'rows' | 'columns' | 'paper' | 'std'>): Table {
  const chosen = columns
    ? columns.filter(column => table.columns.includes(column))
    : table.columns
  const kept = table.rows.filter(row => !rows || rows.includes(row.knowledge)).map((row) => {
    const trimmed = trim(row, chosen, { paper, std })
    const isRanked = Object.values(row.cells).some(({ best }) => best)
    return columns && isRanked ? withBest(trimmed) : trimmed
  })
  const changed = {
    ...table,
    columns: chosen,
    rows: kept,
    figure: table.figure && trimFigure(table.figure, { columns: chosen, rows: kept.map(({ knowledge }) => knowledge), paper }),
  }
  return {
    ...changed,
    provenance: {
      ...table.provenance,
      keys: [...new Set(changed.rows.flatMap(row => Object.values(row.cells).flatMap(cell => cell.keys)))].toSorted(),
    },
  }
}

/** What a figure draws of the chosen rows and columns. */
function trimFigure(figure: TableFigure, { columns, rows, paper }: { columns: readonly string[], rows: readonly string[], paper: boolean }): TableFigure {
  if (figure.kind === 'selection') {
    return {
      ...figure,
      choices: figure.choices.filter(({ column }) => columns.includes(column)),
      combinations: figure.combinations.filter(({ row, column }) => rows.includes(row) && columns.includes(column)),
      line: figure.line !== null && columns.includes(figure.line) ? figure.line : null,
    }
  }
  if (figure.kind !== 'size')
    return figure
  return {
    ...figure,
    lines: figure.lines
      .map(line => ({ ...line, points: line.points.filter(({ column }) => columns.includes(column)) }))
      .filter(({ points }) => points.length > 0),
    paper: paper ? figure.paper : {},
  }
}

function trim(row: TableRow, columns: readonly string[], { paper, std }: { paper: boolean, std: boolean }): TableRow {
  const cells = columns.map((column): [string, TableRow['cells'][string]] => {
    const cell = row.cells[column]!
    return [column, {
      ...cell,
      ...paper ? {} : { reference: null, referenceText: null, referenceSource: null },
      ...std ? {} : { std: null },
    }]
  })
  return { ...row, cells: Object.fromEntries(cells) }
}
