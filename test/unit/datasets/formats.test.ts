import type { Scan } from '#shared/dataset.ts'
import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ageClassNames, ageClassOf } from '#main/datasets/ages.ts'
import { formats } from '#main/datasets/formats.ts'
import { listFiles } from '#main/datasets/listing.ts'
import { recogniseFormats } from '#main/datasets/recognise.ts'
import { stratifiedSplit } from '#main/datasets/splits.ts'
import { makeFolder, reasonsOf, scan } from './folder.ts'

const reasons = reasonsOf

describe('age classes', () => {
  it('are the five of the default by hand', () => {
    const edges = [13, 20, 36, 56]
    expect(ageClassNames(edges)).toEqual([
      '0-12',
      '13-19',
      '20-35',
      '36-55',
      '56+',
    ])
    expect([0, 12, 13, 19, 20, 35, 36, 55, 56, 116].map(age => ageClassOf(age, edges))).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
  })
})

describe('stratified splits', () => {
  it('give each stratum the same shares and do not depend on the order', () => {
    const items = ['a', 'b'].flatMap(stratum => Array.from({ length: 50 }, (_, i) => ({ name: `${stratum}${i}`, stratum })))
    const parts = stratifiedSplit(items, { seed: 0, train: 0.7, validation: 0.1 })
    for (const stratum of ['a', 'b']) {
      const count = (part: string): number => items.filter(item => item.stratum === stratum && parts.get(item.name) === part).length
      expect([
        count('train'),
        count('validation'),
        count('test'),
      ]).toEqual([35, 5, 10])
    }
    expect(stratifiedSplit(items.toReversed(), { seed: 0, train: 0.7, validation: 0.1 }).get('a7')).toBe(parts.get('a7'))
    const other = stratifiedSplit(items, { seed: 1, train: 0.7, validation: 0.1 })
    expect(items.some(({ name }) => other.get(name) !== parts.get(name))).toBe(true)
  })

  it('leave no part empty in a stratum of three or more', () => {
    fc.assert(fc.property(fc.integer({ min: 3, max: 40 }), fc.nat(), (count, seed) => {
      const parts = stratifiedSplit(Array.from({ length: count }, (_, i) => ({ name: `${i}`, stratum: '' })), { seed, train: 0.7, validation: 0.1 })
      return new Set(parts.values()).size === 3
    }))
  })
})

