import type { StudyDetail } from '#shared/study-detail.ts'
import type { TableCell, TableMark, TableRow } from '#shared/table.ts'
import type { TableInput, TableKnowledge } from './input.ts'
import type { PaperTables } from './paper.ts'
import type { TableBuilder } from './table.ts'
import { metricOf } from '#shared/scores.ts'
import { bootstrap, mean } from '#shared/statistics.ts'
import { cellOf, textCell } from './cells.ts'
import { marksOf, methodLegend, scopesOf } from './method-rows.ts'
import { readPaperTables, targetReference } from './paper.ts'

const advice = 'The study compares nothing that the paper makes a claim of. Name more among its methods: methods: ["teacher:*", concat, pca, ae, mt, student, student-finetuned, scratch].'

/** `fused`: h_G, that the student learns; `teachers`: the mean error of heads on single teachers; else a method. */
type Side = 'fused' | 'teachers' | (string & {})

/** "`ours` has smaller errors than `theirs`", over the knowledge of the study or over the embeddings that are rebuilt. */
interface Claim { title: string, over: 'knowledge' | 'embeddings', ours: Side, theirs: Side }

/** What Vielzeuf et al. 2019 claim of their Tables 3, 5 and 6 (Sections 4.3 to 4.5). */
const paperClaims: Claim[] = [
  { title: 'h_G beats single teachers on average', over: 'knowledge', ours: 'fused', theirs: 'teachers' },
  { title: 'h_G beats the best teacher (BT)', over: 'knowledge', ours: 'fused', theirs: 'bt' },
  { title: 'h_G beats the best combination of teachers (BCT)', over: 'knowledge', ours: 'fused', theirs: 'bct' },
  { title: 'h_G beats concatenation', over: 'knowledge', ours: 'fused', theirs: 'concat' },
  { title: 'h_G beats PCA', over: 'knowledge', ours: 'fused', theirs: 'pca' },
  { title: 'the fine-tuned student beats h_G', over: 'knowledge', ours: 'student-finetuned', theirs: 'fused' },
  { title: 'two stages beat multi-task, frozen', over: 'knowledge', ours: 'student', theirs: 'mt' },
  { title: 'two stages beat multi-task, fine-tuned', over: 'knowledge', ours: 'student-finetuned', theirs: 'mt-finetuned' },
  { title: 'the student beats its network from scratch', over: 'knowledge', ours: 'student-finetuned', theirs: 'scratch' },
  { title: 'the student beats a fine-tuned teacher (P-CNN)', over: 'knowledge', ours: 'student-finetuned', theirs: 'p-cnn' },
  { title: 'h_G rebuilds embeddings better than PCA', over: 'embeddings', ours: 'fused', theirs: 'pca' },
  { title: 'h_G rebuilds embeddings better than a VAE', over: 'embeddings', ours: 'fused', theirs: 'vae' },
  { title: 'h_G rebuilds embeddings better than a DAE', over: 'embeddings', ours: 'fused', theirs: 'dae' },
  { title: 'two stages keep embeddings better than multi-task', over: 'embeddings', ours: 'student', theirs: 'mt' },
]

/** Errors of both sides on one knowledge or embedding, and the runs that they came from. */
interface Errors { ours: number, theirs: number, keys: string[] }

/** Methods that make up a side; none where the study has not got it. */
function methodsOf(side: Side, { methods, target, reconstructed }: Pick<TableInput, 'methods' | 'target' | 'reconstructed'>, over: Claim['over']): string[] {
  const known = over === 'knowledge' ? methods : reconstructed
  if (side === 'teachers')
    return known.filter(method => method.startsWith('teacher:'))
  const name = side === 'fused' ? target : side
  return name !== null && known.includes(name) ? [name] : []
}

/** What is wrong on average: of accuracy what lacks to 100 %, else the error itself. */
function errorOf(value: number, kind: TableKnowledge['kind']): number {
  return metricOf(kind).better === 'higher' ? 100 - value : value
}

