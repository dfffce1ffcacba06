import type { TableBuilder } from './table.ts'
import { knowledgeOf, methodLegend, methodRow, scopesOf } from './method-rows.ts'
import { readPaperTables, targetReference } from './paper.ts'

/** Methods on target knowledge. Vielzeuf et al. 2019, Table 3, with the combiners of Table 6. */
export const target: TableBuilder = {
  name: 'target',
  title: 'Methods on target knowledge',
  paper: 'Table 3',
  build(input) {
    const paper = readPaperTables()
    const rows = input.knowledge.flatMap((knowledge) => {
      const columns = input.methods.map(method => ({ name: method, method, reference: targetReference(paper, knowledge.name, method) }))
      return scopesOf(knowledge, input).map(scope => methodRow(knowledge, scope, columns, input))
    })
    return {
      rowTitle: 'knowledge',
      columns: input.methods,
      columnTitles: Object.fromEntries(input.methods.map(method => [method, method])),
      rows,
      legend: methodLegend(rows, input),
    }
  },
  runs: (row, column, { cells }) => cells.filter(cell => cell.knowledge === knowledgeOf(row) && cell.method === column),
}
