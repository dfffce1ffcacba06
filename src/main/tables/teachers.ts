import type { SelectionResult } from '#shared/order.ts'
import type { TableMeasure, TableRow } from '#shared/table.ts'
import type { SeedValue } from './cells.ts'
import type { CellSource, TableInput, TableKnowledge } from './input.ts'
import type { TableBuilder } from './table.ts'
import { mean } from '#shared/statistics.ts'
import { cellOf, withBest } from './cells.ts'
import { measureOfKnowledge, missingOf } from './method-rows.ts'

/** Methods whose runs know what teachers are worth; those on all subsets know most. */
const selections = ['bct', 'bct-oracle', 'bt', 'bt-oracle']
const advice = 'The study selects no teachers. Name bct (or bt, for single teachers alone) among its methods: methods: [bct].'

/** One question asked of each teacher; a value, or null where the selection cannot tell. */
interface Question {
  title: string
  measure: (knowledge: TableKnowledge) => TableMeasure
  of: (selection: SelectionResult, place: number, knowledge: TableKnowledge) => number | null
  /** Left out where nothing is learnt from labels. */
  needsLabels: boolean
  /** Whether teachers are better or worse by it. */
  isRanked: boolean
  /** Tells of the test set, so that contamination counts. */
  isTested: boolean
}

const questions: Question[] = [
  { title: 'alone', measure: measureOfKnowledge, of: ({ subsets }, place) => subsets.find(({ teachers }) => teachers.length === 1 && teachers[0] === place)!.test, needsLabels: false, isRanked: true, isTested: true },
  { title: 'what leaving it out costs', measure: knowledge => ({ ...measureOfKnowledge(knowledge), metric: 'quantity', better: 'higher' }), of: costOfLeavingOut, needsLabels: false, isRanked: true, isTested: true },
  { title: 'part of the choice', measure: () => ({ metric: 'quantity', unit: '% of folds', better: 'higher' }), of: partOfChoice, needsLabels: false, isRanked: false, isTested: false },
  { title: 'ridge, on validation', measure: measureOfKnowledge, of: ({ subsets }, place) => subsets.find(({ teachers }) => teachers.length === 1 && teachers[0] === place)!.ridge, needsLabels: true, isRanked: true, isTested: false },
  { title: 'LogME', measure: () => ({ metric: 'logme', unit: '', better: 'higher' }), of: ({ teachers }, place) => teachers[place]!.logme, needsLabels: true, isRanked: true, isTested: false },
  { title: 'CKA with the others', measure: () => ({ metric: 'cka', unit: '', better: 'lower' }), of: ({ teachers }, place) => teachers.length > 1 ? mean(teachers[place]!.cka.filter((_, i) => i !== place)) : null, needsLabels: false, isRanked: false, isTested: false },
]

/** How much worse all other teachers together are than all; below zero where they are better. */
function costOfLeavingOut({ subsets, teachers }: SelectionResult, place: number, knowledge: TableKnowledge): number | null {
  const testOf = (wanted: number[]): number | null => subsets.find(subset => subset.teachers.join() === wanted.join())?.test ?? null
  const all = testOf([...teachers.keys()])
  const without = testOf([...teachers.keys()].filter(other => other !== place))
  if (all === null || without === null)
    return null
  return measureOfKnowledge(knowledge).better === 'higher'
    ? all - without
    : without - all
}

function partOfChoice({ chosen, subsets }: SelectionResult, place: number): number {
  const folds = chosen.reduce((sum, each) => sum + each.folds, 0)
  return 100 * chosen.reduce((sum, each) => sum + (subsets[each.subset]!.teachers.includes(place) ? each.folds : 0), 0) / folds
}

/** The method that is asked: the one of the study that knows most. */
function askedOf(methods: readonly string[]): string | null {
  return selections.find(name => methods.includes(name)) ?? null
}

function rowOf(question: Question, knowledge: TableKnowledge, method: string, sources: readonly CellSource[], input: TableInput): TableRow {
  const cells = input.teachers.map(({ name, contaminates }) => {
    const values = sources.flatMap(({ seed, key, selection }): SeedValue[] => {
      const place = selection?.teachers.findIndex(teacher => teacher.name === name) ?? -1
      const value = place < 0 ? null : question.of(selection!, place, knowledge)
      return value === null ? [] : [{ seed, key, value }]
    })
    const format = input.datasets.find(data => data.name === knowledge.data)?.format
    const isGuilty = question.isTested && format !== undefined && contaminates.includes(format)
    const isUnknown = values.length === 0 && sources.length > 0
    return [name, cellOf(values, {
      reference: null,
      marks: isGuilty ? ['contaminated'] : [],
      missing: isUnknown ? { reason: whyUnknown(method), command: null } : missingOf(knowledge.name, method, sources.length, input),
    })] as const
  })
  const row: TableRow = { knowledge: `${knowledge.name}, ${question.title}`, ...question.measure(knowledge), scope: null, cells: Object.fromEntries(cells) }
  return question.isRanked ? withBest(row) : row
}

function whyUnknown(method: string): string {
  return method.startsWith('bct')
    ? 'its subset got no head: stages.select.train lets only the best by ridge be trained'
    : 'the study selects among single teachers alone; bct tries all subsets'
}

/** Which teachers matter: alone, by what is lost without each, and by what is known before any head is trained. */
export const teachers: TableBuilder = {
  name: 'teachers',
  title: 'Which teachers matter',
  paper: '',
  build(input) {
    const method = askedOf(input.methods)
    const names = input.teachers.map(({ name }) => name)
    const rows = method === null
      ? []
      : input.knowledge.flatMap((knowledge) => {
          const sources = input.sources.filter(source => source.knowledge === knowledge.name && source.method === method)
          return questions.filter(({ needsLabels }) => !needsLabels || knowledge.kind !== 'verification').map(question => rowOf(question, knowledge, method, sources, input))
        })
    const guilty = rows.some(({ cells }) => Object.values(cells).some(({ marks }) => marks.includes('contaminated')))
    return {
      rowTitle: 'knowledge',
      columns: names,
      columnTitles: Object.fromEntries(names.map(name => [name, name])),
      rows,
      legend: method === null
        ? [advice]
        : [
            'Alone: a head on this teacher; what leaving it out costs: how much worse a head on all others is than one on all, both on the test set. Neither chooses anything.',
            `Part of the choice: how often ${method} took a subset with the teacher, over folds and seeds.`,
            'Before any head is trained: ridge regression on validation, LogME (You et al. 2021; log evidence per training face, higher is better), and the mean linear CKA with the other teachers (high: what it says others say too).',
            ...guilty ? ['† trained on data that hold this test set.'] : [],
          ],
    }
  },
  runs: (row, _column, { cells }) => {
    const method = askedOf([...new Set(cells.map(cell => cell.method))])
    const titles = questions.map(({ title }) => `, ${title}`)
    const name = titles.reduce((left, title) => left.endsWith(title) ? left.slice(0, -title.length) : left, row)
    return cells.filter(cell => cell.method === method && cell.knowledge === name)
  },
}