/** A side's error on a knowledge, over seeds and, of several methods, over these; null where one has no figure. */
function knowledgeError(knowledge: TableKnowledge, methods: readonly string[], input: TableInput): { error: number, keys: string[] } | null {
  const [scope] = scopesOf(knowledge, input) // the whole protocol, as in the paper
  const each = methods.map((method) => {
    const sources = input.sources.filter(source => source.knowledge === knowledge.name && source.method === method)
    const found = sources.flatMap(({ key, evaluations }) => evaluations.filter(evaluation => evaluation.scope === scope).map(({ value }) => ({ key, error: errorOf(value, knowledge.kind) })))
    return found.length > 0 ? { error: mean(found.map(({ error }) => error)), keys: found.map(({ key }) => key) } : null
  })
  return each.every(one => one !== null) && each.length > 0
    ? { error: mean(each.map(({ error }) => error)), keys: each.flatMap(({ keys }) => keys) }
    : null
}

function embeddingError(teacher: string, [method]: readonly string[], { reconstructions }: TableInput): { error: number, keys: string[] } | null {
  const found = reconstructions.filter(source => source.method === method && source.values[teacher] !== undefined)
  return found.length > 0 ? { error: mean(found.map(({ values }) => values[teacher]!)), keys: found.map(({ key }) => key) } : null
}

/** Where both sides have figures. */
function errorsOf({ over, ours, theirs }: Claim, input: TableInput): Errors[] {
  const [own, other] = [ours, theirs].map(side => methodsOf(side, input, over)) as [string[], string[]]
  const pairs = over === 'knowledge'
    ? input.knowledge.map(knowledge => [knowledgeError(knowledge, own, input), knowledgeError(knowledge, other, input)] as const)
    : input.teachers.map(({ name }) => [embeddingError(name, own, input), embeddingError(name, other, input)] as const)
  return pairs.flatMap(([one, two]) => one && two ? [{ ours: one.error, theirs: two.error, keys: [...one.keys, ...two.keys] }] : [])
}

const paperNames: Partial<Record<Side, string>> = { fused: 'ae', bt: 'bt-oracle', bct: 'bct-oracle' }

/** The same of the paper's printed figures; its selections are oracles, and its h_G is the AE's. */
function paperErrors({ over, ours, theirs }: Claim, paper: PaperTables): Omit<Errors, 'keys'>[] {
  const nameOf = (side: Side): string => paperNames[side] ?? side
  if (over === 'embeddings') {
    const place = (side: Side): number => paper.table5.columns.findIndex(title => paper.methods[title] === nameOf(side))
    return paper.table5.rows.filter(([name]) => name !== 'Average').map(row => ({ ours: Number(row[place(ours)]), theirs: Number(row[place(theirs)]) }))
  }
  return paper.table3.rows.flatMap(([name, metric]) => {
    const [own, other] = [ours, theirs].map(side => targetReference(paper, String(name), nameOf(side))?.value)
    const error = (value: number): number => metric === 'accuracy' ? 100 - value : value
    return own === undefined || other === undefined ? [] : [{ ours: error(own), theirs: error(other) }]
  })
}

/**
 * By how many per cent the error of `ours` is smaller than the other's on each, below zero by how many the other's is: from -100 to 100
 * whichever way, so that one knowledge that somebody solves does not outweigh all others.
 */
function reductionsOf(errors: readonly Omit<Errors, 'keys'>[]): number[] {
  return errors.map(({ ours, theirs }) => ours === theirs ? 0 : 100 * (theirs - ours) / Math.max(ours, theirs))
}

function wordCount(errors: readonly Omit<Errors, 'keys'>[]): string {
  return errors.length === 0 ? '–' : `${errors.filter(({ ours, theirs }) => ours < theirs).length} of ${errors.length}`
}

/** Fewest knowledge that a verdict is given of. */
const fewest = 5

function verdictOf(reductions: readonly number[], [low, high]: [number, number]): string {
  if (reductions.length < fewest)
    return `fewer than ${fewest} to judge by`
  return low > 0 ? 'holds' : high < 0 ? 'does not hold' : 'not shown'
}

