import { describe, expect, it } from 'vitest'
import { buildTable } from '#main/tables/table.ts'
import { wordCell } from '#shared/table-words.ts'
import { Table } from '#shared/table.ts'
import { evaluation, source, studyInput } from './fixture.ts'

function cell(table: Table, row: string, column: string) {
  const found = table.rows.find(({ knowledge }) => knowledge === row)
  if (!found)
    throw new Error(`no row ${row}: ${table.rows.map(({ knowledge }) => knowledge)}`)
  return found.cells[column]!
}

describe('the target table', () => {
  const table = buildTable('target', studyInput())

  it('matches the schema that the JSON promises', () => {
    expect(Table.parse(structuredClone(table))).toEqual(table)
    expect(table.columns).toEqual([
      'teacher:dlib',
      'teacher:age-gender',
      'ae',
      'scratch',
    ])
  })

  it('gives mean and sample deviation over seeds, ordered by seed', () => {
    // 88, 90, 92: mean 90, deviations 4 + 0 + 4 over 2 = 4, root 2
    expect(cell(table, 'Gender-UTK', 'ae')).toMatchObject({
      mean: 90,
      std: 2,
      n: 3,
      values: [88, 90, 92],
      keys: ['ae0', 'ae1', 'ae2'],
      missing: null,
    })
  })

  it('has no deviation from one seed', () => {
    expect(cell(table, 'AgeR-UTK', 'scratch')).toMatchObject({
      mean: 11.5,
      std: null,
      n: 1,
      missing: null,
    })
  })

  it('says how many seeds are still to do', () => {
    expect(cell(table, 'Gender-UTK', 'teacher:dlib').missing).toEqual({ reason: '2 of 3 seeds are done', command: 'npm run facet -- run sample.yaml' })
  })

  it('marks every cell as best that prints the best figure', () => {
    // 89.98 and 90 both print 90.0
    expect(cell(table, 'Gender-UTK', 'ae').best).toBe(true)
    expect(cell(table, 'Gender-UTK', 'teacher:dlib').best).toBe(true)
    expect(cell(table, 'Gender-UTK', 'teacher:age-gender').best).toBe(false)
  })

  it('takes the lowest error as best', () => {
    expect(cell(table, 'AgeR-UTK', 'ae').best).toBe(true)
    expect(cell(table, 'AgeR-UTK', 'scratch').best).toBe(false)
    expect(table.rows.map(({ better }) => better)).toEqual(['higher', 'lower', 'higher', 'higher'])
  })

  it('puts the paper\'s figures beside, those in parentheses as printed, none beside the unseen part', () => {
    // Table 3 of Vielzeuf et al. 2019
    expect(cell(table, 'Gender-UTK', 'ae')).toMatchObject({ reference: 97.2, referenceSource: 'Table 3' })
    expect(cell(table, 'AgeR-UTK', 'scratch').reference).toBe(6.38)
    expect(cell(table, 'Identity-LFW', 'scratch')).toMatchObject({ reference: 98.4, referenceText: '(98.40)' })
    expect(cell(table, 'Gender-UTK', 'teacher:dlib').reference).toBeNull()
    expect(cell(table, 'Identity-LFW (unseen)', 'ae').reference).toBeNull()
  })

  it('takes the figures of concat and PCA from the paper\'s Table 6', () => {
    const more = buildTable('target', studyInput({
      methods: ['concat', 'pca'],
    }))
    expect(cell(more, 'AgeR-UTK', 'concat')).toMatchObject({ reference: 4.45, referenceSource: 'Table 6' })
    expect(cell(more, 'Identity-LFW', 'pca').reference).toBe(96.8)
  })

  it('reports the whole protocol and the unseen part in rows of their own', () => {
    expect(cell(table, 'Identity-LFW', 'ae').mean).toBe(92.4)
    expect(cell(table, 'Identity-LFW (unseen)', 'ae').mean).toBe(90.4)
  })

  it('marks cells that lean on a contaminated teacher, on its own test data alone', () => {
    expect(cell(table, 'Gender-UTK', 'ae').marks).toEqual(['contaminated'])
    expect(cell(table, 'Gender-UTK', 'teacher:age-gender').marks).toEqual(['contaminated'])
    expect(cell(table, 'Gender-UTK', 'teacher:dlib').marks).toEqual([])
    expect(cell(table, 'AgeR-UTK', 'scratch').marks).toEqual([])
    expect(table.legend.join('\n')).toContain('age-gender (utkface, fgnet)')
  })

  it('marks what saw part of the images without labels, and not the unseen part', () => {
    expect(cell(table, 'Identity-LFW', 'ae').marks).toEqual(['seen-unlabelled'])
    expect(cell(table, 'Identity-LFW', 'teacher:dlib').marks).toEqual([])
    expect(cell(table, 'Identity-LFW (unseen)', 'ae').marks).toEqual([])
  })

  it('has neither mark nor row of its own for an unseen part that is all of it', () => {
    const unseen = { ...evaluation(92.4, 'unseen'), count: 358 }
    const all = buildTable('target', studyInput({ sources: [source('Identity-LFW', 'ae', 0, 'l0', [evaluation(92.4, 'all'), unseen], ['seen-unlabelled'])] }))
    expect(all.rows.map(({ knowledge }) => knowledge)).toEqual(['Gender-UTK', 'AgeR-UTK', 'Identity-LFW'])
    expect(cell(all, 'Identity-LFW', 'ae')).toMatchObject({ mean: 92.4, marks: [] })
    expect(all.legend.join(' ')).not.toContain('‡')
  })

  it('says why a cell is missing and what fills it', () => {
    expect(cell(table, 'Identity-LFW', 'scratch')).toMatchObject({
      mean: null,
      std: null,
      n: 0,
      values: [],
      missing: { reason: 'identity training needs VGGFace2', command: null },
    })
    expect(cell(table, 'AgeR-UTK', 'teacher:dlib').missing).toEqual({ reason: 'not computed yet', command: 'npm run facet -- run sample.yaml' })
  })

  it('calls nothing best where one figure stands alone', () => {
    const alone = buildTable('target', studyInput({
      sources: [
        source('Gender-UTK', 'ae', 0, 'k', [
          evaluation(80),
        ]),
      ],
    }))
    expect(cell(alone, 'Gender-UTK', 'ae').best).toBe(false)
  })

  it('names the runs it came from once', () => {
    expect(table.provenance.keys).toEqual([
      'a0',
      'ae0',
      'ae1',
      'ae2',
      'd0',
      'd1',
      'l0',
      'l1',
      'r0',
      's0',
    ])
  })
})

