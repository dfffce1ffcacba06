import type { Result } from '#shared/contract.ts'
import type { Core } from '../core.ts'
import type { TestMemory } from './significance.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { wordMetric } from '#shared/table-words.ts'
import { listRuns } from '../workspace/runs.ts'
import { listStudies } from '../workspace/studies.ts'
import { readStudy } from './read-study.ts'
import { selectCells } from './select.ts'
import { testAgainst } from './significance.ts'
import { readScoresOf } from './study-scores.ts'
import { buildTable } from './table.ts'

type Compared = Result<'compare.methods'>

/** What some runs' methods reach on every knowledge of the study they have in common, each tested against the first. */
export async function compareMethods({ workspace }: Pick<Core, 'workspace'>, keys: readonly string[], memory: TestMemory): Promise<Compared> {
  const none = (reason: string): Compared => ({ reason, study: null, methods: [], rows: [], tests: 0, others: [] })
  const found = await studyOf(workspace, keys)
  if (!found)
    return none('No study has a column for each of these runs; only transfers are compared over all knowledge.')
  const { name, methods, others } = found
  if (new Set(methods).size < methods.length)
    return { ...none('Two of these runs are the same method (another seed or knowledge), so there is nothing to compare over all knowledge.'), study: name, methods, others }
  const read = await readStudy(workspace, name)
  const table = selectCells(buildTable('target', read.input), { columns: methods, paper: false, std: true })
  const tested = await testAgainst(table, methods[0]!, { read: readScoresOf(read), memory })
  const rows = tested.rows.map((row): Compared['rows'][number] => ({
    knowledge: row.knowledge,
    metric: wordMetric(row),
    measure: row.metric,
    better: row.better,
    cells: methods.map((method) => {
      const { mean, interval, n } = row.cells[method]!
      return mean === null ? null : { mean, interval, n }
    }),
    tests: methods.slice(1).map((method) => {
      const { test } = row.cells[method]!
      return test ? { difference: test.difference, interval: test.interval, adjusted: test.adjusted, verdict: test.verdict } : null
    }),
  }))
  return { reason: null, study: name, methods, others, rows, tests: rows.flatMap(row => row.tests).filter(test => test !== null).length }
}

interface Found { name: string, methods: string[], others: Compared['others'] }

/** The study changed last in which every one of these runs fills a cell, the methods they stand for, and what else answers the same as the first. */
async function studyOf({ db }: Core['workspace'], keys: readonly string[]): Promise<Found | null> {
  for (const { name, detail } of await listStudies(db)) {
    const parsed = StudyDetail.safeParse(JSON.parse(detail))
    if (!parsed.success)
      continue
    const { cells } = parsed.data
    const methods = keys.map(key => cells.find(cell => cell.key === key)?.method)
    if (!methods.every(method => method !== undefined))
      continue
    const first = cells.find(cell => cell.key === keys[0])!
    const done = new Set((await listRuns(db, { study: name, states: ['done'] })).map(run => run.key))
    const others = cells.flatMap(({ key, method, knowledge, seed }) => key !== null && knowledge === first.knowledge && seed === first.seed && done.has(key) && !keys.includes(key)
      ? [{ key, method }]
      : [])
    return { name, methods, others }
  }
  return null
}
