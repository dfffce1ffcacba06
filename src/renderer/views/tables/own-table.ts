import type { TableSelection } from '#shared/contract/tables.ts'
import type { Dimension, Pivot } from '#shared/pivot.ts'
import { SavedTableName } from '#shared/contract/tables.ts'
import { dimensions } from '#shared/pivot.ts'

/** Where a dimension stands in a table of one's own. */
export type Place = 'rows' | 'columns' | 'none'

/** What somebody fills in for a table of their own. Empty lists of a filter let everything through. */
export interface OwnTable {
  name: string
  places: Record<Dimension, Place>
  filter: Record<'knowledge' | 'method' | 'seed' | 'metric' | 'scope', string[]>
}

/** Words for what figures are put into rows and columns by. */
export const dimensionTitles: Record<Dimension, string> = { knowledge: 'Knowledge', method: 'Method', seed: 'Seed', data: 'Data set', task: 'Task', scope: 'Part of the protocol', metric: 'Metric' }

/** A new table: knowledge by method. */
export function newOwnTable(): OwnTable {
  return ownTableOf('', { rows: ['knowledge'], columns: ['method'], filter: {} })
}

/** A table as it was saved, to be changed. */
export function ownTableOf(name: string, { rows, columns, filter }: Pivot): OwnTable {
  const placeOf = (dimension: Dimension): Place => rows.includes(dimension) ? 'rows' : columns.includes(dimension) ? 'columns' : 'none'
  return {
    name,
    places: Object.fromEntries(dimensions.map(dimension => [dimension, placeOf(dimension)])) as OwnTable['places'],
    filter: {
      knowledge: filter.knowledge ?? [],
      method: filter.method ?? [],
      seed: (filter.seed ?? []).map(String),
      metric: filter.metric ?? [],
      scope: filter.scope ?? [],
    },
  }
}

/** The pivot that was filled in; null where rows or columns are still empty. */
export function pivotOf({ places, filter }: OwnTable): Pivot | null {
  const at = (place: Place): Dimension[] => dimensions.filter(dimension => places[dimension] === place)
  const [rows, columns] = [at('rows'), at('columns')]
  if (rows.length === 0 || columns.length === 0)
    return null
  return {
    rows,
    columns,
    filter: {
      ...filter.knowledge.length > 0 && { knowledge: filter.knowledge },
      ...filter.method.length > 0 && { method: filter.method },
      ...filter.seed.length > 0 && { seed: filter.seed.map(Number) },
      ...filter.metric.length > 0 && { metric: filter.metric as NonNullable<Pivot['filter']['metric']> },
      ...filter.scope.length > 0 && { scope: filter.scope as NonNullable<Pivot['filter']['scope']> },
    },
  }
}

/** Why a table cannot be saved under this name, or null. */
export function whyNoName(name: string, taken: readonly string[], own: string | null): string | null {
  if (name === '')
    return 'A name is needed.'
  if (!SavedTableName.safeParse(name).success)
    return 'Up to 80 letters, digits, spaces, dots, dashes and underscores, a letter or digit first.'
  return taken.includes(name) && name !== own ? `There is a table "${name}" already.` : null
}

/** A selection without the study and what only its name says, as it is kept. */
export function sameSelection(a: TableSelection, b: TableSelection): boolean {
  const plain = ({ title: _, ...rest }: TableSelection): string => JSON.stringify(Object.entries({ paper: true, std: true, ...rest }).filter(([, value]) => value !== undefined).sort(([one], [other]) => one.localeCompare(other)))
  return plain(a) === plain(b)
}
