import type { TableInput } from '#main/tables/input.ts'
import { describe, expect, it } from 'vitest'
import { writeTable } from '#main/tables/formats/index.ts'
import { buildTable, requireBuilder } from '#main/tables/table.ts'
import { Table } from '#shared/table.ts'
import { evaluation, source, studyInput } from './fixture.ts'

const base = studyInput()
/** Five accuracies and an age, each with figures of ae, the other combiner and two teachers. */
const figures: Record<string, Record<string, number>> = {
  'A': { 'ae': 90, 'pca': 80, 'teacher:dlib': 70, 'teacher:age-gender': 90 },
  'B': { 'ae': 80, 'pca': 75, 'teacher:dlib': 80, 'teacher:age-gender': 60 },
  'C': { 'ae': 60, 'pca': 50, 'teacher:dlib': 40, 'teacher:age-gender': 40 },
  'D': { 'ae': 70, 'pca': 70, 'teacher:dlib': 50, 'teacher:age-gender': 50 },
  'AgeR-UTK': { 'ae': 4, 'pca': 5, 'teacher:dlib': 6, 'teacher:age-gender': 10 },
}

function inputOf(changes: Partial<TableInput> = {}): TableInput {
  const methods = ['teacher:dlib', 'teacher:age-gender', 'pca', 'ae']
  return studyInput({
    methods,
    knowledge: Object.keys(figures).map(name => ({ ...base.knowledge[name === 'AgeR-UTK' ? 1 : 0]!, name })),
    sources: Object.entries(figures).flatMap(([name, values]) => Object.entries(values).map(([method, value]) => source(name, method, 0, `${name} ${method}`, [evaluation(value, 'test', name === 'AgeR-UTK' ? 'mae' : 'accuracy')]))),
    ...changes,
  })
}

function cellsOf(input: TableInput, row: string) {
  return buildTable('claims', input).rows.find(({ knowledge }) => knowledge === row)?.cells
}

