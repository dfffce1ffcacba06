import { expect, it } from 'vitest'
import { labels } from '#main/tables/labels.ts'
import { buildTable } from '#main/tables/table.ts'
import { studyInput } from './fixture.ts'

const base = studyInput()
const gender = base.knowledge[0]!
const source = (knowledge: string, method: string, seed: number, value: number) => ({ knowledge, method, seed, key: `${knowledge} ${method} ${seed}`, marks: [], evaluations: [{ scope: 'test' as const, metric: 'accuracy' as const, value, count: 100, standardError: 1, interval: [value - 2, value + 2] as [number, number] }] })
const swept = {
  ...base,
  methods: ['ae', 'scratch'],
  seeds: () => [0, 1],
  missing: [],
  knowledge: [{ ...gender, name: 'Gender-UTK', labels: 1 }, { ...gender, name: 'Gender-UTK-1pct', labels: 0.01 }, base.knowledge[1]!],
  sources: [
    source('Gender-UTK', 'ae', 0, 90),
    source('Gender-UTK', 'ae', 1, 92),
    source('Gender-UTK-1pct', 'ae', 0, 70),
    source('Gender-UTK-1pct', 'ae', 1, 74),
    source('Gender-UTK-1pct', 'scratch', 0, 51),
  ],
}

it('puts the shares of a knowledge in one row, and a curve for each method', () => {
  const table = buildTable('labels', swept)
  expect(table.columns).toEqual(['ae, 1 %', 'ae, 100 %', 'scratch, 1 %', 'scratch, 100 %'])
  expect(table.rows.map(row => [row.knowledge, ...table.columns.map(column => row.cells[column]!.mean)])).toEqual([['Gender-UTK', 72, 91, 51, null]])
  expect(table.rows[0]!.cells['ae, 100 %']!.best).toBe(true)
  expect(table.rows[0]!.cells['scratch, 1 %']!.missing!.reason).toBe('1 of 2 seeds are done')
  expect(table.figure).toMatchObject({ kind: 'size', unit: '%', lines: [{ title: 'ae', points: [{ column: 'ae, 1 %', size: 1 }, { column: 'ae, 100 %', size: 100 }] }, { title: 'scratch' }] })
})

it('names the runs that a cell is made of', () => {
  const cells = ['Gender-UTK', 'Gender-UTK-1pct'].flatMap(knowledge => ['ae', 'scratch'].map(method => ({ knowledge, method, seed: 0, key: `${knowledge} ${method}` })))
  const recipe = { stages: { transfer: {} }, knowledge: [{ name: 'Gender-UTK-1pct', data: 'utk', task: 'gender', labels: [0.01] }, { name: 'Gender-UTK', data: 'utk', task: 'gender', labels: [1] }] }
  expect(labels.runs('Gender-UTK', 'ae, 1 %', { cells, recipe } as never).map(({ key }) => key)).toEqual(['Gender-UTK-1pct ae'])
  expect(labels.runs('Gender-UTK (unseen)', 'scratch, 100 %', { cells, recipe } as never).map(({ key }) => key)).toEqual(['Gender-UTK scratch'])
})

it('says how to ask for shares where a study has none', () => {
  const table = buildTable('labels', base)
  expect(table.columns).toEqual([])
  expect(table.legend.join()).toContain('labels: [0.01, 0.1, 1]')
})