function rowOf(claim: Claim, input: TableInput, paper: PaperTables): TableRow {
  const errors = errorsOf(claim, input)
  const reductions = reductionsOf(errors)
  const printed = paperErrors(claim, paper)
  const reference = printed.length > 0 ? mean(reductionsOf(printed)) : null
  const { interval } = reductions.length > 0 ? bootstrap(reductions) : { interval: [0, 0] as [number, number] }
  const gap: TableCell = {
    ...cellOf([], { reference: reference === null ? null : { value: reference, text: reference.toFixed(1), source: claim.over === 'knowledge' ? 'Tables 3 and 6' : 'Table 5' } }),
    ...reductions.length > 0
      ? { mean: mean(reductions), n: 1, values: [mean(reductions)], interval, count: reductions.length, marks: marksOfClaim(claim, input), keys: [...new Set(errors.flatMap(({ keys }) => keys))] }
      : { missing: { reason: 'not computed yet', command: input.runCommand } },
  }
  return {
    knowledge: claim.title,
    metric: 'quantity',
    unit: '%',
    better: 'higher',
    scope: null,
    hasIntervals: true,
    cells: {
      verdict: reductions.length > 0 ? textCell(verdictOf(reductions, interval)) : { ...gap, reference: null, referenceText: null, referenceSource: null },
      reduction: gap,
      smaller: textCell(wordCount(errors)),
      paper: textCell(wordCount(printed)),
    },
  }
}

/** Contaminated teachers and oracles count; parentheses are for figures of one knowledge. */
function marksOfClaim(claim: Claim, input: TableInput): TableMark[] {
  if (claim.over === 'embeddings')
    return []
  const methods = [claim.ours, claim.theirs].flatMap(side => methodsOf(side, input, claim.over))
  const marks = new Set(input.knowledge.flatMap(({ name }) => methods.flatMap(method => marksOf(name, method, 'all', input))))
  return [...marks].filter(mark => mark !== 'after-identity')
}

/** What the paper claims of its method, held against the study. Vielzeuf et al. 2019, Sections 4.3 to 4.5. */
export const claims: TableBuilder = {
  name: 'claims',
  title: 'What the paper claims, held against this study',
  paper: 'Sections 4.3 to 4.5',
  build(input) {
    const paper = readPaperTables()
    const asked = paperClaims.filter(({ over, ours, theirs }) => [ours, theirs].every(side => methodsOf(side, input, over).length > 0) && methodsOf(ours, input, over).join() !== methodsOf(theirs, input, over).join())
    const rows = asked.map(claim => rowOf(claim, input, paper))
    return {
      rowTitle: 'claim',
      columns: ['verdict', 'reduction', 'smaller', 'paper'],
      columnTitles: { verdict: 'here', reduction: 'error smaller by', smaller: 'smaller on', paper: 'in the paper on' },
      rows,
      legend: rows.length === 0
        ? [advice]
        : [
            `h_G is ${input.target}'s. Error: what lacks to 100 % accuracy, the MAE, the error rate or the nRMSE, over seeds, in the whole protocol. "Smaller by" is the mean over knowledge (or embeddings) of how much the smaller of both is below the larger, negative where ours is the larger, with a 95 % bootstrap interval over these; beside it the same of the paper's printed figures.`,
            `A claim holds where the whole interval is above 0, does not hold where it is below 0, and is not shown where 0 lies in it; of fewer than ${fewest} knowledge nothing is said. The paper's BT and BCT are chosen on the test set, those here on validation.`,
            ...methodLegend(rows, input, []),
          ],
    }
  },
  runs: (row, _column, detail) => runsOf(row, detail),
}

function runsOf(row: string, { cells, reconstructions, target }: StudyDetail): { seed?: number, key: string | null }[] {
  const claim = paperClaims.find(({ title }) => title === row)
  if (!claim)
    return []
  const known = { target, methods: [...new Set(cells.map(({ method }) => method))], reconstructed: reconstructions.map(({ method }) => method) }
  const wanted = [claim.ours, claim.theirs].flatMap(side => methodsOf(side, known, claim.over))
  return claim.over === 'knowledge'
    ? cells.filter(({ method }) => wanted.includes(method)).map(({ key }) => ({ key }))
    : reconstructions.filter(({ method }) => wanted.includes(method)).map(({ key }) => ({ key }))
}