describe('utkface', () => {
  const good = '36_1_2_20161220222308131.jpg.chip.jpg'

  it('reads age, gender and ethnicity from the name, and splits by its hash', async () => {
    const { samples, tasks } = await scan('utkface', [good])
    expect(samples[0]).toMatchObject({
      labels: {
        'age': 36,
        'gender': 1,
        'ethnicity': 2,
        'age-class': 3,
      },
    })
    expect(tasks.ethnicity).toMatchObject({
      classes: [
        'White',
        'Black',
        'Asian',
        'Indian',
        'Others',
      ],
    })
    const fraction = Number.parseInt(createHash('sha256').update(good).digest('hex').slice(0, 8), 16) / 2 ** 32
    expect(samples[0]!.split).toBe(fraction < 0.6
      ? 'train'
      : fraction < 0.7
        ? 'validation'
        : 'test')
  })

  it('says what is wrong with each malformed name', async () => {
    const result = await scan('utkface', [
      good,
      '61_1_20170109142408075.jpg.chip.jpg',
      '20_2_1_20170109142408075.jpg',
      '20_1_7_20170109142408075.jpg',
      'x_1_1_20170109142408075.jpg',
      '20_1_1_today.jpg',
      '130_1_1_20170109142408075.jpg',
      'holiday.jpg',
      'notes.txt',
      '.DS_Store',
    ])
    expect(reasons(result)).toEqual({
      '61_1_20170109142408075.jpg.chip.jpg': 'name has 3 fields where age_gender_race_datetime has 4',
      '20_2_1_20170109142408075.jpg': 'gender "2" in the name is neither 0 (male) nor 1 (female)',
      '20_1_7_20170109142408075.jpg': 'race "7" in the name is not 0 to 4',
      'x_1_1_20170109142408075.jpg': 'age "x" in the name is no number of years',
      '20_1_1_today.jpg': 'date and time "today" in the name are no digits',
      '130_1_1_20170109142408075.jpg': 'age 130 in the name is above 120',
      'holiday.jpg': 'name has 1 field where age_gender_race_datetime has 4',
    })
  })

  it('takes the CORAL split where its files are given, for ages 21 to 60 alone', async () => {
    const names = [20, 21, 40, 60, 61, 33].map(age => `${age}_1_2_20161220222308131.jpg.chip.jpg`)
    const list = (ages: number[]): string => [
      ',file,age',
      ...ages.map(age => `7,${age}_1_2_20161220222308131.jpg.chip.jpg,${age - 21}`),
    ].join('\n')
    const files = Object.fromEntries(names.map(name => [name, 'x']))
    const splitOf = (result: Scan): Record<string, unknown> => Object.fromEntries(result.samples.map(({ labels, split }) => [labels.age!, split]))
    const here = await scan('utkface', {
      ...files,
      'utk_train.csv': list([20, 21]),
      'utk_test.csv': list([40, 61]),
      'utk_valid.csv': list([60]),
    })
    expect(splitOf(here)).toEqual({
      20: null,
      21: 'train',
      33: null,
      40: 'test',
      60: 'validation',
      61: null,
    })
    expect(here.tasks.age).toMatchObject({
      range: [21, 60],
    })
    const lists = makeFolder({
      'utk_train.csv': list([21]),
      'utk_test.csv': list([40]),
    })
    expect(splitOf(await scan('utkface', files, { coral: lists }))).toMatchObject({ 40: 'test', 33: null })
    await expect(scan('utkface', files, {
      coral: makeFolder({}),
    })).rejects.toMatchObject({
      code: 'not-found',
      where: expect.stringContaining('utk_train.csv'),
    })
    await expect(scan('utkface', { ...files, 'utk_train.csv': 'name,age\na,1' })).rejects.toThrow('The table has no column "file"; it has "name", "age".')
  })
})

describe('fgnet', () => {
  const files = [
    '001',
    '002',
    '003',
    '010',
    '011',
    '012',
  ].flatMap(subject => [`images/${subject}A02.JPG`, `images/${subject}A02a.JPG`])

  it('reads subject and age, and holds out every fifth subject from the first', async () => {
    const { samples, tasks } = await scan('fgnet', [...files, 'points/001a02.pts', 'images/1A02.JPG'])
    expect(samples.find(({ path }) => path === 'images/012A02a.JPG')).toMatchObject({
      labels: { 'age': 2, 'age-class': 0 },
      subject: '012',
      split: null,
    })
    expect([
      ...new Set(samples.filter(({ unseen }) => unseen).map(({ subject }) => subject)),
    ]).toEqual(['001', '012'])
    expect(tasks.age).toMatchObject({ protocol: 'subjects' })
  })

  it('holds out the subjects that are asked for, and refuses those it has not', async () => {
    const { samples } = await scan('fgnet', files, {
      unseenSubjects: ['002'],
    })
    expect([
      ...new Set(samples.filter(({ unseen }) => unseen).map(({ subject }) => subject)),
    ]).toEqual(['002'])
    await expect(scan('fgnet', files, {
      unseenSubjects: ['077'],
    })).rejects.toThrow('names 077, of whom there is no image')
  })
})

