import type { TableInput, TableRun } from '#main/tables/input.ts'
import type { StudyDetail } from '#shared/study-detail.ts'
import { describe, expect, it } from 'vitest'
import { tableFormats, writeTable } from '#main/tables/formats/index.ts'
import { runsOfMissing } from '#main/tables/missing-runs.ts'
import { selectCells, withSeeds } from '#main/tables/select.ts'
import { buildTable } from '#main/tables/table.ts'
import { printFigure } from '#shared/table-words.ts'
import { evaluation, source, studyInput } from './fixture.ts'

const gender = studyInput().knowledge.slice(0, 1)
const age = studyInput().knowledge.slice(1, 2)

describe('size of the fused embedding', () => {
  const combiner = (name: string, kind: string, size: number, settings = kind) => ({ name, kind, size, settings })
  const swept = (changes: Partial<TableInput> = {}): TableInput => studyInput({
    knowledge: gender,
    methods: ['ae-256', 'ae-64', 'pca', 'student'],
    seeds: () => [0, 1],
    combiners: [combiner('ae-256', 'ae', 256), combiner('ae-64', 'ae', 64), combiner('pca', 'pca', 383)],
    target: 'ae-256',
    sources: [
      source('Gender-UTK', 'ae-64', 0, 'a', [evaluation(80)]),
      source('Gender-UTK', 'ae-64', 1, 'b', [evaluation(84)]),
      source('Gender-UTK', 'ae-256', 0, 'c', [evaluation(90)]),
    ],
    missing: [{ knowledge: 'Gender-UTK', method: 'ae-256', reason: 'not computed yet', command: 'x' }],
    reconstructions: [
      { method: 'ae-64', seed: 0, key: 'g', values: { 'dlib': 0.5, 'age-gender': 0.7 } },
      { method: 'ae-256', seed: 0, key: 'h', values: { 'dlib': 0.3, 'age-gender': 0.4 } },
    ],
    reconstructed: ['ae-256', 'ae-64', 'pca'],
    ...changes,
  })

  it('has a column for each combiner of a line that differs in size alone, smallest first, and the best size of each row', () => {
    const table = buildTable('size', swept())
    expect(table.columns.map(column => table.columnTitles[column])).toEqual(['ae 64', 'ae 256'])
    expect(table.rows.map(({ knowledge, cells }) => [knowledge, cells['ae-64']!.mean, cells['ae-256']!.mean])).toEqual([
      ['Reconstruction', 0.6, 0.35],
      ['Gender-UTK', 82, 90],
    ])
    expect(table.rows.map(({ cells }) => Object.entries(cells).filter(([, { best }]) => best).map(([column]) => column))).toEqual([['ae-256'], ['ae-256']])
    expect(table.rows[1]!.cells['ae-256']!.missing).toEqual({ reason: '1 of 2 seeds are done (not computed yet)', command: 'x' })
    // the paper: Average nRMSE of G in Table 5 and Gender-UTK of h_G in Table 6, both at 1,024
    expect(table.figure).toEqual({ kind: 'size', lines: [{ title: 'ae', points: [{ column: 'ae-64', size: 64 }, { column: 'ae-256', size: 256 }] }], ownSize: 256, paper: { 'Reconstruction': 0.24, 'Gender-UTK': 97.2 }, paperSize: 1024 })
    expect(table.rows[1]!.cells['ae-64']!.reference).toBeNull()
  })

  it('keeps combiners apart that differ in more than size, and leaves out those that no method names', () => {
    const line = [combiner('ae-64', 'ae', 64, 'ae, 1 layer'), combiner('small', 'ae', 64, 'ae, 3 layers'), combiner('large', 'ae', 512, 'ae, 3 layers'), combiner('ae-9', 'ae', 9, 'ae, 3 layers')]
    const table = buildTable('size', swept({ combiners: line, methods: ['ae-64', 'small', 'large'] }))
    expect(table.columns.map(column => table.columnTitles[column])).toEqual(['ae 64', 'ae 512'])
    expect(table.columns).toEqual(['small', 'large'])
  })

  it('says what a recipe must have where no combiner comes in several sizes', () => {
    const table = buildTable('size', swept({ combiners: [combiner('ae', 'ae', 64), combiner('pca', 'pca', 383)], methods: ['ae', 'pca'] }))
    expect([table.columns, table.rows]).toEqual([[], []])
    expect(table.legend).toEqual([expect.stringMatching(/no combiner in several sizes.*combine: \[\{ name: ae-64, kind: ae, size: 64 \}/)])
    for (const { name } of tableFormats)
      expect(writeTable(table, name)).not.toContain('undefined')
  })

  it('draws what was chosen alone', () => {
    const { figure } = selectCells(buildTable('size', swept()), { columns: ['ae-256'], paper: false, std: true })
    expect(figure).toMatchObject({ lines: [{ points: [{ column: 'ae-256', size: 256 }] }], paper: {} })
  })

  it('is filled by combiners above and by heads below', () => {
    const detail = {
      cells: [{ knowledge: 'Gender-UTK', method: 'ae-256', seed: 1, key: 'd' }],
      reconstructions: [{ method: 'ae-256', seed: 1, key: 'h1' }],
    } as unknown as StudyDetail
    const table = buildTable('size', swept({ missingReconstructions: [{ method: 'ae-256', reason: 'not computed yet', command: 'x' }] }))
    expect(runsOfMissing(table, detail, { cell: { row: 'Gender-UTK', column: 'ae-256' } })).toEqual(['d'])
    expect(runsOfMissing(table, detail, { cell: { row: 'Reconstruction', column: 'ae-256' } })).toEqual(['h1'])
    expect(runsOfMissing(table, detail, { seeds: [0] })).toEqual([])
  })
})

describe('training time', () => {
  const run = (stage: TableRun['stage'], seconds: number | null, needs: string[] = []): TableRun => ({ stage, durationMs: seconds === null ? null : seconds * 1000, needs })
  const runs = (changes: Record<string, TableRun> = {}): Map<string, TableRun> => new Map(Object.entries({
    p: run('prepare', 20),
    e: run('embed', 40, ['p']),
    g0: run('combine', 100, ['e']),
    g1: run('combine', 140, ['e']),
    d0: run('distil', 600, ['e', 'g0']),
    t0: run('transfer', 10, ['e', 'g0']),
    t1: run('transfer', 14, ['e', 'g1']),
    u0: run('transfer', 30, ['e', 'g0']),
    u1: run('transfer', 30, ['e', 'g1']),
    s0: run('transfer', 7, ['p', 'd0']),
    c0: run('transfer', 55, ['p']),
    ...changes,
  }))
  const cell = (knowledge: string, method: string, seed: number, key: string | null) => ({ knowledge, method, seed, key })
  const timed = (changes: Partial<TableInput> = {}): TableInput => studyInput({
    knowledge: [...gender, ...age],
    methods: ['ae', 'student', 'scratch'],
    seeds: method => method === 'ae' ? [0, 1] : [0],
    cells: [
      cell('Gender-UTK', 'ae', 0, 't0'),
      cell('Gender-UTK', 'ae', 1, 't1'),
      cell('AgeR-UTK', 'ae', 0, 'u0'),
      cell('AgeR-UTK', 'ae', 1, 'u1'),
      cell('Gender-UTK', 'student', 0, 's0'),
      cell('Gender-UTK', 'scratch', 0, 'c0'),
      cell('AgeR-UTK', 'scratch', 0, null),
    ],
    runs: runs(),
    missing: [],
    ...changes,
  })
  const meansOf = (input: TableInput, column: string): (number | null)[] => buildTable('time', input).rows.map(({ cells }) => cells[column]!.mean)

  it('sums the runs that a method needs, each once, and doubles target knowledge alone', () => {
    const table = buildTable('time', timed())
    expect(table.rows.map(({ knowledge }) => knowledge)).toEqual(['Faces and embeddings', 'Training on unlabelled faces', 'Training on target knowledge', 'All training', 'All training, twice the knowledge'])
    // the longest, the student's 707 s, is told in minutes
    expect(table.rows[0]!.unit).toBe('min')
    // by hand, seconds: faces 60; G 100 and 140; heads 40 and 44; all 140 and 184; twice 180 and 228
    expect(meansOf(timed(), 'ae').map(value => value! * 60)).toEqual([60, 120, 42, 162, 204].map(value => expect.closeTo(value, 9)))
    expect(table.rows[3]!.cells.ae!.std! * 60).toBeCloseTo(44 / Math.SQRT2, 9)
    expect(table.rows[3]!.cells.ae!.keys).toEqual(['g0', 'u0', 't0', 'g1', 'u1', 't1'])
    // G, student, head: 100 + 600 + 7
    expect(meansOf(timed(), 'student').map(value => value! * 60)).toEqual([60, 700, 7, 707, 714].map(value => expect.closeTo(value, 9)))
    expect(meansOf(timed(), 'scratch').map(value => value! * 60)).toEqual([20, 0, 55, 55, 110].map(value => expect.closeTo(value, 9)))
  })

  it('marks the quickest training, and names methods that serve fewer knowledge', () => {
    const table = buildTable('time', timed())
    expect(table.rows.map(({ cells }) => Object.keys(cells).filter(column => cells[column]!.best))).toEqual([[], [], ['student'], ['scratch'], ['scratch']])
    expect(table.legend.at(-1)).toBe('Fewer knowledge: scratch without AgeR-UTK.')
  })

  it('counts a seed only when all of it is done, and runs what is not', () => {
    const input = timed({ runs: runs({ u1: run('transfer', null, ['e', 'g1']), c0: run('transfer', null, ['p']) }), missing: [{ knowledge: 'AgeR-UTK', method: 'ae', reason: 'its run failed: no memory', command: 'again' }] })
    const { rows } = buildTable('time', input)
    expect(rows[3]!.cells.ae).toMatchObject({ n: 1, missing: { reason: '1 of 2 seeds are done (its run failed: no memory)', command: 'again' } })
    expect(rows[3]!.cells.scratch).toMatchObject({ mean: null, missing: { reason: 'not computed yet', command: 'npm run facet -- run sample.yaml' } })
    const detail = { cells: input.cells } as unknown as StudyDetail
    expect(runsOfMissing(buildTable('time', input), detail, { cell: { row: 'All training', column: 'scratch' } })).toEqual(['c0'])
  })

  it('takes one measurement that all seeds share once', () => {
    const { rows } = buildTable('time', timed({ methods: ['pca'], seeds: () => [0, 1], cells: [cell('Gender-UTK', 'pca', 0, 'c0'), cell('Gender-UTK', 'pca', 1, 'c0')] }))
    expect(rows[3]!.cells.pca).toMatchObject({ n: 1, std: null, mean: 55 })
    expect(rows[3]!.unit).toBe('s')
  })

  it('follows the chosen seeds', () => {
    expect(meansOf(withSeeds(timed(), [1]), 'ae').map(value => value! * 1)).toEqual([60, 140, 44, 184, 228].map(value => expect.closeTo(value / 60, 9)))
  })

  it('is told in hours where it takes hours, with three digits that count', () => {
    expect(buildTable('time', timed({ runs: runs({ d0: run('distil', 7200, ['e', 'g0']) }) })).rows[3]!.unit).toBe('h')
    expect([0, 0.424, 7.254, 9.996, 31.46, 99.96, 118.2].map(value => printFigure(value, 'time'))).toEqual(['0', '0.42', '7.25', '10.0', '31.5', '100', '118'])
  })
})
