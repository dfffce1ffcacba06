import type { Pivot } from '#shared/pivot.ts'
import type { Table } from '#shared/table.ts'
import { expect, it } from 'vitest'
import { writeTable } from '#main/tables/formats/index.ts'
import { buildTable, requireBuilder } from '#main/tables/table.ts'
import { Pivot as PivotSchema } from '#shared/pivot.ts'
import { Table as TableSchema } from '#shared/table.ts'
import { evaluation, source, studyInput } from './fixture.ts'

/** Two knowledge of one kind and one of another, under two methods with two seeds; pca lacks one of Second. */
const input = studyInput({
  knowledge: ['First', 'Second'].map(name => ({ ...studyInput().knowledge[0]!, name })).concat({ ...studyInput().knowledge[1]!, name: 'Ages' }),
  methods: ['pca', 'ae'],
  seeds: () => [0, 1],
  sources: [
    source('First', 'pca', 0, 'a0', [evaluation(80)]),
    source('First', 'pca', 1, 'a1', [evaluation(84)]),
    source('First', 'ae', 0, 'b0', [evaluation(90)]),
    source('First', 'ae', 1, 'b1', [evaluation(92)]),
    source('Second', 'pca', 0, 'c0', [evaluation(60)]),
    source('Second', 'ae', 0, 'd0', [evaluation(50)]),
    source('Second', 'ae', 1, 'd1', [evaluation(54)]),
    source('Ages', 'ae', 0, 'e0', [evaluation(7, 'test', 'mae')]),
  ],
  cells: ['First', 'Second', 'Ages'].flatMap(knowledge => ['pca', 'ae'].flatMap(method => [0, 1].map(seed => ({ knowledge, method, seed, key: 'k' })))),
  runs: new Map([['a0', { stage: 'transfer', durationMs: 12_000, needs: [] }]]),
})
const free = (pivot: Partial<Pivot>): Table => buildTable('free', input, PivotSchema.parse({ rows: ['knowledge'], columns: ['method'], ...pivot }))
const cell = (table: Table, row: string, column: string) => table.rows.find(({ knowledge }) => knowledge === row)!.cells[column]!

it('a table of knowledge by method is the target table', () => {
  const table = free({})
  expect(TableSchema.parse(structuredClone(table))).toEqual(table)
  expect(table.rows.map(({ knowledge, metric }) => [knowledge, metric])).toEqual([['First', 'accuracy'], ['Second', 'accuracy'], ['Ages', 'mae']])
  expect(cell(table, 'First', 'ae')).toMatchObject({ mean: 91, std: Math.SQRT2, best: true, count: 358 })
  expect(cell(table, 'Second', 'pca')).toMatchObject({ mean: 60, n: 1, best: true, missing: { reason: '1 of 2 seeds are done' } })
  expect(cell(table, 'Ages', 'pca')).toMatchObject({ mean: null, missing: { reason: 'not computed yet', command: 'npm run facet -- run sample.yaml' } })
})

it('a table of methods by knowledge has the measure in its columns and the best of each', () => {
  const table = free({ rows: ['method'], columns: ['knowledge'] })
  expect(table.rows.map(({ metric }) => metric)).toEqual(['accuracy', 'mixed']) // pca has no age yet
  expect(table.columnTitles).toMatchObject({ Ages: 'Ages (MAE, years ↓)' })
  expect(cell(table, 'ae', 'Ages')).toMatchObject({ mean: 7, measure: { metric: 'mae' } })
  expect(cell(table, 'ae', 'First').best).toBe(true)
  for (const format of ['md', 'latex', 'csv', 'json', 'html', 'text'])
    expect(writeTable(table, format)).toContain('7.00'.slice(0, format === 'csv' || format === 'json' ? 1 : 4))
})

