import type { TableCell, TableRow } from '#shared/table.ts'
import type { SeedValue } from './cells.ts'
import type { TableDataset, TableInput } from './input.ts'
import type { Reference } from './paper.ts'
import type { TableBuilder } from './table.ts'
import { cellOf } from './cells.ts'
import { facesReference, readPaperTables } from './paper.ts'

function countCell(dataset: TableDataset, count: number | null, reference: Reference | null, input: TableInput): TableCell {
  const values: SeedValue[] = count === null
    ? []
    : [
        { seed: 0, key: dataset.key ?? '', value: count },
      ]
  const cell = cellOf(values, {
    reference,
    missing: count === null
      ? { reason: 'its photographs are not prepared yet', command: input.runCommand }
      : null,
  })
  return {
    ...cell,
    keys: dataset.key === null
      ? []
      : [dataset.key],
  }
}

function rowOf(dataset: TableDataset, input: TableInput): TableRow {
  const paper = readPaperTables()
  return {
    knowledge: dataset.name,
    metric: 'faces',
    unit: '',
    better: 'higher',
    scope: null,
    cells: {
      'found': countCell(dataset, dataset.found, facesReference(paper, dataset.format, 'detected'), input),
      'not-found': countCell(dataset, dataset.notFound, facesReference(paper, dataset.format, 'undetected'), input),
    },
  }
}

/** Share of photographs without a face, in words, per data set. */
function shares(datasets: TableDataset[]): string[] {
  const parts = datasets.flatMap(({ name, found, notFound }) => found === null || notFound === null || found + notFound === 0
    ? []
    : [`${name} ${(100 * notFound / (found + notFound)).toFixed(2)} %`])
  return parts.length > 0
    ? [`Not found: ${parts.join(', ')}.`]
    : []
}

/** Faces found and not found on each data set. Vielzeuf et al. 2019, Table 2. */
export const faces: TableBuilder = {
  name: 'faces',
  title: 'Faces found and not found',
  paper: 'Table 2',
  build(input) {
    const photographs = input.datasets.filter(({ aligned }) => !aligned)
    const ready = input.datasets.filter(({ aligned }) => aligned).map(({ name }) => name)
    return {
      rowTitle: 'data set',
      columns: ['found', 'not-found'],
      columnTitles: { 'found': 'found', 'not-found': 'not found' },
      rows: photographs.map(dataset => rowOf(dataset, input)),
      legend: [
        ...shares(photographs),
        ...(ready.length > 0
          ? [`Ready crops, nothing was looked for: ${ready.join(', ')}.`]
          : []),
      ],
    }
  },
  runs: (row, _column, { faces }) => faces.filter(({ data }) => data === row),
}
