import type { StudyDetail } from '#shared/study-detail.ts'
import type { TableInput, TableKnowledge } from './input.ts'
import type { MethodColumn } from './method-rows.ts'
import type { TableBuilder } from './table.ts'
import { knowledgeOf, methodLegend, methodRow, scopesOf } from './method-rows.ts'
import { readPaperTables, sourceReference } from './paper.ts'

const advice = 'No knowledge of the study is source knowledge. Say in its recipe which teacher was trained for one: knowledge: [{ name: Identity-LFW, data: lfw, task: verification, source: faceres }].'

const titles = { original: 'original teacher', fused: 'h_G', student: 'student', tuned: 'student, fine-tuned' } as const
type Column = keyof typeof titles

/** The method behind a column; null where the study has none. */
function methodOf(column: Column, knowledge: Pick<TableKnowledge, 'source'>, target: string | null): string | null {
  switch (column) {
    case 'original': return knowledge.source === null ? null : `teacher:${knowledge.source}`
    case 'fused': return target
    case 'student': return 'student'
    case 'tuned': return 'student-finetuned'
    default: return column satisfies never
  }
}

function columnsOf(knowledge: TableKnowledge, { target, methods }: TableInput): MethodColumn[] {
  const paper = readPaperTables()
  const tuned = methods.includes('student-finetuned')
  const references = {
    original: sourceReference(paper, knowledge.name, 'original'),
    fused: sourceReference(paper, knowledge.name, 'h_G'),
    // the paper's student of Table 4 is the fine-tuned one: its figures are those of the last column of Table 3
    student: tuned ? null : sourceReference(paper, knowledge.name, 'student'),
    tuned: sourceReference(paper, knowledge.name, 'student'),
  }
  return shownColumns(methods).map(name => ({ name, method: methodOf(name, knowledge, target), reference: references[name] }))
}

function shownColumns(methods: readonly string[]): Column[] {
  return ['original', 'fused', ...methods.includes('student') || !methods.includes('student-finetuned') ? ['student' as const] : [], ...methods.includes('student-finetuned') ? ['tuned' as const] : []]
}

/** Whether the fused embedding keeps what the teachers knew: source knowledge. Vielzeuf et al. 2019, Table 4. */
export const source: TableBuilder = {
  name: 'source',
  title: 'Source knowledge: original teacher, fused embedding, student',
  paper: 'Table 4',
  build(input) {
    const sources = input.knowledge.filter(({ source }) => source !== null)
    const columns = shownColumns(input.methods)
    const rows = sources.flatMap(knowledge => scopesOf(knowledge, input).map(scope => methodRow(knowledge, scope, columnsOf(knowledge, input), input)))
    const hasMixed = rows.some(({ cells }) => Object.values(cells).some(cell => cell.referenceText !== null) && cells.tuned === undefined)
    return {
      rowTitle: 'knowledge',
      columns: sources.length === 0 ? [] : columns,
      columnTitles: { ...titles, fused: input.target === null ? titles.fused : `h_G (${input.target})` },
      rows,
      legend: sources.length === 0
        ? [advice]
        : [
            `Original: the teacher trained for it, frozen, and a head (${sources.map(({ name, source }) => `${name} ${source}`).join(', ')}).`,
            ...hasMixed ? ['The paper\'s student is fine-tuned on each knowledge.'] : [],
            ...methodLegend(rows, input),
          ],
    }
  },
  runs: (row, column, detail) => runsOf(row, column as Column, detail),
}

function runsOf(row: string, column: Column, { cells, recipe, target }: StudyDetail): StudyDetail['cells'] {
  const knowledge = recipe.knowledge.find(({ name }) => name === knowledgeOf(row))
  const method = methodOf(column, { source: knowledge?.source ?? null }, target)
  return cells.filter(cell => cell.knowledge === knowledge?.name && cell.method === method)
}
