import type { Pivot } from '#shared/pivot.ts'
import type { StudyDetail } from '#shared/study-detail.ts'
import type { Table } from '#shared/table.ts'
import { requireBuilder } from './table.ts'

/** A cell by the names of its row and column. */
export interface CellName { row: string, column: string }

/** Keys of the runs that would fill a table's missing and incomplete cells, or one of them. */
export function runsOfMissing(table: Table, detail: StudyDetail, { cell, seeds, pivot }: { cell?: CellName, seeds?: readonly number[], pivot?: Pivot }): string[] {
  const { runs } = requireBuilder(table.table, pivot)
  const keys = table.rows.flatMap(row => table.columns
    .filter(column => row.cells[column]!.missing !== null && (!cell || (cell.row === row.knowledge && cell.column === column)))
    .flatMap(column => runs(row.knowledge, column, detail))
    .flatMap(({ seed, key }) => key !== null && (!seeds || seed === undefined || seeds.includes(seed)) ? [key] : []))
  return [...new Set(keys)]
}
