import type { Evaluation } from '#shared/order.ts'
import type { CellTest, Table } from '#shared/table.ts'
import type { SampleScore } from './compare.ts'
import type { PairedTest } from './paired.ts'
import { setImmediate } from 'node:timers/promises'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'
import { averageScores, correct, pairedTest } from './paired.ts'

/** Scores of one run's test samples; null where it has none. */
export type ReadScores = (key: string, scope: Evaluation['scope']) => Promise<SampleScore[] | null>

/** Tests that were made: what they rest on never changes, so neither do they. */
export interface TestMemory { get: (id: string) => PairedTest | null | undefined, set: (id: string, test: PairedTest | null) => void }

/** A memory that forgets the oldest beyond `most`. */
export function createTestMemory(most = 5000): TestMemory {
  const tests = new Map<string, PairedTest | null>()
  return {
    get: id => tests.get(id),
    set: (id, test) => {
      tests.set(id, test)
      if (tests.size > most)
        tests.delete(tests.keys().next().value!)
    },
  }
}

/**
 * The table with each cell tested against the reference column of its row: paired bootstrap over the samples that both answered,
 * scores averaged over seeds, Holm-corrected over all tests of the table. Cells without answers per sample carry no test.
 */
export async function testAgainst(table: Table, reference: string, { read, memory }: { read: ReadScores, memory: TestMemory }): Promise<Table> {
  if (!table.columns.includes(reference))
    throw new FacetError('usage', `There is no column "${reference}" to test against.`, { hint: suggestName(reference, table.columns) })
  const places = table.rows.flatMap((row, index) => table.columns.filter(column => column !== reference).map(column => ({ row, index, column })))
  const tests: (PairedTest | null)[] = []
  for (const { row, column } of places)
    tests.push(row.scope === null ? null : await testCells(row.cells[reference]!.keys, row.cells[column]!.keys, row.scope, { read, memory }))
  const corrected = correct(tests, index => places[index]!.row.better)
  const rows = table.rows.map((row, index) => ({
    ...row,
    cells: Object.fromEntries(Object.entries(row.cells).map(([column, cell]) => {
      const test = corrected[places.findIndex(place => place.index === index && place.column === column)]
      return [column, test ? { ...cell, test: { against: reference, ...test } satisfies CellTest } : cell]
    })),
  }))
  const count = tests.filter(test => test !== null).length
  return {
    ...table,
    rows,
    legend: [
      ...table.legend,
      ...count > 0 ? [`⁺ better, ⁻ worse than ${table.columnTitles[reference] ?? reference} at p < .05, ⁼ no difference shown: paired bootstrap over the test samples, Holm-corrected over ${count} tests.`] : [],
    ],
  }
}

async function testCells(reference: readonly string[], other: readonly string[], scope: Evaluation['scope'], { read, memory }: { read: ReadScores, memory: TestMemory }): Promise<PairedTest | null> {
  if (reference.length === 0 || other.length === 0)
    return null
  const id = JSON.stringify([reference, other, scope])
  const known = memory.get(id)
  if (known !== undefined)
    return known
  await setImmediate() // others are answered between two tests
  const [a, b] = [await scoresOfCell(reference, scope, read), await scoresOfCell(other, scope, read)]
  const test = a && b
    ? pairedTest(a, b)
    : null
  memory.set(id, test)
  return test
}

async function scoresOfCell(keys: readonly string[], scope: Evaluation['scope'], read: ReadScores): Promise<SampleScore[] | null> {
  const runs: SampleScore[][] = []
  for (const key of keys) {
    const scores = await read(key, scope)
    if (!scores)
      return null
    runs.push(scores)
  }
  return averageScores(runs)
}
