import type { Evaluation } from '#shared/order.ts'
import type { MissingReason, TableCell, TableMark, TableMeasure, TableRow } from '#shared/table.ts'
import type { SeedValue } from './cells.ts'
import type { CellSource, TableInput, TableKnowledge } from './input.ts'
import type { Reference } from './paper.ts'
import { metricOf } from '#shared/scores.ts'
import { cellOf, withBest } from './cells.ts'

export type Scope = Evaluation['scope']

/** A column of a row: the method whose runs fill it (null where none could), and the paper's figure beside. */
export interface MethodColumn { name: string, method: string | null, reference: Reference | null }

/** What a knowledge is measured by. */
export function measureOfKnowledge({ kind, unit }: Pick<TableKnowledge, 'kind' | 'unit'>): TableMeasure {
  const { metric, better } = metricOf(kind)
  return { metric, better, unit: metric === 'mae' ? unit : '%' }
}

/** The name of a knowledge's row: the part that nothing saw has a row of its own. */
export function rowName(knowledge: string, scope: Scope | null): string {
  return scope === 'unseen' ? `${knowledge} (unseen)` : knowledge
}

/** The knowledge that a row's name stands for. */
export function knowledgeOf(row: string): string {
  return row.replace(/ \(unseen\)$/, '')
}

/** Marks of a method on a knowledge in a scope; a run that found nothing of the whole protocol seen has no mark of it. */
export function marksOf(knowledge: string, method: string, scope: Scope | null, input: TableInput): TableMark[] {
  const sources = input.sources.filter(source => source.knowledge === knowledge && source.method === method)
  const marks = new Set(sources.flatMap(source => source.marks))
  return [...marks].filter(mark => mark !== 'seen-unlabelled' || (scope === 'all' && !sources.every(sawNothing)))
}

/** Whether all of the whole protocol is unseen: its unseen part is the same figure again. */
function sawNothing({ evaluations }: Pick<CellSource, 'evaluations'>): boolean {
  const [whole, unseen] = (['all', 'unseen'] as const).map(scope => evaluations.find(evaluation => evaluation.scope === scope))
  return whole !== undefined && whole.count === unseen?.count
}

/** Why a cell has no figure, or one of fewer seeds than the study asks for. */
export function missingOf(knowledge: string, method: string | null, have: number, input: TableInput): MissingReason | null {
  if (method === null || !input.methods.includes(method))
    return { reason: method === null ? 'the study has no method for it' : `${method} is not among the methods of the study`, command: null }
  const told = input.missing.find(entry => entry.knowledge === knowledge && entry.method === method)
  const wanted = input.seeds(method).length
  if (have === 0) {
    return told
      ? { reason: told.reason, command: told.command }
      : { reason: 'not computed yet', command: input.runCommand }
  }
  return have < wanted
    ? { reason: `${have} of ${wanted} seeds are done${told ? ` (${told.reason})` : ''}`, command: told?.command ?? input.runCommand }
    : null
}

function seedValues(knowledge: string, method: string | null, scope: Scope, input: TableInput): SeedValue[] {
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

/** One knowledge in one scope under some methods, the best marked. */
export function methodRow(knowledge: TableKnowledge, scope: Scope, columns: readonly MethodColumn[], input: TableInput): TableRow {
  const cells = columns.map(({ name, method, reference }): [string, TableCell] => {
    const values = seedValues(knowledge.name, method, scope, input)
    return [
      name,
      cellOf(values, {
        // the paper's figures are for whole protocols
        reference: scope === 'unseen' ? null : reference,
        marks: method === null ? [] : marksOf(knowledge.name, method, scope, input),
        missing: missingOf(knowledge.name, method, values.length, input),
      }),
    ]
  })
  return withBest({ knowledge: rowName(knowledge.name, scope), ...measureOfKnowledge(knowledge), scope, cells: Object.fromEntries(cells) })
}

/** Scopes that any run of this knowledge reports, whole protocol first; one row even before the first run, and none for an unseen part that is all of it. */
export function scopesOf(knowledge: Pick<TableKnowledge, 'name'>, input: Pick<TableInput, 'sources'>): Scope[] {
  const sources = input.sources.filter(source => source.knowledge === knowledge.name)
  const seen = new Set(sources.flatMap(source => source.evaluations.map(({ scope }) => scope)))
  const scopes = (['test', 'all', 'unseen'] as const).filter(scope => seen.has(scope) && (scope !== 'unseen' || !sources.every(sawNothing)))
  return scopes.length > 0
    ? scopes
    : ['test']
}

/** What the marks and parentheses of rows of methods mean, and the errors of those whose figures are of one test set. */
export function methodLegend(rows: readonly TableRow[], input: TableInput, tested: readonly TableRow[] = rows): string[] {
  const marks = new Set(rows.flatMap(row => Object.values(row.cells).flatMap(cell => cell.marks)))
  const formats = new Set(input.datasets.map(({ format }) => format))
  const guilty = input.teachers.filter(teacher => teacher.contaminates.some(format => formats.has(format)))
  const hasParentheses = rows.some(row => Object.values(row.cells).some(cell => cell.referenceText?.startsWith('(')))
  const errors = tested.flatMap(({ knowledge, metric, unit, cells }) => {
    const known = Object.values(cells).find(cell => cell.standardError !== null)
    return known
      ? [`${knowledge} ${known.standardError!.toFixed(metric === 'accuracy' ? 1 : 2)}${unit === '%' ? '' : ` ${unit}`} (n = ${known.count})`]
      : []
  })
  return [
    ...(errors.length > 0
      ? [`One standard error of the test: ${errors.join(', ')}.`]
      : []),
    ...(hasParentheses
      ? ['The paper\'s figures in parentheses: after training identity on 100,000 faces of VGGFace2.']
      : []),
    ...pCnnLegend(input),
    ...(marks.has('contaminated')
      ? [`† leans on a teacher whose training data hold this test set: ${guilty.map(({ name, contaminates }) => `${name} (${contaminates.join(', ')})`).join(', ')}.`]
      : []),
    ...(marks.has('seen-unlabelled')
      ? ['‡ combiner and student saw part of these images without labels; the row "(unseen)" counts only what they never saw.']
      : []),
    ...afterLegend(marks, input),
    ...(marks.has('oracle')
      ? ['◊ oracle: the test set itself chose the subset of teachers, as in the paper; no figure to expect on new faces, and never the best of a row. bt and bct choose on validation.']
      : []),
  ]
}

/** Which teacher a p-cnn fine-tunes, by knowledge. */
function pCnnLegend({ sources }: Pick<TableInput, 'sources'>): string[] {
  const chosen = Map.groupBy(sources.filter(({ method, chosen }) => method === 'p-cnn' && chosen), ({ knowledge }) => knowledge)
  const words = [...chosen].map(([knowledge, runs]) => `${[...new Set(runs.flatMap(run => run.chosen!.teachers))].join(' or ')} on ${knowledge}`)
  return words.length > 0
    ? [`p-cnn fine-tunes the teacher that transfers best on validation: ${words.join(', ')}.`]
    : []
}

/** What figures in parentheses rest on. */
function afterLegend(marks: ReadonlySet<TableMark>, { knowledge }: Pick<TableInput, 'knowledge'>): string[] {
  const words = knowledge.flatMap(({ name, after }) => after ? [`${name} after at most ${after.faces.toLocaleString('en')} faces of ${after.data} (${after.task})`] : [])
  return marks.has('after-identity')
    ? [`In parentheses: the network learnt to tell other people apart before its embeddings were compared (${words.join('; ')}); without, the embedding as it is.`]
    : []
}
