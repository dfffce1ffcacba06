import type { Evaluation } from '#shared/order.ts'
import type { MissingReason, TableCell, TableMark, TableRow } from '#shared/table.ts'
import type { SeedValue } from './cells.ts'
import type { TableInput, TableKnowledge } from './input.ts'
import type { TableBuilder } from './table.ts'
import { cellOf, withBest } from './cells.ts'
import { readPaperTables, targetReference } from './paper.ts'

type Scope = Evaluation['scope']

function marksOf(knowledge: string, method: string, scope: Scope, input: TableInput): TableMark[] {
  const marks = new Set(input.sources.filter(source => source.knowledge === knowledge && source.method === method).flatMap(source => source.marks))
  return [...marks].filter(mark => mark !== 'seen-unlabelled' || scope === 'all')
}

function missingOf(knowledge: string, method: string, have: number, input: TableInput): MissingReason | null {
  const told = input.missing.find(entry => entry.knowledge === knowledge && entry.method === method)
  const wanted = input.seeds(method).length
  if (have === 0) {
    return told
      ? { reason: told.reason, command: told.command }
      : { reason: 'not computed yet', command: input.runCommand }
  }
  if (have < wanted) {
    return { reason: `${have} of ${wanted} seeds are done${told
      ? ` (${told.reason})`
      : ''}`, command: told?.command ?? input.runCommand }
  }
  return null
}

function seedValues(knowledge: string, method: string, scope: Scope, input: TableInput): SeedValue[] {
  return input.sources
    .filter(source => source.knowledge === knowledge && source.method === method)
    .flatMap(({ seed, key, evaluations }) => {
      const found = evaluations.find(evaluation => evaluation.scope === scope)
      return found
        ? [
            {
              seed,
              key,
              value: found.value,
              count: found.count,
              standardError: found.standardError,
              interval: found.interval,
            },
          ]
        : []
    })
}

function rowOf(knowledge: TableKnowledge, scope: Scope, input: TableInput): TableRow {
  const paper = readPaperTables()
  const isRegression = knowledge.kind === 'regression'
  const cells = input.methods.map((method): [string, TableCell] => {
    const values = seedValues(knowledge.name, method, scope, input)
    return [
      method,
      cellOf(values, {
      // the paper's figures are for whole protocols
        reference: scope === 'unseen'
          ? null
          : targetReference(paper, knowledge.name, method),
        marks: marksOf(knowledge.name, method, scope, input),
        missing: missingOf(knowledge.name, method, values.length, input),
      }),
    ]
  })
  return withBest({
    knowledge: scope === 'unseen'
      ? `${knowledge.name} (unseen)`
      : knowledge.name,
    metric: isRegression ? 'mae' : 'accuracy',
    unit: isRegression ? knowledge.unit : '%',
    better: isRegression ? 'lower' : 'higher',
    scope,
    cells: Object.fromEntries(cells),
  })
}

/** Scopes that any run of this knowledge reports, whole protocol first; one row even before the first run. */
function scopesOf(knowledge: TableKnowledge, input: TableInput): Scope[] {
  const seen = new Set(input.sources
    .filter(source => source.knowledge === knowledge.name)
    .flatMap(source => source.evaluations.map(({ scope }) => scope)))
  const scopes = (['test', 'all', 'unseen'] as const).filter(scope => seen.has(scope))
  return scopes.length > 0
    ? scopes
    : ['test']
}

function legendOf(rows: TableRow[], input: TableInput): string[] {
  const marks = new Set(rows.flatMap(row => Object.values(row.cells).flatMap(cell => cell.marks)))
  const formats = new Set(input.datasets.map(({ format }) => format))
  const guilty = input.teachers.filter(teacher => teacher.contaminates.some(format => formats.has(format)))
  const hasParentheses = rows.some(row => Object.values(row.cells).some(cell => cell.referenceText?.startsWith('(')))
  const errors = rows.flatMap(({ knowledge, metric, unit, cells }) => {
    const known = Object.values(cells).find(cell => cell.standardError !== null)
    return known
      ? [`${knowledge} ${known.standardError!.toFixed(metric === 'mae'
          ? 2
          : 1)}${unit === '%'
          ? ''
          : ` ${unit}`} (n = ${known.count})`]
      : []
  })
  return [
    ...(errors.length > 0
      ? [`One standard error of the test: ${errors.join(', ')}.`]
      : []),
    ...(hasParentheses
      ? ['The paper\'s figures in parentheses: after training identity on 100,000 faces of VGGFace2.']
      : []),
    ...(marks.has('contaminated')
      ? [`† leans on a teacher whose training data hold this test set: ${guilty.map(({ name, contaminates }) => `${name} (${contaminates.join(', ')})`).join(', ')}.`]
      : []),
    ...(marks.has('seen-unlabelled')
      ? ['‡ combiner and student saw part of these images without labels; the row "(unseen)" counts only what they never saw.']
      : []),
  ]
}

/** Methods on target knowledge. Vielzeuf et al. 2019, Table 3, with the combiners of Table 6. */
export const target: TableBuilder = {
  name: 'target',
  title: 'Methods on target knowledge',
  paper: 'Table 3',
  build(input) {
    const rows = input.knowledge.flatMap(knowledge => scopesOf(knowledge, input).map(scope => rowOf(knowledge, scope, input)))
    return {
      rowTitle: 'knowledge',
      columns: input.methods,
      columnTitles: Object.fromEntries(input.methods.map(method => [method, method])),
      rows,
      legend: legendOf(rows, input),
    }
  },
  runs: (row, column, { cells }) => cells.filter(cell => cell.knowledge === row.replace(/ \(unseen\)$/, '') && cell.method === column),
}
