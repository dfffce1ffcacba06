import type { Table } from '#shared/table.ts'
import type { TableInput } from './input.ts'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'
import { faces } from './faces.ts'
import { noticesOf } from './notices.ts'
import { reconstruction } from './reconstruction.ts'
import { target } from './target.ts'

/** A kind of table: what it is called and how a study's results become its rows. */
export interface TableBuilder {
  name: string
  title: string
  /** The paper's table that it answers. */
  paper: string
  build: (input: TableInput) => Pick<Table, 'rowTitle' | 'columns' | 'columnTitles' | 'rows' | 'legend'>
}

/** All kinds of table, in the paper's order. Adding one is a file and a line here. */
export const tableBuilders: TableBuilder[] = [faces, target, reconstruction]

const common = ['mean ± sample standard deviation over seeds; without ± there is one seed, or the seed changes nothing.']

/** The table of this name. Refuses a name that does not exist, with the nearest one that does. */
export function buildTable(name: string, input: TableInput): Table {
  const builder = tableBuilders.find(candidate => candidate.name === name)
  if (!builder) {
    throw new FacetError('usage', `There is no table "${name}".`, {
      hint: suggestName(name, tableBuilders.map(candidate => candidate.name)),
    })
  }
  const { rowTitle, columns, columnTitles, rows, legend } = builder.build(input)
  return {
    table: builder.name,
    study: input.study,
    title: builder.title,
    paper: builder.paper,
    rowTitle,
    columns,
    columnTitles,
    rows,
    legend: [
      ...common,
      ...legend,
    ],
    notices: noticesOf(input),
    provenance: {
      version: input.version,
      time: input.time,
      keys: [
        ...new Set(rows.flatMap(row => Object.values(row.cells).flatMap(cell => cell.keys))),
      ].toSorted(),
    },
  }
}
