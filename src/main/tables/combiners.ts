import type { TableInput } from './input.ts'
import type { Reference } from './paper.ts'
import type { TableBuilder } from './table.ts'
import { methodLegend, methodRow, scopesOf } from './method-rows.ts'
import { combinerReference, readPaperTables } from './paper.ts'
import { target } from './target.ts'

const advice = 'The study compares no combiners and no selections. Name some among its methods: methods: [concat, pca, ae, bt, bct].'

/** Selections of teachers, each with what chooses on the test set as the paper does. */
const oracles: Record<string, string> = { bt: 'bt-oracle', bct: 'bct-oracle' }
const selections = [...Object.keys(oracles), ...Object.values(oracles)]
const concats = ['concat', 'concat-small']

/** The study's combiners and selections, in the order of the paper's table. */
function columnsOf({ methods, combiners }: TableInput): string[] {
  const names = [...concats, ...combiners.map(({ name }) => name), ...selections]
  return names.filter(name => methods.includes(name))
}

/** The paper's selections are its oracles: they stand beside ours, or beside what chooses on validation where we have none. */
function referenceOf(knowledge: string, method: string, methods: readonly string[]): Reference | null {
  const oracle = oracles[method]
  return combinerReference(readPaperTables(), knowledge, oracle === undefined || methods.includes(oracle) ? method : oracle)
}

/** How often each column is the best of a row, ties counted for each. */
function wins(rows: ReturnType<typeof methodRow>[], columns: readonly string[]): string[] {
  const whole = rows.filter(({ scope, cells }) => scope !== 'unseen' && Object.values(cells).some(({ best }) => best))
  return whole.length === 0
    ? []
    : [`Best in rows: ${columns.map(column => `${column} ${whole.filter(({ cells }) => cells[column]!.best).length}`).join(', ')} of ${whole.length}.`]
}

/** Ways to combine the teachers, and to select among them. Vielzeuf et al. 2019, Table 6. */
export const combiners: TableBuilder = {
  name: 'combiners',
  title: 'Combiners and selection of teachers',
  paper: 'Table 6',
  build(input) {
    const columns = columnsOf(input)
    const rows = columns.length === 0
      ? []
      : input.knowledge.flatMap((knowledge) => {
          const named = columns.map(method => ({ name: method, method, reference: referenceOf(knowledge.name, method, input.methods) }))
          return scopesOf(knowledge, input).map(scope => methodRow(knowledge, scope, named, input))
        })
    const isOn = (names: readonly string[]): boolean => names.some(name => columns.includes(name))
    return {
      rowTitle: 'knowledge',
      columns,
      columnTitles: { ...Object.fromEntries(columns.map(column => [column, column])), 'bt': 'BT', 'bct': 'BCT', 'bt-oracle': 'BT (oracle)', 'bct-oracle': 'BCT (oracle)' },
      rows,
      legend: columns.length === 0
        ? [advice]
        : [
            ...wins(rows, columns),
            ...isOn(Object.keys(oracles)) ? ['BT and BCT: the best teacher and the best subset of teachers, chosen on validation; the paper chooses on the test set.'] : [],
            ...isOn(Object.values(oracles)) ? ['(oracle): chosen on the test set, as the paper does: an upper bound, no fair figure.'] : [],
            ...methodLegend(rows, input),
          ],
    }
  },
  runs: target.runs,
}
