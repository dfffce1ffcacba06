import type { StudyDetail } from '#shared/study-detail.ts'
import type { Table } from '#shared/table.ts'

/** A cell by the names of its row and column. */
export interface CellName { row: string, column: string }

/**
 * Keys of the runs that would fill a table's missing and incomplete cells, or one of them: those of its knowledge and method, of its data
 * set, or of its combiner, whatever the kind of table.
 */
export function runsOfMissing(table: Table, detail: StudyDetail, { cell, seeds }: { cell?: CellName, seeds?: readonly number[] }): string[] {
  const keys = table.rows.flatMap(row => table.columns
    .filter(column => row.cells[column]!.missing !== null && (!cell || (cell.row === row.knowledge && cell.column === column)))
    .flatMap(column => runsOfCell(row.knowledge, column, detail, seeds)))
  return [...new Set(keys)]
}

function runsOfCell(row: string, column: string, { cells, faces, reconstructions }: StudyDetail, seeds: readonly number[] | undefined): string[] {
  const isChosen = ({ seed }: { seed: number }): boolean => !seeds || seeds.includes(seed)
  const knowledge = row.replace(/ \(unseen\)$/, '')
  const transfers = cells.filter(one => one.knowledge === knowledge && one.method === column && isChosen(one)).flatMap(({ key }) => key ?? [])
  if (cells.some(one => one.knowledge === knowledge))
    return transfers
  const prepares = faces.filter(({ data }) => data === row).map(({ key }) => key)
  return prepares.length > 0
    ? prepares
    : reconstructions.filter(one => one.method === column && isChosen(one)).map(({ key }) => key)
}