describe('lfw', () => {
  const image = (name: string, number: number): string => `${name}/${name}_${String(number).padStart(4, '0')}.jpg`
  const people = [
    'Al_Gore',
    'Bo_Li',
    'Cy_Young',
    'Di_Caprio',
  ]
  const files = people.flatMap(name => [1, 2, 3].map(number => image(name, number)))
  const pairs = '2\t1\nAl_Gore\t1\t2\nAl_Gore\t1\tBo_Li\t1\nBo_Li\t1\t2\nCy_Young\t1\tDi_Caprio\t1\n'
  const all: Record<string, string> = {
    ...Object.fromEntries(files.map(file => [file, 'x'])),
    'pairs.txt': pairs,
    'legend.csv': 'user.id,image,emotion',
  }

  it('reads any number and size of folds; images of unseen folds are unseen wherever else they stand', async () => {
    const { samples, pairs, rejected } = await scan('lfw', all, {
      unseen: [1],
    })
    expect(pairs.map(({ fold, same, unseen }) => [fold, same, unseen])).toEqual([
      [1, true, true],
      [1, false, true],
      [2, true, false],
      [2, false, false],
    ])
    expect(samples.filter(({ unseen }) => unseen).map(({ path }) => path)).toEqual([
      image('Al_Gore', 1),
      image('Al_Gore', 2),
      image('Bo_Li', 1),
    ])
    expect(samples).toHaveLength(12)
    expect(rejected).toEqual([])
    expect(samples[pairs[3]!.b]!.path).toBe(image('Di_Caprio', 1))
  })

  it('counts a pair of a seen fold as unseen when both images stand in unseen folds', async () => {
    const list = '2\t1\nAl_Gore\t1\t2\nAl_Gore\t1\tBo_Li\t1\nAl_Gore\t2\t1\nCy_Young\t1\tDi_Caprio\t1\n'
    const result = await scan('lfw', { ...all, 'pairs.txt': list }, {
      unseen: [1],
    })
    expect(result.pairs.map(({ unseen }) => unseen)).toEqual([true, true, true, false])
  })

  it('leaves out pairs whose image is not there and says how many', async () => {
    const { [image('Bo_Li', 1)]: _, ...rest } = all
    const result = await scan('lfw', rest, {
      unseen: [1],
    })
    expect(result.pairs).toHaveLength(2)
    expect(result.notes.join(' ')).toContain('2 of 4 pairs are left out')
  })

  it('names file and line of a malformed list', async () => {
    await expect(scan('lfw', { ...all, 'pairs.txt': 'Al_Gore\t1\t2' })).rejects.toMatchObject({
      where: expect.stringContaining('pairs.txt line 1'),
    })
    await expect(scan('lfw', {
      ...all,
      'pairs.txt': pairs.replace('Bo_Li\t1\t2', 'Bo_Li\t1\tx'),
    })).rejects.toMatchObject({
      where: expect.stringContaining('pairs.txt line 4'),
      message: expect.stringContaining('the same person'),
    })
    await expect(scan('lfw', { ...all, 'pairs.txt': '10\t300\n' })).rejects.toThrow('0 pairs are listed; 10 folds of 300 same and 300 different are 6000.')
    await expect(scan('lfw', all, {
      unseen: [3],
    })).rejects.toThrow('names fold 3; pairs.txt has 2')
  })

  it('has no task without pairs.txt, and rejects images that are named otherwise', async () => {
    const result = await scan('lfw', [...files, 'Al_Gore/Bo_Li_0001.jpg', 'x.jpg'])
    expect(result.tasks).toEqual({})
    expect(Object.keys(reasons(result))).toEqual(['Al_Gore/Bo_Li_0001.jpg', 'x.jpg'])
  })
})