it('what stands in neither rows nor columns is averaged seed by seed, and what is lacking is said', () => {
  const table = free({ rows: ['task'], filter: { metric: ['accuracy'] } })
  // ae: seed 0 (90 + 50) / 2 = 70, seed 1 (92 + 54) / 2 = 73
  expect(cell(table, 'gender', 'ae')).toMatchObject({ values: [70, 73], mean: 71.5, note: 'mean over First; Second' })
  // pca: of seed 1 there is First alone, so only seed 0 can be compared: (80 + 60) / 2
  expect(cell(table, 'gender', 'pca')).toMatchObject({ values: [70], keys: ['a0', 'c0'], missing: { reason: '1 of 2 seeds are done' } })
})

it('a row without figures makes no mixed table, and marks are explained whatever the rows are', () => {
  const begun = studyInput({ ...input, sources: input.sources.filter(({ knowledge }) => knowledge !== 'Ages') })
  const { rows, legend } = buildTable('free', begun, PivotSchema.parse({ rows: ['knowledge'], columns: ['method'] }))
  expect(rows.map(({ cells }) => Object.values(cells).filter(({ best }) => best).length)).toEqual([1, 1, 0])
  expect(legend.join(' ')).not.toContain('The best of a column')
  expect(legend.join(' ')).toContain('One standard error of the test')
  const guilty = studyInput({ ...input, methods: ['teacher:age-gender'], cells: [], sources: [{ ...source('First', 'teacher:age-gender', 0, 'a0', [evaluation(80)]), marks: ['contaminated' as const] }] })
  expect(buildTable('free', guilty, PivotSchema.parse({ rows: ['method'], columns: ['knowledge'] })).legend.join(' ')).toContain('† leans on a teacher')
})

it('the runs of a cell are those that pass the filter', () => {
  const pivot = PivotSchema.parse({ rows: ['task'], columns: ['method'], filter: { seed: [0], knowledge: ['First'] } })
  const cells = ['First', 'Second'].flatMap(knowledge => [0, 1].map(seed => ({ knowledge, method: 'pca', data: 'utk', task: 'gender', seed, key: `${knowledge}${seed}` })))
  const detail = { cells, reconstructions: [] } as never
  expect(requireBuilder('free', pivot).runs('gender', 'pca', detail).map(({ key }) => key)).toEqual(['First0'])
})

it('a mean over part of what others rest on is marked', () => {
  const table = free({ rows: ['metric'], columns: ['seed', 'method'] })
  expect(table.columns).toEqual(['seed 0, pca', 'seed 1, pca', 'seed 0, ae', 'seed 1, ae'])
  expect(cell(table, 'accuracy', 'seed 1, pca')).toMatchObject({ mean: 84, missing: { reason: 'rests on 1 of 2: without Second' } })
})

it('figures of different kinds are not averaged', () => {
  const table = free({ rows: ['data'] })
  expect(cell(table, 'utk', 'ae')).toMatchObject({ mean: null, text: 'mixed', note: expect.stringContaining('different kinds') })
})

it('filters choose, and an empty choice says so', () => {
  expect(free({ filter: { method: ['ae'], seed: [1] } }).rows.map(({ cells }) => cells.ae!.mean)).toEqual([92, 54, null])
  expect(free({ filter: { knowledge: ['Third'] } })).toMatchObject({ rows: [], legend: ['No figure of the study passes the filter.'] })
})

it('times and errors of reconstruction are there where they are named', () => {
  expect(free({ filter: { metric: ['time'] } }).rows).toMatchObject([{ knowledge: 'First', metric: 'time', unit: 's', cells: { pca: { mean: 12 } } }])
  const table = free({ filter: { metric: ['nrmse'] } })
  expect(cell(table, 'dlib', 'ae')).toMatchObject({ mean: expect.closeTo(0.55, 12), reference: null })
  expect(cell(table, 'age-gender', 'pca').mean).toBe(0.65)
})

it('a dimension that is named twice is refused', () => {
  expect(() => PivotSchema.parse({ rows: ['seed'], columns: ['seed'] })).toThrow('names a dimension twice')
})
