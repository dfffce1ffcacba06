import type { TableCell, TableRow } from '#shared/table.ts'
import type { TableInput } from './input.ts'
import type { Reference } from './paper.ts'
import type { TableBuilder } from './table.ts'
import { textCell } from './cells.ts'
import { knowledgeOf, methodLegend, methodRow, scopesOf } from './method-rows.ts'
import { combinerReference, readPaperTables } from './paper.ts'
import { choicesOf, selectionFigure } from './selection-figure.ts'
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

const titles: Record<string, string> = { 'bt': 'BT', 'bct': 'BCT', 'bt-oracle': 'BT (oracle)', 'bct-oracle': 'BCT (oracle)' }

const chosenSuffix = ' chose'
function chosenColumn(method: string): string {
  return `${method}${chosenSuffix}`
}

/** The teachers that a selection chose on a knowledge, each choice once with its seeds where seeds differ. */
function chosenCell(knowledge: string, method: string, { cells }: TableRow, { sources }: TableInput): TableCell {
  const own = sources.filter(source => source.knowledge === knowledge && source.method === method && source.chosen)
  const choices = [...Map.groupBy(own, source => source.chosen!.teachers.join(' + '))]
  if (choices.length === 0)
    return { ...cells[method]!, mean: null, std: null, n: 0, values: [], reference: null, referenceText: null, referenceSource: null, marks: [], count: null, interval: null, standardError: null, best: false, keys: [] }
  return textCell(choices.map(([teachers, { length }]) => choices.length === 1 ? teachers : `${teachers} (${length} of ${own.length})`).join('; '))
}

/** How often each teacher is among the chosen ones, of all knowledge and seeds. */
function counts(methods: readonly string[], { sources, teachers }: TableInput): string[] {
  return choicesOf(methods, { sources, teachers }).map(({ column, of, counts }) => {
    const frequent = teachers.map(({ name }, place) => ({ name, count: counts[place]! })).filter(({ count }) => count > 0).sort((a, b) => b.count - a.count)
    const { tried } = sources.find(({ method, chosen }) => method === column && chosen)!.chosen!
    return `${titles[column]}, 1 of ${tried} each time: ${frequent.map(({ name, count }) => `${name} ${count}`).join(', ')} of ${of}`
  })
}

/** How often each column but the oracles, which are not ranked, is the best of a row, ties counted for each. */
function wins(rows: ReturnType<typeof methodRow>[], columns: readonly string[]): string[] {
  const honest = columns.filter(column => !Object.values(oracles).includes(column))
  const whole = rows.filter(({ scope, cells }) => scope !== 'unseen' && Object.values(cells).some(({ best }) => best))
  return whole.length === 0
    ? []
    : [`Best in rows: ${honest.map(column => `${column} ${whole.filter(({ cells }) => cells[column]!.best).length}`).join(', ')} of ${whole.length}.`]
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
    const chosenBy = selections.filter(method => columns.includes(method) && input.sources.some(source => source.method === method && source.chosen))
    const isOn = (names: readonly string[]): boolean => names.some(name => columns.includes(name))
    return {
      rowTitle: 'knowledge',
      columns: [...columns, ...chosenBy.map(chosenColumn)],
      columnTitles: { ...Object.fromEntries(columns.map(column => [column, titles[column] ?? column])), ...Object.fromEntries(chosenBy.map(column => [chosenColumn(column), `${titles[column]} chose`])) },
      rows: rows.map(row => ({ ...row, cells: { ...row.cells, ...Object.fromEntries(chosenBy.map(method => [chosenColumn(method), chosenCell(knowledgeOf(row.knowledge), method, row, input)])) } })),
      figure: chosenBy.length > 0 ? selectionFigure(rows, chosenBy, input) : undefined,
      legend: columns.length === 0
        ? [advice]
        : [
            ...wins(rows, columns),
            ...isOn(Object.keys(oracles)) ? ['BT and BCT: the best teacher and the best subset of teachers, chosen on validation; the paper chooses on the test set.'] : [],
            ...chosenBy.length > 0 ? [`Chosen teachers: of the subset that was best, with the seeds that chose it where they differ. ${counts(chosenBy, input).join('; ')}.`] : [],
            ...methodLegend(rows, input),
          ],
    }
  },
  runs: (row, column, detail) => target.runs(row, column.replace(chosenSuffix, ''), detail),
}
