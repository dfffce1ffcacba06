import type { Combination, TableFigure, TableRow } from '#shared/table.ts'
import type { CellSource, TableInput } from './input.ts'
import { mean } from '#shared/statistics.ts'
import { knowledgeOf } from './method-rows.ts'

type Figure = Extract<TableFigure, { kind: 'selection' }>

/** Selections whose heads are of most combinations first; an oracle chooses among the heads of the selection that is no oracle. */
const widest = ['bct', 'bct-oracle', 'bt', 'bt-oracle']

/** How often each teacher is among those that a selection chose, of all knowledge and seeds; no entry for one that chose nothing yet. */
export function choicesOf(methods: readonly string[], { sources, teachers }: Pick<TableInput, 'sources' | 'teachers'>): Figure['choices'] {
  return methods.flatMap((method) => {
    const own = sources.flatMap(source => source.method === method && source.chosen ? [source.chosen] : [])
    return own.length === 0
      ? []
      : [{ column: method, of: own.length, counts: teachers.map(({ name }) => own.filter(chosen => chosen.teachers.includes(name)).length) }]
  })
}

/** Which teachers are chosen, and what a head on each combination of them reaches in each row of a whole protocol. */
export function selectionFigure(rows: readonly TableRow[], methods: readonly string[], input: TableInput): Figure {
  const method = widest.find(name => methods.includes(name))!
  return {
    kind: 'selection',
    teachers: input.teachers.map(({ name }) => name),
    choices: choicesOf(methods, input),
    combinations: rows.filter(({ scope }) => scope !== 'unseen').flatMap((row) => {
      const points = combinationsOf(input.sources.filter(source => source.method === method && source.knowledge === knowledgeOf(row.knowledge)), input.teachers)
      return points.length === 0 ? [] : [{ row: row.knowledge, column: method, points }]
    }),
    line: input.target !== null && input.methods.includes(input.target) ? input.target : null,
  }
}

/** Combinations with a head, those of fewer teachers first; means over the seeds that trained one. */
function combinationsOf(sources: readonly CellSource[], teachers: TableInput['teachers']): Combination[] {
  const found = sources.flatMap(({ selection }) => selection
    ? selection.subsets.map((subset, place) => ({
        teachers: subset.teachers.map(own => teachers.findIndex(({ name }) => name === selection.teachers[own]!.name)).sort((a, b) => a - b),
        validation: subset.validation,
        test: subset.test,
        isChosen: selection.chosen[0]?.subset === place,
      }))
    : [])
  const combinations = [...Map.groupBy(found, one => one.teachers.join()).values()].flatMap((seeds): Combination[] => {
    const tests = seeds.flatMap(({ test }) => test ?? [])
    const validations = seeds.flatMap(({ validation }) => validation ?? [])
    return tests.length === 0
      ? []
      : [{
          teachers: seeds[0]!.teachers,
          validation: validations.length > 0 ? mean(validations) : null,
          test: mean(tests),
          chosen: seeds.filter(({ isChosen }) => isChosen).length,
          n: tests.length,
        }]
  })
  return combinations.sort((a, b) => a.teachers.length - b.teachers.length)
}
