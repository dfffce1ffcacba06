import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { addDataset } from '#main/datasets/add.ts'
import { listFiles } from '#main/datasets/listing.ts'
import { syntheticObjects } from '#main/datasets/synthetic-objects.ts'
import { synthetic } from '#main/datasets/synthetic.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { ATTRIBUTES } from '#shared/synthetic.ts'
import { synthesize } from '#worker/faces/synthetic/index.ts'
import { makeFolder, probe } from './folder.ts'

describe('a data set of drawn objects', () => {
  it('has ten classes, as many of each in every part, and no people', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'facet-objects-'))
    await syntheticObjects.generate!(root, syntheticObjects.options.parse({ count: 200, size: 64, seed: 2 }), synthesize)
    const { file, summary } = await addDataset({ path: root, into: mkdtempSync(path.join(tmpdir(), 'facet-packs-')), probe })
    expect(summary).toMatchObject({ format: 'synthetic-objects', samples: 200, rejected: 0, subjects: 0, splits: { train: 120, validation: 30, test: 50 } })
    const samples = openDataset(file).samples()
    const inTest = samples.filter(({ split }) => split === 'test').map(({ labels }) => Number(labels.object))
    expect([...Map.groupBy(inTest, label => label)].map(([, labels]) => labels.length)).toEqual(Array.from({ length: 10 }).fill(5))
    expect(samples.every(({ split, unseen }) => unseen === (split === 'test'))).toBe(true)
  })

  it('names rows that it cannot use', async () => {
    const root = makeFolder({ 'synthetic-objects.json': '{}', 'drawn.json': '{}', 'labels.csv': 'path,object\nimages/000000.jpg,ball\nimages/000001.jpg,lamp\nimages/000002.jpg,cup\n', 'images/000000.jpg': '', 'images/000001.jpg': '' })
    const { samples, rejected } = await syntheticObjects.scan(await listFiles(root), {})
    expect(samples.map(({ path }) => path)).toEqual(['images/000000.jpg'])
    expect(rejected).toEqual([
      { path: 'images/000001.jpg', reason: 'is labelled "lamp", which is none of ball, bottle, car, chair, cup, fish, flower, house, star, tree' },
      { path: 'images/000002.jpg', reason: 'is in labels.csv but not in the folder' },
    ])
  })
})

describe('a data set of drawn faces', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'facet-drawn-'))
  const into = mkdtempSync(path.join(tmpdir(), 'facet-packs-'))
  beforeAll(async () => {
    await synthetic.generate!(root, synthetic.options.parse({ count: 200, identities: 40, size: 64 }), synthesize)
  })

  it('leaves one person out in turn on wish, and keeps every fifth from combiner and student', async () => {
    const { file, summary } = await addDataset({ path: root, into: mkdtempSync(path.join(tmpdir(), 'facet-packs-')), probe, options: { protocol: 'subjects' } })
    const pack = openDataset(file)
    expect(summary).toMatchObject({ samples: 200, subjects: 40, pairs: 0, splits: { none: 200 } })
    expect(new Set(Object.values(pack.meta.tasks).map(({ protocol }) => protocol))).toEqual(new Set(['subjects']))
    expect(Object.keys(pack.meta.tasks)).toEqual(expect.arrayContaining(['age', 'pain', 'expression']))
    for (const absent of ['identity', 'verification', 'attributes'])
      expect(Object.keys(pack.meta.tasks)).not.toContain(absent)
    const unseen = new Set(pack.samples().filter(({ unseen }) => unseen).map(({ subject }) => subject))
    expect([...unseen].sort()).toEqual([0, 5, 10, 15, 20, 25, 30, 35].map(number => `person-${String(number).padStart(4, '0')}`))
  })

  it('is recognised, offers every kind of knowledge and splits by person', async () => {
    const { file, summary } = await addDataset({ path: root, into, probe })
    const pack = openDataset(file)
    expect(summary).toMatchObject({
      format: 'synthetic',
      samples: 200,
      rejected: 0,
      subjects: 40,
    })
    expect(Object.keys(pack.meta.tasks)).toEqual(expect.arrayContaining([
      'verification',
      'gender',
      'ethnicity',
      'age',
      'age-class',
      'expression',
      'pain',
      'au43',
      'Smiling',
      'Eyeglasses',
      'attributes',
      'identity',
    ]))
    for (const samples of Map.groupBy(pack.samples(), ({ subject }) => subject).values())
      expect(new Set(samples.map(({ split }) => split)).size).toBe(1)
    expect(pack.samples().every(({ split, unseen }) => unseen === (split === 'test'))).toBe(true)
    // forty people are four of each gender and ethnicity: two of them train, one validates, one tests
    expect(summary.splits).toEqual({
      train: 100,
      validation: 50,
      test: 50,
      none: 0,
    })
    const { labels } = pack.samples()[0]!
    expect([...String(labels.attributes)].map(Number)).toEqual(ATTRIBUTES.map(name => labels[name]))
    // identity: the twenty people of the training part, and nobody else
    const { classes } = pack.meta.tasks.identity as { classes: string[] }
    expect(classes).toHaveLength(20)
    for (const { split, subject, labels } of pack.samples())
      expect(labels.identity === undefined ? null : classes[Number(labels.identity)]).toBe(split === 'train' ? subject : null)
    expect(labels.pain).toBe(Number(labels.au4) + Math.max(Number(labels.au6), Number(labels.au7)) + Math.max(Number(labels.au9), Number(labels.au10)) + Number(labels.au43))
  })

  it('pairs test people in folds that share nobody, as many same as different', async () => {
    const { file } = await addDataset({ path: root, into, probe })
    const pack = openDataset(file)
    const samples = pack.samples()
    const pairs = pack.pairs()
    const foldOf = new Map<string, number>()
    for (const { a, b, same, fold, unseen } of pairs) {
      expect(samples[a]!.subject === samples[b]!.subject).toBe(same)
      expect(a).not.toBe(b)
      expect([samples[a]!.split, samples[b]!.split, unseen]).toEqual(['test', 'test', true])
      for (const subject of [samples[a]!.subject!, samples[b]!.subject!]) {
        expect(foldOf.get(subject) ?? fold).toBe(fold)
        foldOf.set(subject, fold)
      }
    }
    expect(pairs.filter(({ same }) => same)).toHaveLength(pairs.length / 2)
    expect(new Set(pairs.map(({ a, b }) => [a, b].sort().join(' '))).size).toBe(pairs.length)
    expect(new Set(pairs.map(({ fold }) => fold)).size).toBe(5)
  })

  it('says that a worker draws a folder that is not drawn yet', async () => {
    await expect(addDataset({
      path: makeFolder({ 'synthetic.json': '{}' }),
      into,
      probe,
    })).rejects.toMatchObject({
      message: 'The faces of this folder are not drawn yet.',
      hint: expect.stringContaining('--format synthetic'),
    })
  })

  it('gives files that are missing or not in the table their reason', async () => {
    rmSync(path.join(root, 'images/000007.jpg'))
    writeFileSync(path.join(root, 'images/extra.jpg'), 'x')
    const { file } = await addDataset({ path: root, into, probe })
    expect(openDataset(file).rejected()).toEqual([
      { path: 'images/000007.jpg', reason: 'is in labels.csv but not in the folder' },
      { path: 'images/extra.jpg', reason: 'is not in labels.csv' },
    ])
  })
})
