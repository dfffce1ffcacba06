import type { SampleScore } from '#main/tables/compare.ts'
import type { StudyDetail } from '#shared/study-detail.ts'
import { expect, it } from 'vitest'
import { writeTable } from '#main/tables/formats/index.ts'
import { runsOfMissing } from '#main/tables/missing-runs.ts'
import { averageScores, correct } from '#main/tables/paired.ts'
import { selectCells, withSeeds } from '#main/tables/select.ts'
import { createTestMemory, testAgainst } from '#main/tables/significance.ts'
import { buildTable } from '#main/tables/table.ts'
import { studyInput } from './fixture.ts'

const whole = { paper: true, std: true }

it('chosen rows and columns keep their order, their best figure and the runs they came from', () => {
  const table = selectCells(buildTable('target', studyInput()), { ...whole, rows: ['Gender-UTK'], columns: ['ae', 'teacher:age-gender'] })
  expect(table.columns).toEqual(['ae', 'teacher:age-gender'])
  expect(table.rows.map(row => row.knowledge)).toEqual(['Gender-UTK'])
  expect(table.rows[0]!.cells.ae!.best).toBe(true)
  expect(table.provenance.keys).toEqual(['a0', 'ae0', 'ae1', 'ae2'])
})

it('rows that are not ranked stay so when columns are chosen', () => {
  const table = buildTable('target', studyInput())
  const unranked = { ...table, rows: table.rows.map(row => ({ ...row, cells: Object.fromEntries(Object.entries(row.cells).map(([column, cell]) => [column, { ...cell, best: false }])) })) }
  const { rows } = selectCells(unranked, { ...whole, columns: ['ae', 'teacher:age-gender'] })
  expect(rows.flatMap(({ cells }) => Object.values(cells)).filter(({ best }) => best)).toEqual([])
})

it('a table of everything is the one that the terminal prints, to the letter', () => {
  const table = buildTable('target', studyInput())
  for (const format of ['md', 'latex', 'csv', 'json', 'html'])
    expect(writeTable(selectCells(buildTable('target', withSeeds(studyInput(), undefined)), whole), format)).toBe(writeTable(table, format))
})

it('the paper\'s figures and deviations can be left out', () => {
  const { rows: [row] } = selectCells(buildTable('target', studyInput()), { paper: false, std: false })
  expect(row!.cells.ae).toMatchObject({ reference: null, referenceText: null, std: null, mean: 90 })
})

it('chosen seeds alone make the figures', () => {
  const { rows: [row] } = buildTable('target', withSeeds(studyInput(), [0, 2]))
  expect(row!.cells.ae).toMatchObject({ values: [88, 92], n: 2 })
})

it('cells are tested against the reference of their row, with the sign in every format', async () => {
  const table = selectCells(buildTable('target', studyInput()), { ...whole, rows: ['Gender-UTK'] })
  const scores: Record<string, number[]> = { d0: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], d1: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], ae0: [100, 100, 100, 100, 100, 100, 100, 100, 100, 100], ae1: [100, 100, 100, 100, 100, 100, 100, 100, 100, 100], ae2: [100, 100, 100, 100, 100, 100, 100, 100, 100, 100], a0: [0, 0, 0, 100, 0, 0, 0, 0, 0, 0] }
  let reads = 0
  const read = async (key: string): Promise<SampleScore[]> => {
    reads++
    return scores[key]!.map((score, i) => ({ id: String(i), score, cluster: null }))
  }
  const memory = createTestMemory()
  const tested = await testAgainst(table, 'teacher:dlib', { read, memory })
  const { cells } = tested.rows[0]!
  expect(cells['teacher:dlib']!.test).toBeUndefined()
  expect(cells.ae!.test).toMatchObject({ against: 'teacher:dlib', difference: 100, shared: 10, verdict: 'better', auc: null })
  expect(cells.ae!.test!.effect).toEqual({ kind: 'h', value: expect.closeTo(Math.PI, 12) }) // all against none
  expect(tested.legend.join(' ')).toContain('Effect sizes from 0.64 to 3.14') // 2 asin(sqrt(.1)) = .6435
  expect(cells['teacher:age-gender']!.test).toMatchObject({ verdict: 'no difference shown' })
  expect(cells.scratch!.test).toBeUndefined()
  expect(writeTable(tested, 'md')).toContain('90.0 ± 2.0**†⁺')
  expect(writeTable(tested, 'latex')).toContain('$^{+}$')
  expect(writeTable(tested, 'csv').split('\r\n')[0]).toMatch(/,version,against,difference,difference_low,difference_high,p_holm,verdict,effect,effect_kind,auc,auc_against,auc_p_holm$/)
  const before = reads
  await testAgainst(table, 'teacher:dlib', { read, memory })
  expect(reads).toBe(before)
  await expect(testAgainst(table, 'teacher:dlip', { read, memory })).rejects.toThrow(/no column "teacher:dlip"/)
})

it('a method\'s scores are the average of its seeds over the samples that all answered', () => {
  const score = (id: string, score: number): SampleScore => ({ id, score, cluster: null })
  expect(averageScores([[score('a', 100), score('b', 0)], [score('a', 0), score('c', 100)]])).toEqual([score('a', 50)])
})

it('p is corrected over the tests that were made', () => {
  const test = (p: number, difference = 1) => ({ shared: 1, difference, interval: [0, 2] as [number, number], p, effect: null, auc: null })
  // Holm by hand: .01 x 2, .04 x 1
  expect(correct([test(0.04), null, test(0.01, -1)], () => 'higher').map(one => one && [one.adjusted, one.verdict])).toEqual([[0.04, 'better'], null, [0.02, 'worse']])
})

it('the runs of a missing cell are those of its knowledge and method, of its data set or of its combiner', () => {
  const input = studyInput({ missingReconstructions: [{ method: 'ae', reason: 'not computed yet', command: 'x' }] })
  const cell = (knowledge: string, method: string, seed: number, key: string | null) => ({ knowledge, method, seed, key, data: 'utk', task: 'x', reason: null, marks: [] })
  const detail = {
    cells: [cell('Gender-UTK', 'scratch', 0, 'g-s'), cell('AgeR-UTK', 'ae', 0, 'r0'), cell('AgeR-UTK', 'ae', 1, 'r1'), cell('Identity-LFW', 'scratch', 0, null)],
    faces: [{ data: 'utk', key: 'p0' }, { data: 'lfw', key: 'p1' }],
    reconstructions: [{ method: 'ae', seed: 0, key: 'g0' }],
  } as unknown as StudyDetail
  expect(runsOfMissing(buildTable('target', input), detail, {})).toEqual(['g-s', 'r0', 'r1'])
  expect(runsOfMissing(buildTable('target', input), detail, { cell: { row: 'AgeR-UTK', column: 'ae' }, seeds: [1] })).toEqual(['r1'])
  expect(runsOfMissing(buildTable('faces', input), detail, {})).toEqual(['p1'])
  expect(runsOfMissing(buildTable('reconstruction', input), detail, {})).toEqual(['g0'])
})
