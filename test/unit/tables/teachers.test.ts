import type { SelectionResult } from '#shared/order.ts'
import { describe, expect, it } from 'vitest'
import { buildTable, requireBuilder } from '#main/tables/table.ts'
import { evaluation, source, studyInput } from './fixture.ts'

/** Three teachers; `tests` of all seven subsets, null where they got no head. */
function selection(metric: SelectionResult['metric'], tests: (number | null)[], chosen: SelectionResult['chosen']): SelectionResult {
  return {
    metric,
    teachers: ['dlib', 'age-gender', 'emotion'].map((name, i) => ({ name, logme: -1 + i / 10, cka: [[1, 0.2, 0.4], [0.2, 1, 0.1], [0.4, 0.1, 1]][i]! })),
    subsets: [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]].map((teachers, i) => ({ teachers, ridge: 80 + i, validation: tests[i]!, test: tests[i]!, steps: 10 })),
    chosen,
  }
}
const gender = (seed: number, all: number) => ({ ...source('Gender-UTK', 'bct', seed, `g${seed}`, [evaluation(92)], []), selection: selection('accuracy', [90, 92, 70, 94, 89, 93, all], [{ subset: 3, folds: 1 }]) })
const age = { ...source('AgeR-UTK', 'bct', 0, 'a0', [evaluation(6, 'test', 'mae')], []), selection: selection('mae', [8, 7, 12, 6.5, 7.5, 6.8, 6], [{ subset: 6, folds: 3 }, { subset: 3, folds: 1 }]) }
const input = studyInput({
  methods: ['bct', 'bt'],
  seeds: () => [0, 1],
  teachers: ['dlib', 'age-gender', 'emotion'].map(name => ({ ...studyInput().teachers[0]!, name, contaminates: name === 'age-gender' ? ['utkface'] : [] })),
  sources: [gender(0, 95), gender(1, 96), age],
})
const cellOf = (row: string, teacher: string, of = input) => buildTable('teachers', of).rows.find(({ knowledge }) => knowledge === row)!.cells[teacher]!

describe('the table of teachers', () => {
  it('tells what each is worth alone, and what leaving it out of all costs', () => {
    expect(cellOf('Gender-UTK, alone', 'age-gender')).toMatchObject({ mean: 92, n: 2, best: true, marks: ['contaminated'] })
    // without dlib [1, 2] 93, with all 95 and 96
    expect(cellOf('Gender-UTK, what leaving it out costs', 'dlib').values).toEqual([2, 3])
    expect(cellOf('Gender-UTK, what leaving it out costs', 'emotion').values).toEqual([1, 2])
    // years: 7.5 without age-gender, 6 with all
    expect(cellOf('AgeR-UTK, what leaving it out costs', 'age-gender')).toMatchObject({ mean: 1.5, best: true, missing: { reason: expect.stringContaining('1 of 2 seeds') as unknown } })
    expect(cellOf('AgeR-UTK, alone', 'dlib').marks).toEqual([])
  })

  it('tells how often each was chosen, and what ranked it before', () => {
    expect(cellOf('AgeR-UTK, part of the choice', 'emotion').mean).toBe(75) // of four folds three took all, one the first two
    expect(cellOf('Gender-UTK, ridge, on validation', 'emotion')).toMatchObject({ mean: 82, best: true, marks: [] })
    expect(cellOf('Gender-UTK, LogME', 'dlib').mean).toBe(-1)
    expect(cellOf('Gender-UTK, CKA with the others', 'dlib').mean).toBeCloseTo(0.3, 12)
    expect(buildTable('teachers', input).rows.map(({ knowledge }) => knowledge)).not.toContain('Identity-LFW, LogME')
  })

  it('says why a cell is empty', () => {
    const some = { ...input, sources: [{ ...gender(0, 95), selection: selection('accuracy', [90, 92, null, 94, null, null, 95], [{ subset: 3, folds: 1 }]) }] }
    expect(cellOf('Gender-UTK, alone', 'emotion', some)).toMatchObject({ mean: null, missing: { reason: expect.stringContaining('only the best by ridge') as unknown } })
    expect(cellOf('AgeR-UTK, alone', 'emotion', some)).toMatchObject({ mean: null, missing: { reason: 'not computed yet' } })
    expect(buildTable('teachers', studyInput({ methods: ['ae'] }))).toMatchObject({ rows: [], legend: [expect.stringContaining('methods: [bct]')] })
  })

  it('is filled by the selection on all subsets where there is one', () => {
    const cells = ['bt', 'bct'].map(method => ({ knowledge: 'Gender-UTK', data: 'utk', task: 'gender', method, seed: 0, key: method, reason: null, marks: [] }))
    expect(requireBuilder('teachers').runs('Gender-UTK, what leaving it out costs', 'dlib', { cells } as never)).toMatchObject([{ key: 'bct' }])
  })
})
