import type { Table, TableCell } from '#shared/table.ts'

/** A cell with figures over three seeds. */
export function cell(changes: Partial<TableCell> = {}): TableCell {
  return { mean: 90, std: 1, n: 3, values: [89, 90, 91], reference: null, referenceText: null, referenceSource: null, best: false, marks: [], missing: null, count: 358, standardError: 1, interval: [87, 93], keys: ['a'.repeat(64)], ...changes }
}

/** A table of one row with these cells. */
export function tableOf(cells: Record<string, TableCell>): Table {
  return {
    table: 'target',
    study: 'small',
    title: 'Methods on target knowledge',
    paper: 'Table 3',
    rowTitle: 'knowledge',
    columns: Object.keys(cells),
    columnTitles: Object.fromEntries(Object.keys(cells).map(name => [name, name])),
    rows: [{ knowledge: 'Gender <UTK>', metric: 'accuracy', unit: '%', better: 'higher', scope: 'test', cells }],
    legend: [],
    notices: [],
    provenance: { version: '0.1.0', time: '', keys: [] },
  }
}