describe('tiny-imagenet', () => {
  const wnids = ['n00000001', 'n00000002']
  const files = {
    ...Object.fromEntries(wnids.flatMap(wnid => Array.from({ length: 10 }, (_, i) => [`train/${wnid}/images/${wnid}_${i}.JPEG`, 'x']))),
    'train/n00000001/n00000001_boxes.txt': '',
    'val/images/val_0.JPEG': 'x',
    'val/images/val_1.JPEG': 'x',
    'val/images/val_2.JPEG': 'x',
    'val/val_annotations.txt': 'val_0.JPEG\tn00000002\t0\t0\t9\t9\nval_1.JPEG\tn00000009\t0\t0\t9\t9\n',
    'test/images/test_0.JPEG': 'x',
    'wnids.txt': 'n00000002\nn00000001\n',
    'words.txt': 'n00000001\tbison\nn00000002\tiPod\n',
  }

  it('tests on the folder val and cuts validation from train, a tenth of each class', async () => {
    const result = await scan('tiny-imagenet', files)
    const of = (split: string): Scan['samples'] => result.samples.filter(sample => sample.split === split)
    expect([of('train').length, of('validation').length, of('test').length]).toEqual([18, 2, 1])
    expect(new Set(of('validation').map(({ labels }) => labels.object))).toEqual(new Set([0, 1]))
    expect(of('test')[0]).toMatchObject({
      labels: { object: 1 },
    })
    expect(result.tasks.object).toMatchObject({
      classes: ['bison', 'iPod'],
    })
    expect(reasons(result)).toEqual({ 'val/images/val_1.JPEG': 'class n00000009 has no training images here', 'val/images/val_2.JPEG': 'is not in val/val_annotations.txt' })
  })

  it('is declared as ready crops', () => {
    expect(formats.filter(({ aligned }) => aligned).map(({ name }) => name)).toContain('tiny-imagenet')
  })
})

describe('folders', () => {
  it('takes the parts that folders give and cuts the others from train', async () => {
    const images = ['cat', 'dog'].flatMap(name => [
      ...Array.from({ length: 10 }, (_, i) => `train/${name}/${i}.png`),
      `test/${name}/0.png`,
    ])
    const { samples, tasks } = await scan('folders', images, { task: 'animal' })
    expect(tasks.animal).toMatchObject({
      classes: ['cat', 'dog'],
    })
    const count = (split: string): number => samples.filter(sample => sample.split === split).length
    expect([
      count('train'),
      count('validation'),
      count('test'),
    ]).toEqual([18, 2, 2])
  })

  it('cuts all parts where no folder gives one, below a folder that holds everything', async () => {
    const { samples } = await scan('folders', ['cat', 'dog'].flatMap(name => Array.from({ length: 10 }, (_, i) => `images/${name}/${i}.png`)))
    const count = (split: string): number => samples.filter(sample => sample.split === split).length
    expect([
      count('train'),
      count('validation'),
      count('test'),
    ]).toEqual([14, 2, 4])
  })

  it('needs two classes and rejects images outside of them', async () => {
    await expect(scan('folders', ['cat/1.png', 'cat/2.png'])).rejects.toThrow(/class folders have images; at least 2/)
    expect(reasons(await scan('folders', ['cat/1.png', 'dog/2.png', 'loose.png']))).toEqual({ 'loose.png': 'lies in no class folder' })
  })
})

