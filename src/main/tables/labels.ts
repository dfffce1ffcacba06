import type { TableCell, TableRow } from '#shared/table.ts'
import type { TableInput, TableKnowledge } from './input.ts'
import type { TableBuilder } from './table.ts'
import { withBest } from './cells.ts'
import { knowledgeOf, methodLegend, methodRow, rowName, scopesOf } from './method-rows.ts'

const advice = 'The study has no knowledge at several shares of its labels. Give it some in its recipe: knowledge: [{ name: Gender-UTK, data: utk, task: gender, labels: [0.01, 0.1, 1] }].'

/** A knowledge with its shares of labels, smallest first; named as where all are used. */
interface Swept { name: string, shares: TableKnowledge[] }

/** The knowledge of a study that differ in their labels alone, those with at least two shares. */
function sweptOf(knowledge: readonly TableKnowledge[]): Swept[] {
  const groups = [...Map.groupBy(knowledge, ({ data, task }) => `${data}/${task}`).values()]
  return groups.filter(group => new Set(group.map(({ labels }) => labels)).size > 1).map((group) => {
    const shares = group.toSorted((a, b) => a.labels - b.labels)
    const whole = shares.at(-1)!
    return { name: whole.labels === 1 ? whole.name : whole.name.replace(/-[\d_]+pct$/, ''), shares }
  })
}

/** "student, 1 %": a method at a share. */
export function labelColumn(method: string, share: number): string {
  return `${method}, ${percentOf(share)} %`
}

function percentOf(share: number): number {
  return Number((100 * share).toPrecision(6))
}

function rowsOf({ name, shares }: Swept, methods: readonly string[], columns: readonly string[], input: TableInput): TableRow[] {
  const scopes = [...new Set(shares.flatMap(knowledge => scopesOf(knowledge, input)))]
  return scopes.map((scope) => {
    const parts = shares.map(knowledge => methodRow(knowledge, scope, methods.map(method => ({ name: labelColumn(method, knowledge.labels), method, reference: null })), input))
    const filled: Record<string, TableCell> = Object.assign({}, ...parts.map(part => part.cells))
    const none = { ...Object.values(filled)[0]!, mean: null, std: null, n: 0, values: [], keys: [], marks: [], count: null, standardError: null, interval: null, best: false, missing: { reason: 'the recipe does not ask for this share', command: null } }
    return withBest({ ...parts[0]!, knowledge: rowName(name, scope), cells: Object.fromEntries(columns.map(column => [column, filled[column] ?? none])) })
  })
}

/** What methods reach with few labels: the label-efficiency curve. Few labels are where knowledge that was transferred should count most (Vielzeuf et al. 2019, Section 1). */
export const labels: TableBuilder = {
  name: 'labels',
  title: 'Few labels',
  paper: '',
  build(input) {
    const swept = sweptOf(input.knowledge)
    if (swept.length === 0)
      return { rowTitle: 'knowledge', columns: [], columnTitles: {}, rows: [], legend: [advice] }
    const shares = [...new Set(swept.flatMap(one => one.shares.map(({ labels }) => labels)))].sort((a, b) => a - b)
    const columns = input.methods.flatMap(method => shares.map(share => labelColumn(method, share)))
    const rows = swept.flatMap(one => rowsOf(one, input.methods, columns, input))
    return {
      rowTitle: 'knowledge',
      columns,
      columnTitles: Object.fromEntries(columns.map(column => [column, column])),
      rows,
      figure: {
        kind: 'size',
        unit: '%',
        lines: input.methods.map(method => ({ title: method, points: shares.map(share => ({ column: labelColumn(method, share), size: percentOf(share) })) })),
        ownSize: null,
        paper: {},
        paperSize: 1024,
      },
      legend: [
        'A share of the training labels: classes keep their shares and at least one face each; with one seed a smaller share is part of a larger one. Validation and test are whole.',
        ...methodLegend(rows, input),
      ],
    }
  },
  runs: (row, column, { cells, recipe }) => {
    const name = knowledgeOf(row)
    const [, method, percent] = /^(.+), ([\d.e-]+) %$/.exec(column) ?? []
    const isShare = ({ labels }: { labels?: number[] | undefined }): boolean => percentOf(labels?.[0] ?? recipe.stages.transfer.labels ?? 1) === Number(percent)
    const whole = recipe.knowledge.find(entry => entry.name === name) ?? recipe.knowledge.find(entry => entry.name.replace(/-[\d_]+pct$/, '') === name)
    const wanted = recipe.knowledge.filter(entry => entry.data === whole?.data && entry.task === whole.task && isShare(entry)).map(entry => entry.name)
    return cells.filter(cell => wanted.includes(cell.knowledge) && cell.method === method)
  },
}