describe('the table of claims', () => {
  it('holds errors of h_G against PCA\'s: by how much smaller on average, and on how many', () => {
    const table = buildTable('claims', inputOf())
    expect(Table.parse(structuredClone(table))).toEqual(table)
    const { verdict, reduction, smaller, paper } = cellsOf(inputOf(), 'h_G beats PCA')!
    // errors 10/20, 20/25, 40/50, 30/30, 4/5: smaller by 50, 20, 20, 0 and 20 %
    expect(reduction!.mean).toBeCloseTo((50 + 20 + 20 + 0 + 20) / 5, 10)
    expect(reduction!.count).toBe(5)
    expect(smaller!.text).toBe('4 of 5')
    expect(verdict!.text).toBe('holds')
    expect(reduction!.interval![0]).toBeGreaterThan(0)
    expect(reduction!.interval![1]).toBeLessThanOrEqual(50)
    expect(reduction!.keys).toHaveLength(10)
    // Table 6: the AE is better than PCA on all ten; the mean of 1 - error(AE) / error(PCA) by hand
    const printed = [[31.2, 35], [2.8, 3.3], [47.9, 68], [13.49, 18.1], [10.8, 37.5], [0.9, 3.2], [4.39, 4.68], [0.54, 0.6], [2.85, 3.18], [7.7, 8.03]] as const
    expect(paper!.text).toBe('10 of 10')
    expect(reduction!.reference).toBeCloseTo(printed.reduce((sum, [ae, pca]) => sum + 100 * (1 - ae / pca), 0) / 10, 6)
  })

  it('takes the mean error of single teachers, of which the paper prints none', () => {
    const { reduction, smaller, paper } = cellsOf(inputOf(), 'h_G beats single teachers on average')!
    // mean errors 20, 30, 60, 50 and 8 years
    expect(reduction!.mean).toBeCloseTo((50 + 100 / 3 + 100 / 3 + 40 + 50) / 5, 10)
    expect(smaller!.text).toBe('5 of 5')
    expect([reduction!.reference, paper!.text]).toEqual([null, '–'])
  })

  it('says what does not hold, what is not shown, and what cannot be judged', () => {
    const change = (edit: (name: string, method: string, value: number) => number): TableInput => inputOf({
      sources: inputOf().sources.map(one => ({ ...one, evaluations: one.evaluations.map(each => ({ ...each, value: edit(one.knowledge, one.method, each.value) })) })),
    })
    const worse = change((name, method, value) => method === 'ae' ? (name === 'AgeR-UTK' ? 9 : 20) : value)
    expect(cellsOf(worse, 'h_G beats PCA')!.verdict!.text).toBe('does not hold')
    const mixed = change((name, method, value) => method === 'ae' && name === 'D' ? 30 : value)
    expect(cellsOf(mixed, 'h_G beats PCA')!.verdict!.text).toBe('not shown')
    const few = inputOf({ knowledge: inputOf().knowledge.slice(0, 4) })
    expect(cellsOf(few, 'h_G beats PCA')!.verdict!.text).toBe('fewer than 5 to judge by')
    const none = inputOf({ sources: [] })
    expect(cellsOf(none, 'h_G beats PCA')!.reduction).toMatchObject({ mean: null, missing: { reason: 'not computed yet', command: 'npm run facet -- run sample.yaml' } })
  })

  it('compares embeddings by nRMSE beside Table 5', () => {
    const { reduction, smaller, verdict, paper } = cellsOf(inputOf({ reconstructed: ['pca', 'ae'] }), 'h_G rebuilds embeddings better than PCA')!
    // over seeds ae has .55 and .75, pca .55 and .65
    expect(reduction!.mean).toBeCloseTo(-100 * (0 + (1 - 0.65 / 0.75)) / 2, 10)
    expect([smaller!.text, verdict!.text, paper!.text]).toEqual(['0 of 2', 'fewer than 5 to judge by', '5 of 6'])
  })

  it('counts a knowledge that one side solves by 100 %, whichever side it is', () => {
    const solved = (method: string): TableInput => inputOf({ sources: inputOf().sources.map(one => one.knowledge === 'D' && one.method === method ? { ...one, evaluations: [evaluation(100)] } : one) })
    expect(cellsOf(solved('pca'), 'h_G beats PCA')!.reduction!.mean).toBeCloseTo((50 + 20 + 20 - 100 + 20) / 5, 10)
    expect(cellsOf(solved('ae'), 'h_G beats PCA')!.reduction!.mean).toBeCloseTo((50 + 20 + 20 + 100 + 20) / 5, 10)
  })

  it('has no row for what the study does not compare, says so where that is all, and is written in every format', () => {
    expect(buildTable('claims', inputOf()).rows.map(({ knowledge }) => knowledge)).toEqual(['h_G beats single teachers on average', 'h_G beats PCA', 'h_G rebuilds embeddings better than PCA'])
    expect(buildTable('claims', inputOf({ target: 'pca', reconstructed: [] })).rows.map(({ knowledge }) => knowledge)).toEqual(['h_G beats single teachers on average'])
    const empty = buildTable('claims', inputOf({ methods: ['scratch'], reconstructed: [] }))
    expect(empty.rows).toEqual([])
    expect(empty.legend[0]).toContain('methods:')
    for (const format of ['text', 'md', 'latex', 'csv', 'html', 'json'] as const)
      expect(writeTable(buildTable('claims', inputOf()), format, { width: 160 })).toContain('4 of 5')
  })

  it('leans on what its methods lean on', () => {
    const marked = inputOf({ sources: inputOf().sources.map(one => one.method === 'ae' ? { ...one, marks: ['contaminated', 'after-identity'] } : one) })
    expect(cellsOf(marked, 'h_G beats PCA')!.reduction!.marks).toEqual(['contaminated'])
    expect(requireBuilder('claims').runs('h_G beats PCA', 'reduction', { cells: [{ method: 'ae', key: 'a' }, { method: 'pca', key: 'b' }, { method: 'mt', key: 'c' }], reconstructions: [], target: 'ae' } as never)).toEqual([{ key: 'a' }, { key: 'b' }])
  })
})