describe('the faces table', () => {
  const table = buildTable('faces', studyInput())

  it('counts faces found and not found beside the paper\'s Table 2', () => {
    expect(cell(table, 'utk', 'found')).toMatchObject({
      mean: 1189,
      values: [1189],
      reference: 24018,
      keys: ['p0'],
    })
    expect(cell(table, 'utk', 'not-found')).toMatchObject({ mean: 9, reference: 98 })
    expect(table.legend.join(' ')).toContain('utk 0.75 %') // 9 of 1198
  })

  it('says what to run where prepare is still to do', () => {
    expect(cell(table, 'lfw', 'found')).toMatchObject({
      mean: null,
      reference: 13233,
      missing: { reason: 'its photographs are not prepared yet' },
    })
  })

  it('leaves ready crops out, and says so', () => {
    const ready = buildTable('faces', studyInput({
      datasets: [
        {
          ...studyInput().datasets[0]!,
          name: 'tiny',
          aligned: true,
        },
      ],
    }))
    expect(ready.rows).toEqual([])
    expect(ready.legend.join(' ')).toContain('tiny')
  })
})

describe('the reconstruction table', () => {
  const table = buildTable('reconstruction', studyInput())

  it('has a row per teacher and their average, beside the paper\'s Table 5', () => {
    expect(table.rows.map(({ knowledge }) => knowledge)).toEqual(['dlib', 'age-gender', 'average'])
    expect(cell(table, 'dlib', 'ae').mean).toBeCloseTo(0.55, 12)
    expect(cell(table, 'dlib', 'ae').std).toBeCloseTo(Math.SQRT1_2 / 10, 12) // .5 and .6
    expect(cell(table, 'dlib', 'ae').reference).toBe(0.22) // Identity
    expect(cell(table, 'age-gender', 'pca').reference).toBe(0.23) // Age
    expect(cell(table, 'average', 'ae')).toMatchObject({ reference: 0.24, best: false })
    expect(cell(table, 'average', 'ae').mean).toBeCloseTo(0.65, 12) // .6 and .7
    expect(cell(table, 'average', 'pca')).toMatchObject({ best: true })
  })

  it('counts a run that no seed changes once', () => {
    expect(cell(table, 'dlib', 'pca')).toMatchObject({
      n: 1,
      std: null,
      values: [0.55],
    })
  })
})

