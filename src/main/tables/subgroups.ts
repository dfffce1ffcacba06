import type { TableCell, TableRow } from '#shared/table.ts'
import type { SeedValue } from './cells.ts'
import type { GroupFigure, TableGrouping, TableInput, TableKnowledge } from './input.ts'
import type { TableBuilder } from './table.ts'
import { cellOf, withBest } from './cells.ts'
import { marksOf, measureOfKnowledge, methodLegend, missingOf, rowName } from './method-rows.ts'
import { mixedPairs } from './read-groups.ts'

const none = 'No data set of the study has labels that its test samples could be grouped by.'

/** "Gender-UTK, ethnicity: Asian", and of a gap "Gender-UTK, gap by ethnicity". */
function titleOf({ knowledge, scope, by }: TableGrouping, group: string | null): string {
  return `${rowName(knowledge, scope)}, ${group === null ? `gap by ${by}` : `${by}: ${group}`}`
}

/** Whether two groups are large enough to have a gap; mixed pairs are no group. */
function hasGap({ groups }: TableGrouping, { smallestGroup }: TableInput): boolean {
  return groups.filter(({ name, count }) => name !== mixedPairs && count >= smallestGroup).length > 1
}

function cell(figures: readonly GroupFigure[], method: string, grouping: TableGrouping, input: TableInput): TableCell {
  const values = figures.map(({ seed, key, value, interval, count }): SeedValue => ({ seed, key, value, interval, count }))
  const notes = [...new Set(figures.flatMap(({ note }) => note ?? []))]
  return {
    ...cellOf(values, {
      reference: null,
      marks: marksOf(grouping.knowledge, method, grouping.scope, input),
      missing: missingOf(grouping.knowledge, method, values.length, input),
    }),
    ...notes.length > 0 && { note: notes.join('; ') },
  }
}

function rowOf(knowledge: TableKnowledge, grouping: TableGrouping, group: string | null, input: TableInput): TableRow {
  const measure = measureOfKnowledge(knowledge)
  const own = input.groupFigures.filter(figure => figure.knowledge === grouping.knowledge && figure.scope === grouping.scope && figure.by === grouping.by && figure.group === group)
  return withBest({
    knowledge: titleOf(grouping, group),
    ...measure,
    ...group === null && { better: 'lower' },
    scope: grouping.scope,
    hasIntervals: true,
    cells: Object.fromEntries(input.methods.map(method => [method, cell(own.filter(figure => figure.method === method), method, grouping, input)])),
  })
}

/** What each method reaches in each group of people, and how far its best and worst groups are apart. Not in the paper. */
export const subgroups: TableBuilder = {
  name: 'subgroups',
  title: 'Subgroups of the test samples',
  paper: '',
  needs: 'groups',
  build(input) {
    const rows = input.groupings.flatMap((grouping) => {
      const knowledge = input.knowledge.find(({ name }) => name === grouping.knowledge)!
      const groups = grouping.groups.map(({ name }) => name)
      return [...groups, ...hasGap(grouping, input) ? [null] : []].map(group => rowOf(knowledge, grouping, group, input))
    })
    const counts = input.groupings.map(grouping => `${rowName(grouping.knowledge, grouping.scope)} by ${grouping.by} ${grouping.groups.map(({ name, count }) => `${name} ${count}`).join(', ')}${grouping.without > 0 ? `, ${grouping.without} in none` : ''}`)
    return {
      rowTitle: 'group',
      columns: rows.length === 0 ? [] : input.methods,
      columnTitles: Object.fromEntries(input.methods.map(method => [method, method])),
      rows,
      legend: rows.length === 0
        ? [input.sources.length === 0 ? 'No run of the study is finished; its answers on test samples make this table.' : none]
        : [
            'Each figure has a 95 % interval by bootstrap over the samples of its group (whole people where people are left out).',
            `Gap: difference between the best and the worst group of a method with at least ${input.smallestGroup} samples, chosen by their mean over seeds; its interval by drawing within both groups. The largest of several differences is an upper estimate.`,
            `Test samples: ${counts.join('; ')}.`,
            ...methodLegend(rows, input, []),
          ],
    }
  },
  runs: (row, column, { cells }) => cells.filter(({ knowledge, method }) => method === column && (row.startsWith(`${knowledge}, `) || row.startsWith(`${rowName(knowledge, 'unseen')}, `))),
}