describe('csv', () => {
  const rows = Array.from({ length: 30 }, (_, i) => `${i}.jpg,${['sad', 'happy'][i % 2]},${i * 1.5},${i % 3},note ${i},p${i % 6}`)
  const images = Object.fromEntries(rows.map((_, i) => [`${i}.jpg`, 'x']))
  const table = ['file,mood,score,level,comment,subject', ...rows].join('\n')

  it('reads each column by what it holds and keeps a person in one part', async () => {
    const result = await scan('csv', { ...images, 'labels.csv': table })
    expect(result.tasks).toMatchObject({
      mood: {
        kind: 'classification',
        classes: ['happy', 'sad'],
      },
      score: {
        kind: 'regression',
        range: [0, 43.5],
      },
      level: {
        kind: 'classification',
        classes: ['0', '1', '2'],
      },
    })
    expect(Object.keys(result.tasks)).not.toContain('comment')
    const parts = Map.groupBy(result.samples, ({ subject }) => subject)
    for (const samples of parts.values())
      expect(new Set(samples.map(({ split }) => split)).size).toBe(1)
    expect(result.samples.find(({ path }) => path === '3.jpg')).toMatchObject({
      labels: { mood: 0, score: 4.5, level: 0 },
      subject: 'p3',
    })
  })

  it('takes columns, units, split and protocol from the options', async () => {
    const withSplit = [
      'image;points;part',
      '0.jpg;3;train',
      '1.jpg;4;val',
      '2.jpg;5;test',
      '3.jpg;6;rest',
    ].join('\r\n')
    const result = await scan('csv', { ...images, 'a.csv': 'x,y', 'b.csv': withSplit }, {
      file: 'b.csv',
      regression: ['points'],
      units: { points: 'dB' },
      split: 'part',
    })
    expect(result.samples.map(({ split }) => split)).toEqual(['train', 'validation', 'test'])
    expect(result.tasks.points).toMatchObject({
      unit: 'dB',
      range: [3, 6],
    })
    expect(reasons(result)).toMatchObject({ '3.jpg': 'line 5: split "rest" is not train, validation or test', '4.jpg': 'is not in the table b.csv' })
    const bySubject = await scan('csv', { ...images, 'labels.csv': table }, { protocol: 'subjects' })
    expect(bySubject.tasks.mood).toMatchObject({ protocol: 'subjects' })
    expect(bySubject.samples.every(({ split }) => split === null)).toBe(true)
  })

  it('refuses paths that leave the folder, missing files, doubles and words where numbers belong', async () => {
    const result = await scan('csv', { ...images, 'labels.csv': 'file,score\n0.jpg,1\n../../etc/passwd,2\nmissing.jpg,3\n0.jpg,4\n1.jpg,many\n2.jpg,7\n' }, {
      regression: ['score'],
    })
    expect(result.samples.map(({ path }) => path)).toEqual(['0.jpg', '2.jpg'])
    expect(result.rejected.slice(0, 4).map(({ reason }) => reason)).toEqual(expect.arrayContaining(['line 3: there is no such file in the folder', 'line 4: there is no such file in the folder', 'line 5: the file stands in line 2 already']))
    expect(reasons(result)['1.jpg']).toBe('line 6: "many" in column "score" is no number')
  })

  it('names file, line and columns of a table it cannot use', async () => {
    await expect(scan('csv', { ...images, 'labels.csv': 'file,score\n0.jpg\n' })).rejects.toMatchObject({
      where: expect.stringMatching(/labels\.csv line \d/),
    })
    await expect(scan('csv', { ...images, 'labels.csv': 'who,score\n0.jpg,2\n' })).rejects.toThrow(/No column of the table is named like a path; it has who, score/)
    await expect(scan('csv', { ...images, 'labels.csv': table }, {
      regression: ['scores'],
    })).rejects.toThrow(/name the label column "scores"; the table has/)
    await expect(scan('csv', { ...images, 'a.csv': 'x', 'b.csv': 'x' })).rejects.toThrow('2 tables at its top (a.csv, b.csv)')
  })
})

describe('recognition', () => {
  it.each([
    [
      'utkface',
      ['36_1_2_20161220222308131.jpg.chip.jpg', 'labels.csv'],
    ],
    [
      'fgnet',
      ['images/078A11.JPG', 'points/078a11.pts'],
    ],
    [
      'lfw',
      [
        'Al_Gore/Al_Gore_0001.jpg',
        'Bo_Li/Bo_Li_0001.jpg',
        'pairs.txt',
        'legend.csv',
      ],
    ],
    [
      'tiny-imagenet',
      ['train/n00000001/images/a.JPEG', 'val/images/val_0.JPEG', 'wnids.txt'],
    ],
    [
      'csv',
      ['labels.csv', 'images/1.png'],
    ],
    [
      'folders',
      ['cat/1.png', 'dog/2.png'],
    ],
  ])('knows a folder of format %s by its names', async (name, files) => {
    expect(recogniseFormats(await listFiles(makeFolder(files)))[0]!.format.name).toBe(name)
  })

  it('judges 100,000 names in two seconds of processor time', () => {
    const files = Array.from({ length: 100_000 }, (_, i) => `class${i % 100}/${i}.jpg`)
    const before = process.cpuUsage()
    recogniseFormats({
      root: mkdtempSync(path.join(tmpdir(), 'facet-')),
      files,
      refused: [],
    })
    expect(process.cpuUsage(before).user).toBeLessThan(2e6)
  })
})
