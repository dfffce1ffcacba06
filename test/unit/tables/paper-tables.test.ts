import type { Table } from '#shared/table.ts'
import { describe, expect, it } from 'vitest'
import { writeTable } from '#main/tables/formats/index.ts'
import { selectCells } from '#main/tables/select.ts'
import { buildTable } from '#main/tables/table.ts'
import { Table as TableSchema } from '#shared/table.ts'
import { evaluation, source, studyInput } from './fixture.ts'

function cell(table: Table, row: string, column: string) {
  return table.rows.find(({ knowledge }) => knowledge === row)!.cells[column]!
}

describe('the table of knowledge', () => {
  const base = studyInput()
  const table = buildTable('knowledge', studyInput({ knowledge: base.knowledge.map(one => one.name === 'Identity-LFW' ? { ...one, source: 'dlib' } : one) }))

  it('tells task, size, subjects, protocol and role of each, beside the paper\'s Table 1', () => {
    expect(TableSchema.parse(structuredClone(table))).toEqual(table)
    const words = (row: string) => table.columns.map((column) => {
      const { mean, text } = cell(table, row, column)
      return text ?? mean
    })
    // 726 + 114 + 358 = 1198 images
    expect(words('Gender-UTK')).toEqual(['gender: 2 classes', 1198, 'not named', '726 train, 114 validation, 358 test', 'target'])
    expect(words('AgeR-UTK')[0]).toBe('age: years')
    expect(words('Identity-LFW')).toEqual(['verification: same person or not', 1111, 800, '600 pairs in 10 folds', 'source (dlib)'])
    expect(cell(table, 'Gender-UTK', 'images')).toMatchObject({ reference: 20000, referenceSource: 'Table 1' })
    expect(cell(table, 'Identity-LFW', 'images').reference).toBe(13000)
    expect(cell(table, 'Identity-LFW', 'role').referenceText).toBe('target') // the paper learns identity on MS-Celeb
  })

  it('counts how subjects are left out', () => {
    const fgnet = { ...base.knowledge[1]!, name: 'AgeR-FG', protocol: 'subjects' as const }
    const datasets = [{ ...base.datasets[0]!, counts: { ...base.datasets[0]!.counts, subjects: 82 } }]
    const protocolOf = (folds: number | 'subject') => buildTable('knowledge', studyInput({ knowledge: [{ ...fgnet, folds }], datasets })).rows[0]!.cells.protocol!.text
    expect(protocolOf('subject')).toBe('each of 82 subjects left out in turn')
    expect(protocolOf(5)).toBe('5 groups of 82 subjects left out in turn')
  })

  it('has words in every format, and none of them counts as missing', () => {
    for (const [format, text] of [['md', 'gender: 2 classes'], ['latex', 'gender: 2 classes'], ['html', 'gender: 2 classes'], ['text', 'gender: 2 classes'], ['csv', 'gender: 2 classes'], ['json', '"text": "gender: 2 classes"']] as const)
      expect(writeTable(table, format, { width: 200 })).toContain(text)
    expect(writeTable(table, 'csv').split('\r\n')[0]).toMatch(/,version,text,note$/)
    expect(writeTable(table, 'text')).not.toContain('–')
  })
})

