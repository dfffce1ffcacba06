import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { addDataset } from '#main/datasets/add.ts'
import { append } from '#main/datasets/lists.ts'
import { recogniseFormats } from '#main/datasets/recognise.ts'
import { createTally } from '#main/datasets/summary.ts'
import { createDatasetWriter, openDataset } from '#shared/files/dataset-pack.ts'
import { makeFolder, probe, scan } from './folder.ts'

describe('a folder of very many files', () => {
  it('is judged by a part of them, and by every list near its top', () => {
    const files = [...Array.from({ length: 202_599 }, (_, i) => `Img/img_align_celeba/${String(i + 1).padStart(6, '0')}.jpg`), 'Anno/list_attr_celeba.txt'].sort()
    const [first] = recogniseFormats({ root: '/photographs', files, refused: [] })
    expect(first).toMatchObject({ format: { name: 'celeba' }, confidence: 1 })
    expect(first!.why).toBe('67533 of 67533 images are named 000001.jpg, with list_attr_celeba (judged by 67,534 of 202,600 files)')
  })

  it('has its rows counted and joined whatever their number', () => {
    const many: number[] = []
    append(many, Array.from({ length: 300_000 }, (_, i) => i)) // push(...) of as many overflows the stack
    expect(many.length).toBe(300_000)
  })

  it('has people as classes, each counted once over all samples', () => {
    const people = Array.from({ length: 100_000 }, (_, i) => `m.${i}`)
    const tally = createTally({ identity: { kind: 'classification', label: 'identity', classes: people, protocol: 'split' }, age: { kind: 'regression', label: 'age', unit: 'years', range: [0, 9], protocol: 'split' }, has: { kind: 'attributes', label: 'has', attributes: ['a', 'b'], protocol: 'split' } })
    for (let i = 0; i < 250_000; i++)
      tally.add({ path: '', labels: { identity: i % 100_000, ...i < 2 && { age: 3 + i, has: i === 0 ? '1-' : '10' } }, split: i % 2 === 0 ? 'train' : null, subject: people[i % 100_000]!, unseen: i < 7, bytes: 2 })
    const { labels, ...counts } = tally.counts()
    expect(counts).toEqual({ samples: 250_000, splits: { train: 125_000, validation: 0, test: 0, none: 125_000 }, subjects: 100_000, unseen: 7, bytes: 500_000 })
    expect([labels.identity!['m.0'], labels.identity!['m.49999'], labels.identity!['m.50000'], labels.age, labels.has]).toEqual([3, 3, 2, { lowest: 3, highest: 4 }, { a: 2, b: 0 }])
  })

  it('of 150,000 images in no list has each rejected', async () => {
    const rows = Array.from({ length: 150_000 }, (_, i) => `test_${String(i % 10_000).padStart(4, '0')}.jpg 9`).join('\n')
    const result = await scan('rafdb', { 'EmoLabel/list_patition_label.txt': rows, 'Image/original/train_00001.jpg': 'x' })
    expect(result.rejected).toHaveLength(150_001)
    expect(result.samples).toEqual([])
  })
})

describe('a pack in the making', () => {
  it('leaves nothing behind when it is given up, nor what a killed process left', async () => {
    const into = makeFolder({})
    writeFileSync(join(into, 'adding-1-0.sqlite.tmp'), 'of a killed process')
    const writer = createDatasetWriter(into)
    const other = createDatasetWriter(into)
    expect(existsSync(join(into, 'adding-1-0.sqlite.tmp'))).toBe(false)
    expect(readdirSync(into).filter(name => name.startsWith(`adding-${process.pid}-`))).toHaveLength(2)
    writer.discard()
    other.discard()
    expect(readdirSync(into)).toEqual([])
    await expect(addDataset({ path: makeFolder(['36_1_2_20161220222308131broken.jpg']), into, probe })).rejects.toThrow('No usable image')
    expect(readdirSync(into)).toEqual([])
  })

  it('gives its samples one by one as it gives them all', async () => {
    const { file } = await addDataset({ path: makeFolder(Array.from({ length: 130 }, (_, i) => `photo ${i}.jpg`)), into: makeFolder({}), probe })
    const pack = openDataset(file)
    expect([...pack.each()]).toEqual(pack.packed())
    expect(pack.count).toBe(130)
    pack.close()
  })
})
