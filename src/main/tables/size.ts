import type { TableCell, TableFigure, TableRow } from '#shared/table.ts'
import type { TableCombiner, TableInput } from './input.ts'
import type { TableBuilder } from './table.ts'
import { withBest } from './cells.ts'
import { readPaperTables, reconstructionReference, targetReference } from './paper.ts'
import { reconstruction } from './reconstruction.ts'
import { target } from './target.ts'

type SizeFigure = Extract<TableFigure, { kind: 'size' }>

/** The row above the knowledge: how well the embeddings are rebuilt, on average. */
const rebuilt = 'Reconstruction'
/** Size of the paper's h_G in Tables 3, 5 and 6. */
const paperSize = 1024

const advice = 'The study has no combiner in several sizes. Give it some in its recipe, and name them among its methods: stages: { combine: [{ name: ae-64, kind: ae, size: 64 }, { name: ae-256, kind: ae, size: 256 }] }, methods: [ae-64, ae-256].'

/** Combiners that differ in size alone, at least two of a line, those of the study's methods. */
function linesOf({ combiners, methods }: Pick<TableInput, 'combiners' | 'methods'>): TableCombiner[][] {
  const compared = combiners.filter(({ name }) => methods.includes(name))
  return [...Map.groupBy(compared, ({ settings }) => settings).values()]
    .filter(line => new Set(line.map(({ size }) => size)).size > 1)
    .map(line => line.toSorted((a, b) => a.size - b.size))
}

function figureOf(lines: TableCombiner[][], { combiners, target, knowledge }: TableInput): SizeFigure {
  const paper = readPaperTables()
  const figures = [
    [rebuilt, reconstructionReference(paper, 'Average', 'ae')] as const,
    ...knowledge.map(({ name }) => [name, targetReference(paper, name, 'ae')] as const),
  ]
  const kinds = lines.map(([first]) => first!.kind)
  return {
    kind: 'size',
    lines: lines.map((line) => {
      const { kind, name } = line[0]!
      return {
        title: kinds.indexOf(kind) === kinds.lastIndexOf(kind) ? kind : `${kind}, set as in ${name}`,
        points: line.map(({ name: column, size }) => ({ column, size })),
      }
    }),
    ownSize: combiners.find(({ name }) => name === target)?.size ?? null,
    paper: Object.fromEntries(figures.flatMap(([row, figure]) => figure ? [[row, figure.value]] : [])),
    paperSize,
  }
}

/** A row of these columns alone. The paper's figures are of one size of its own: they are beside no cell. */
function rowOf(row: TableRow, columns: readonly string[]): TableRow {
  const cells = columns.map((column): [string, TableCell] => [column, { ...row.cells[column]!, reference: null, referenceText: null, referenceSource: null }])
  return withBest({ ...row, cells: Object.fromEntries(cells) })
}

/** What the size of h_G does to reconstruction and transfer. Vielzeuf et al. 2019, Section 4.4, Figure 2. */
export const size: TableBuilder = {
  name: 'size',
  title: 'Size of the fused embedding',
  paper: 'Figure 2',
  build(input) {
    const lines = linesOf(input)
    const columns = lines.flat().map(({ name }) => name)
    if (columns.length === 0)
      return { rowTitle: 'knowledge', columns: [], columnTitles: {}, rows: [], legend: [advice] }
    const swept = { ...input, methods: columns, reconstructed: columns }
    const transfers = target.build(swept)
    const { rows: [...embeddings] } = reconstruction.build(swept)
    const titles = lines.flatMap(line => line.map(({ name, kind, size }) => [name, kind === name.replace(/-\d+$/, '') || lines.length === 1 ? `${kind} ${size}` : `${name} (${size})`]))
    return {
      rowTitle: 'knowledge',
      columns,
      columnTitles: Object.fromEntries(titles),
      rows: [{ ...embeddings.at(-1)!, knowledge: rebuilt }, ...transfers.rows].map(row => rowOf(row, columns)),
      figure: figureOf(lines, input),
      legend: [
        `${rebuilt}: nRMSE on faces that nothing learnt from, average of the teachers' embeddings; a constant answer has 1.`,
        'Each size is a combiner trained anew, with a head on its h_G.',
        ...transfers.legend,
      ],
    }
  },
  runs: (row, column, detail) => row === rebuilt
    ? reconstruction.runs(row, column, detail)
    : target.runs(row, column, detail),
}