describe('the table of source knowledge', () => {
  const base = studyInput()
  const knowledge = base.knowledge.map(one => ({ ...one, source: one.name === 'AgeR-UTK' ? null : one.name === 'Gender-UTK' ? 'age-gender' : 'dlib' }))

  it('compares the teacher trained for each with h_G and the student, beside Table 4', () => {
    const table = buildTable('source', studyInput({ knowledge, methods: [...base.methods, 'student-finetuned'] }))
    expect(table.rows.map(row => row.knowledge)).toEqual(['Gender-UTK', 'Identity-LFW', 'Identity-LFW (unseen)'])
    expect(table.columns).toEqual(['original', 'fused', 'tuned'])
    expect(cell(table, 'Gender-UTK', 'original')).toMatchObject({ mean: 85, reference: 96.5, referenceSource: 'Table 4', keys: ['a0'], marks: ['contaminated'] })
    expect(cell(table, 'Gender-UTK', 'fused')).toMatchObject({ mean: 90, reference: 97.2, best: true })
    expect(cell(table, 'Identity-LFW', 'original')).toMatchObject({ mean: 96.5, reference: 99.65 })
    expect(cell(table, 'Identity-LFW', 'tuned')).toMatchObject({ mean: null, reference: 99.42, missing: { reason: 'not computed yet' } })
    expect(cell(table, 'Identity-LFW (unseen)', 'original')).toMatchObject({ mean: 95.3, reference: null })
    expect(table.columnTitles.fused).toBe('h_G (ae)')
  })

  it('says so where a column is no method of the study', () => {
    const table = buildTable('source', studyInput({ knowledge, methods: ['ae'] }))
    expect(cell(table, 'Gender-UTK', 'original').missing).toEqual({ reason: 'teacher:age-gender is not among the methods of the study', command: null })
    expect(cell(table, 'Gender-UTK', 'student')).toMatchObject({ reference: 97.9, missing: { reason: 'student is not among the methods of the study' } })
    expect(table.legend.join(' ')).toContain('The paper\'s student is fine-tuned')
  })

  it('says how knowledge becomes source knowledge where none is', () => {
    const table = buildTable('source', studyInput())
    expect(table).toMatchObject({ rows: [], columns: [] })
    expect(table.legend[0]).toContain('source: faceres')
  })
})

