import type { Parsed } from '#shared/contract.ts'
import type { Table } from '#shared/table.ts'
import type { TableInput } from './input.ts'
import type { ReadStudy } from './read-study.ts'
import type { ReadScores, TestMemory } from './significance.ts'
import { FacetError } from '#shared/errors.ts'
import { readGroups } from './read-groups.ts'
import { selectCells, withSeeds } from './select.ts'
import { testAgainst } from './significance.ts'
import { readScoresOf } from './study-scores.ts'
import { buildTable, requireBuilder } from './table.ts'

export type Selection = Parsed<'tables.build'>

type Groups = Pick<TableInput, 'groupings' | 'groupFigures'>

/** What was computed from sealed answers and so never changes: tests, and figures of groups. */
export interface TableMemory { tests: TestMemory, groups: Map<string, Groups> }

/** Studies whose figures of groups are kept. */
const mostGroups = 12

/** Whether columns can be tested against each other: rows of groups keep figures, but no answers that a test could read group by group. */
export function canTest({ rows, columns }: Table, { name, pivot }: Pick<Selection, 'name' | 'pivot'>): boolean {
  return requireBuilder(name, pivot).needs !== 'groups' && rows.some(({ scope }) => scope !== null) && columns.length > 1
}

/**
 * A table as it was asked for, and the whole of it.
 *
 * @throws FacetError 'usage' where a test is asked for of rows that are groups
 */
export async function buildSelection(read: ReadStudy, selection: Selection, memory: TableMemory): Promise<{ table: Table, whole: Table }> {
  if (selection.reference !== undefined && requireBuilder(selection.name, selection.pivot).needs === 'groups')
    throw new FacetError('usage', `Columns of ${selection.name} cannot be tested against each other: its rows are groups of the test samples.`, { hint: 'Test the whole of them: facet table target --test COLUMN.' })
  const readScores = readScoresOf(read)
  const input = await completeInput(read, withSeeds(read.input, selection.seeds), selection, { readScores, memory })
  const built = buildTable(selection.name, input, selection.pivot)
  const whole = selection.title === undefined ? built : { ...built, title: selection.title }
  const table = selectCells(whole, selection)
  return {
    whole,
    table: selection.reference === undefined
      ? table
      : await testAgainst(table, selection.reference, { read: readScores, memory: memory.tests }),
  }
}

/** The input with what only some tables need. */
async function completeInput({ packOf }: ReadStudy, input: TableInput, { name, by, pivot }: Selection, { readScores, memory }: { readScores: ReadScores, memory: TableMemory }): Promise<TableInput> {
  if (requireBuilder(name, pivot).needs !== 'groups')
    return input
  const id = JSON.stringify([input.study, by, input.sources.map(({ knowledge, method, key }) => [knowledge, method, key])])
  const groups = memory.groups.get(id) ?? await readGroups(input, { by, packOf, read: readScores })
  memory.groups.delete(id)
  memory.groups.set(id, groups)
  if (memory.groups.size > mostGroups)
    memory.groups.delete(memory.groups.keys().next().value!)
  return { ...input, ...groups }
}
