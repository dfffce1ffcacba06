import type { Pivot } from '#shared/pivot.ts'
import type { StudyDetail } from '#shared/study-detail.ts'
import type { Table } from '#shared/table.ts'
import type { TableInput } from './input.ts'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'
import { usualPivot } from '#shared/pivot.ts'
import { claims } from './claims.ts'
import { combiners } from './combiners.ts'
import { cost } from './cost.ts'
import { faces } from './faces.ts'
import { freeTable } from './free.ts'
import { knowledge } from './knowledge.ts'
import { labels } from './labels.ts'
import { noticesOf } from './notices.ts'
import { reconstruction } from './reconstruction.ts'
import { size } from './size.ts'
import { source } from './source.ts'
import { subgroups } from './subgroups.ts'
import { target } from './target.ts'
import { teachers } from './teachers.ts'
import { time } from './time.ts'

/** A kind of table: what it is called and how a study's results become its rows. */
export interface TableBuilder {
  name: string
  title: string
  /** The paper's table that it answers; empty where it has none. */
  paper: string
  /** What has to be read for it that no other table needs: answers per sample by group. */
  needs?: 'groups'
  /** Where there is nothing to show, the legend alone says why. */
  build: (input: TableInput) => Pick<Table, 'rowTitle' | 'columns' | 'columnTitles' | 'rows' | 'figure' | 'legend'>
  /** The runs that a cell is made of, those of one seed with their seed; a null key is a run that cannot be. */
  runs: (row: string, column: string, detail: StudyDetail) => { seed?: number, key: string | null }[]
}

/** All kinds of table, in the paper's order. Adding one is a file and a line here. */
export const tableBuilders: TableBuilder[] = [knowledge, faces, target, source, reconstruction, combiners, size, labels, time, cost, teachers, subgroups, claims]

const common = ['mean ± sample standard deviation over seeds; without ± there is one seed, or the seed changes nothing.']

/** Names of all kinds, the table of anybody's own rows and columns included. */
export const tableKinds: string[] = [...tableBuilders.map(({ name }) => name), 'free']

/** The kind of this name; `free` is made of its pivot. Refuses a name that does not exist, with the nearest one that does. */
export function requireBuilder(name: string, pivot: Pivot = usualPivot): TableBuilder {
  if (name === 'free')
    return freeTable(pivot)
  const builder = tableBuilders.find(candidate => candidate.name === name)
  if (!builder) {
    throw new FacetError('usage', `There is no table "${name}".`, {
      hint: suggestName(name, tableKinds),
    })
  }
  return builder
}

/** Words that stand where a table's name would in `facet table`. */
const reserved = ['save', 'list', 'remove']

/** Refuses what cannot be saved as a table of anybody's own: a kind that does not exist, or a name that means something else already. */
export function checkOwnTable(name: string, selection: { name: string, pivot?: Pivot }): void {
  requireBuilder(selection.name, selection.pivot)
  if ([...tableKinds, ...reserved].includes(name))
    throw new FacetError('usage', `"${name}" is a kind of table or a command; a saved table needs a name of its own.`, { hint: `Call it "my ${name}".` })
}

/** The table of this name. @throws FacetError where there is none */
export function buildTable(name: string, input: TableInput, pivot?: Pivot): Table {
  const builder = requireBuilder(name, pivot)
  const { rowTitle, columns, columnTitles, rows, figure, legend } = builder.build(input)
  return {
    table: builder.name,
    study: input.study,
    title: builder.title,
    paper: builder.paper,
    rowTitle,
    columns,
    columnTitles,
    rows,
    figure,
    legend: rows.length === 0 || columns.length === 0
      ? legend
      : [
          ...rows.some(({ metric, cells }) => metric !== 'faces' && Object.values(cells).some(({ keys }) => keys.length > 0)) ? common : [],
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