describe('the table of combiners', () => {
  const combiner = (name: string) => ({ name, kind: name, size: 383, settings: name })
  const input = studyInput({
    methods: ['teacher:dlib', 'bct', 'ae', 'bt-oracle', 'pca', 'concat', 'bt', 'scratch'],
    combiners: [combiner('pca'), combiner('ae')],
    sources: [
      source('AgeR-UTK', 'ae', 0, 'k1', [evaluation(5, 'test', 'mae')]),
      source('AgeR-UTK', 'pca', 0, 'k2', [evaluation(6, 'test', 'mae')]),
      source('AgeR-UTK', 'bct', 0, 'k3', [evaluation(5.5, 'test', 'mae')]),
      source('Gender-UTK', 'ae', 0, 'k4', [evaluation(90)]),
      source('Gender-UTK', 'bct', 0, 'k5', [evaluation(90.04)]),
    ],
  })
  const table = buildTable('combiners', input)

  it('has the study\'s combiners and selections in the paper\'s order, beside Table 6', () => {
    expect(table.columns).toEqual(['concat', 'pca', 'ae', 'bt', 'bct', 'bt-oracle'])
    expect(cell(table, 'AgeR-UTK', 'concat').reference).toBe(4.45)
    expect(cell(table, 'AgeR-UTK', 'ae')).toMatchObject({ mean: 5, reference: 4.39, referenceSource: 'Table 6', best: true })
    expect(cell(table, 'Gender-UTK', 'ae').best).toBe(true) // 90 and 90.04 both print 90.0
    expect(cell(table, 'Gender-UTK', 'bct').best).toBe(true)
    expect(table.legend[1]).toBe('Best in rows: concat 0, pca 0, ae 2, bt 0, bct 1 of 2.')
  })

  it('puts the paper\'s selections, chosen on test, beside the oracle where there is one', () => {
    expect(cell(table, 'AgeR-UTK', 'bt').reference).toBeNull()
    expect(cell(table, 'AgeR-UTK', 'bt-oracle').reference).toBe(4.7)
    expect(cell(table, 'AgeR-UTK', 'bct').reference).toBe(4.54) // no bct-oracle here
    expect(table.legend.join(' ')).toContain('chosen on validation; the paper chooses on the test set')
  })

  it('names the teachers that were chosen, with the seeds where these differ, and how often each was', () => {
    const choice = (seed: number, teachers: string[]) => ({ ...source('Gender-UTK', 'bct', seed, `c${seed}`, [evaluation(90)]), chosen: { teachers, tried: 3 } })
    const chosen = buildTable('combiners', { ...input, sources: [choice(0, ['dlib']), choice(1, ['dlib', 'age-gender']), choice(2, ['dlib'])] })
    expect(chosen.columns.at(-1)).toBe('bct chose')
    expect(cell(chosen, 'Gender-UTK', 'bct chose').text).toBe('dlib (2 of 3); dlib + age-gender (1 of 3)')
    expect(cell(chosen, 'AgeR-UTK', 'bct chose')).toMatchObject({ mean: null, missing: { reason: 'not computed yet' } })
    expect(chosen.legend.join(' ')).toContain('BCT, 1 of 3 each time: dlib 3, age-gender 1 of 3.')
    expect(TableSchema.parse(structuredClone(chosen))).toEqual(chosen)
  })

  it('ranks no oracle among what was chosen honestly', () => {
    const oracle = source('Gender-UTK', 'bt-oracle', 0, 'k6', [evaluation(99)], ['oracle'])
    const ranked = buildTable('combiners', { ...input, sources: [...input.sources, oracle, source('Gender-UTK', 'pca', 0, 'k7', [evaluation(80)])] })
    expect(['ae', 'bct', 'pca', 'bt-oracle'].map(column => cell(ranked, 'Gender-UTK', column).best)).toEqual([true, true, false, false])
    expect(ranked.legend.join(' ')).toContain('ae 2, bt 0, bct 1 of 2.')
    // alone with one that is honest, that one is lone
    const lone = selectCells(ranked, { rows: undefined, columns: ['pca', 'bt-oracle'], paper: true, std: true })
    expect(['pca', 'bt-oracle'].map(column => cell(lone, 'Gender-UTK', column).best)).toEqual([false, false])
  })

  it('draws how often teachers are chosen and what each combination reaches, means over seeds', () => {
    const heads = (seed: number, tests: (number | null)[], chosen: number) => ({
      ...source('Gender-UTK', 'bct', seed, `h${seed}`, [evaluation(90)]),
      chosen: { teachers: chosen === 2 ? ['age-gender', 'dlib'] : ['dlib'], tried: 3 },
      selection: {
        metric: 'accuracy' as const,
        // in another order than the study's
        teachers: ['age-gender', 'dlib'].map(name => ({ name, logme: null, cka: [] })),
        subsets: [[0], [1], [0, 1]].map((teachers, i) => ({ teachers, ridge: null, validation: i === 0 ? null : 70 + i, test: tests[i]!, steps: 1 })),
        chosen: [{ subset: chosen, folds: 1 }],
      },
    })
    const drawn = buildTable('combiners', { ...input, target: 'ae', sources: [heads(0, [null, 80, 84], 2), heads(1, [null, 82, 85], 1)] })
    const names = input.teachers.map(({ name }) => name)
    const [dlib, both] = [[names.indexOf('dlib')], [names.indexOf('dlib'), names.indexOf('age-gender')].sort()]
    expect(drawn.figure).toEqual({
      kind: 'selection',
      teachers: names,
      choices: [{ column: 'bct', of: 2, counts: names.map(name => name === 'dlib' ? 2 : 1) }],
      combinations: [{ row: 'Gender-UTK', column: 'bct', points: [
        { teachers: dlib, validation: 71, test: 81, chosen: 1, n: 2 },
        { teachers: both, validation: 72, test: 84.5, chosen: 1, n: 2 },
      ] }],
      line: 'ae',
    })
    expect(TableSchema.parse(structuredClone(drawn))).toEqual(drawn)
    expect(selectCells(drawn, { rows: ['AgeR-UTK'], columns: ['concat', 'bct'], paper: true, std: true }).figure).toMatchObject({ combinations: [], line: null, choices: [{ column: 'bct' }] })
  })

  it('says what to name where there is nothing to combine', () => {
    expect(buildTable('combiners', studyInput({ methods: ['scratch'] }))).toMatchObject({ rows: [], columns: [], legend: [expect.stringContaining('methods: [concat, pca, ae, bt, bct]')] })
  })
})
