import type { Evaluation } from '#shared/order.ts'
import type { CellTest, Table } from '#shared/table.ts'
import type { SampleScore } from './compare.ts'
import type { PairedTest } from './paired.ts'
import { setImmediate } from 'node:timers/promises'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'
import { averageScores, correct, pairedTests } from './paired.ts'

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
  for (const { scope, metric, cells } of table.rows) {
    const others = table.columns.filter(column => column !== reference).map(column => cells[column]!.keys)
    tests.push(...scope === null
      ? others.map(() => null)
      : await testCells(cells[reference]!.keys, others, { scope, areShares: metric === 'accuracy' }, { read, memory }))
  }
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
      ...effectsOf(table, rows),
    ],
  }
}

/** Most areas that the legend names one by one. */
const namedAreas = 8

/** Effect sizes and areas under the curve of the tests, in words below the table. */
function effectsOf({ columns, columnTitles }: Table, rows: Table['rows']): string[] {
  const tested = rows.flatMap(row => columns.flatMap((column) => {
    const { test } = row.cells[column]!
    return test ? [{ place: `${row.knowledge} ${columnTitles[column] ?? column}`, test }] : []
  }))
  const effects = tested.flatMap(({ test: { effect } }) => effect ? [effect.value] : [])
  const areas = tested.flatMap(({ place, test: { auc } }) => auc ? [`${place} ${auc.auc.toFixed(4)} against ${auc.referenceAuc.toFixed(4)} (p ${auc.adjusted.toFixed(3)})`] : [])
  const others = areas.length - namedAreas
  return [
    ...effects.length > 0 ? [`Effect sizes from ${Math.min(...effects).toFixed(2)} to ${Math.max(...effects).toFixed(2)}: Cohen's h of two shares, Cohen's d of paired errors (0.2 is small, 0.8 large); each is in the CSV and JSON.`] : [],
    ...areas.length > 0 ? [`Area under the ROC curve over all pairs with two found faces, cosines averaged over seeds, DeLong's test, Holm-corrected over ${areas.length}: ${areas.slice(0, namedAreas).join('; ')}${others > 0 ? `; ${others} more in the CSV and JSON` : ''}.`] : [],
  ]
}

/** Tests of some cells of a row against one of it; only those are made that the memory does not have, all at once. */
async function testCells(reference: readonly string[], others: readonly (readonly string[])[], { scope, areShares }: { scope: Evaluation['scope'], areShares: boolean }, { read, memory }: { read: ReadScores, memory: TestMemory }): Promise<(PairedTest | null)[]> {
  const idOf = (other: readonly string[]): string => JSON.stringify([reference, other, scope])
  const unknown = reference.length === 0
    ? []
    : others.filter(other => other.length > 0 && memory.get(idOf(other)) === undefined)
  if (unknown.length > 0) {
    const base = await scoresOfCell(reference, scope, read)
    const scores: (SampleScore[] | null)[] = []
    for (const other of unknown)
      scores.push(base && await scoresOfCell(other, scope, read))
    const made = (await pairedTests(base ?? [], scores.filter(one => one !== null), { areShares })).values()
    for (const [i, other] of unknown.entries()) {
      if (scores[i]) // answers that are gone may come back
        memory.set(idOf(other), made.next().value!)
    }
  }
  return others.map(other => memory.get(idOf(other)) ?? null)
}

async function scoresOfCell(keys: readonly string[], scope: Evaluation['scope'], read: ReadScores): Promise<SampleScore[] | null> {
  const runs: SampleScore[][] = []
  for (const key of keys) {
    await setImmediate() // others are answered between two files
    const scores = await read(key, scope)
    if (!scores)
      return null
    runs.push(scores)
  }
  return averageScores(runs)
}
