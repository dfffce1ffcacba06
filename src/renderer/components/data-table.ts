/** A column of DataTable. Rows are virtual, so widths are said, not found: tracks of a CSS grid. */
export interface Column<Row> {
  key: string
  title: string
  /**
   * A CSS grid track.
   *
   * @default 'minmax(80px, 1fr)'
   */
  width?: string
  align?: 'left' | 'right' | 'center'
  /** What a cell shows where no slot `cell-KEY` does, and what the column is sorted by; null goes last. */
  value: (row: Row) => string | number | null
  /**
   * Whether a person may sort by it.
   *
   * @default true
   */
  sortable?: boolean
  /** The title in full, for readers and as a tooltip, where the visible one is short. */
  help?: string
}

export interface Sort { key: string, descending: boolean }

const collator = new Intl.Collator('en-GB', { numeric: true, sensitivity: 'base' })

/** The rows in another order: numbers by size, words by the alphabet with numbers in them by size, missing values last either way. */
export function sortRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort | null): readonly Row[] {
  const column = sort && columns.find(({ key }) => key === sort.key)
  if (!column)
    return rows
  const direction = sort.descending ? -1 : 1
  return rows
    .map(row => ({ row, value: column.value(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null)
        return Number(a.value === null) - Number(b.value === null)
      return direction * (typeof a.value === 'number' && typeof b.value === 'number'
        ? a.value - b.value
        : collator.compare(String(a.value), String(b.value)))
    })
    .map(({ row }) => row)
}

/** What a click on a column's title asks for: ascending, then descending, then as the rows came. */
export function nextSort(sort: Sort | null, key: string): Sort | null {
  if (sort?.key !== key)
    return { key, descending: false }
  return sort.descending ? null : { key, descending: true }
}
