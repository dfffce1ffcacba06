import type { Result } from '#shared/contract.ts'
import type { Core } from '../core.ts'
import type { TestMemory } from './significance.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { listStudies } from '../workspace/studies.ts'
import { wordMetric } from './formats/words.ts'
import { readStudy } from './read-study.ts'
import { selectCells } from './select.ts'
import { testAgainst } from './significance.ts'
import { readScoresOf } from './study-scores.ts'
import { buildTable } from './table.ts'

type Compared = Result<'compare.methods'>

/** What some runs' methods reach on every knowledge of the study they have in common, each tested against the first. */
export async function compareMethods({ workspace }: Pick<Core, 'workspace'>, keys: readonly string[], memory: TestMemory): Promise<Compared> {
  const none = (reason: string): Compared => ({ reason, study: null, methods: [], rows: [], tests: 0 })
  const found = await studyOf(workspace, keys)
  if (!found)
    return none('No study has a column for each of these runs; only transfers are compared over all knowledge.')
  const { name, methods } = found
  if (new Set(methods).size < methods.length)
    return { ...none('Two of these runs are the same method (another seed or knowledge), so there is nothing to compare over all knowledge.'), study: name, methods }
  const read = await readStudy(workspace, name)
  const table = selectCells(buildTable('target', read.input), { columns: methods, paper: false, std: true })
  const tested = await testAgainst(table, methods[0]!, { read: readScoresOf(read), memory })
  const rows = tested.rows.map((row): Compared['rows'][number] => ({
    knowledge: row.knowledge,
    metric: wordMetric(row),
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
  return { reason: null, study: name, methods, rows, tests: rows.flatMap(row => row.tests).filter(test => test !== null).length }
}

/** The study changed last in which every one of these runs fills a cell, and the methods they stand for. */
async function studyOf({ db }: Core['workspace'], keys: readonly string[]): Promise<{ name: string, methods: string[] } | null> {
  for (const { name, detail } of await listStudies(db)) {
    const parsed = StudyDetail.safeParse(JSON.parse(detail))
    const methods = parsed.success
      ? keys.map(key => parsed.data.cells.find(cell => cell.key === key)?.method)
      : []
    if (methods.length > 0 && methods.every(method => method !== undefined))
      return { name, methods }
  }
  return null
}