describe('the reconstruction table of a study under way', () => {
  const { reconstructions } = studyInput()

  it('says how many seeds are still to do, and why', () => {
    const table = buildTable('reconstruction', studyInput({
      missingReconstructions: [
        { method: 'ae', reason: 'its run failed: no memory', command: 'run it' },
      ],
    }))
    expect(cell(table, 'dlib', 'ae')).toMatchObject({ n: 2, missing: { reason: '2 of 3 seeds are done (its run failed: no memory)', command: 'run it' } })
    expect(cell(table, 'dlib', 'pca').missing).toBeNull()
  })

  it('says so where an embedding does not move over the faces measured', () => {
    const table = buildTable('reconstruction', studyInput({
      reconstructions: [
        {
          method: 'ae',
          seed: 0,
          key: 'g0',
          values: { 'age-gender': 0.7 },
        },
      ],
    }))
    expect(cell(table, 'dlib', 'ae').missing).toEqual({ reason: 'it does not move over the faces that it was measured on', command: null })
    expect(cell(table, 'average', 'ae').mean).toBe(0.7)
  })

  it('shows beside what answers have that take no look at the face, and never marks them best', () => {
    const table = buildTable('reconstruction', studyInput({
      baselines: { key: 'g0', mean: { 'dlib': 1.01, 'age-gender': 1.03 }, random: { dlib: 1.41 } },
      reconstructions: [{ method: 'ae', seed: 0, key: 'g0', values: { 'dlib': 1.2, 'age-gender': 0.7 } }],
    }))
    expect(table.columns).toEqual(['baseline:random', 'baseline:mean', 'pca', 'ae'])
    expect(table.columns.slice(0, 2).map(column => table.columnTitles[column])).toEqual(['random face', 'mean face'])
    expect(cell(table, 'dlib', 'baseline:mean')).toMatchObject({ mean: 1.01, n: 1, keys: ['g0'], best: false, missing: null })
    expect(cell(table, 'average', 'baseline:mean').mean).toBeCloseTo(1.02, 9)
    expect(cell(table, 'age-gender', 'baseline:random')).toMatchObject({ mean: null, missing: { reason: 'it does not move over the faces that it was measured on' } })
    expect(table.legend.join('\n')).toContain('the square root of 2')
    expect(buildTable('reconstruction', studyInput()).columns).toEqual(['pca', 'ae'])
  })

  it('names no command where none can fill the cell', () => {
    const table = buildTable('reconstruction', studyInput({
      reconstructions: reconstructions.filter(({ method }) => method !== 'ae'),
      missingReconstructions: [
        { method: 'ae', reason: 'no face is kept from learning', command: null },
      ],
    }))
    expect(cell(table, 'average', 'ae')).toMatchObject({ mean: null, missing: { reason: 'no face is kept from learning', command: null } })
  })
})

it('a table that does not exist is refused with the nearest name', () => {
  expect(() => buildTable('tarjet', studyInput())).toThrow('There is no table "tarjet"')
})

it('notices name limits of ethnicity, terms, contamination and withdrawn data', () => {
  const input = studyInput()
  const notices = buildTable('target', studyInput({
    knowledge: [
      {
        name: 'Ethnic-UTK',
        data: 'utk',
        task: 'ethnicity',
        kind: 'classification',
        unit: '',
        protocol: 'split',
        folds: 'subject',
        classes: 5,
        source: null,
        labels: 1,
      },
    ],
    datasets: [
      ...input.datasets,
      { ...input.datasets[0]!, name: 'ms', format: 'ms-celeb' },
    ],
  })).notices.join('\n')
  expect(notices).toContain('EU AI Act')
  expect(notices).toContain('ethnicity')
  expect(notices).not.toContain('emotion and')
  expect(notices).toContain('withdrawn')
  expect(notices).toContain('age-gender (utkface)')
  expect(notices).toContain('utk: research only')
  expect(buildTable('target', studyInput()).notices.join('\n')).not.toContain('EU AI Act')
})

it('a figure after identity training stands in parentheses, and the legend says after what', () => {
  const input = studyInput()
  const lfw = { ...input.knowledge[2]!, after: { data: 'vgg', task: 'identity', faces: 100_000 } }
  const source = { knowledge: lfw.name, method: 'scratch', seed: 0, key: 'x', marks: ['after-identity' as const], evaluations: [{ scope: 'all' as const, metric: 'accuracy' as const, value: 98.42, count: 600, standardError: 0.5, interval: [97, 99] as [number, number] }] }
  const table = buildTable('target', { ...input, knowledge: [lfw], methods: ['scratch'], sources: [source], missing: [] })
  expect(wordCell(table.rows[0]!.cells.scratch!, table.rows[0]!).figure).toBe('(98.4)')
  expect(table.legend.join('\n')).toContain('Identity-LFW after at most 100,000 faces of vgg (identity)')
})
