import type { Sample } from '#shared/dataset.ts'
import type { OrderSource } from '#shared/order.ts'
import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { createEmbeddings } from '#shared/files/embeddings.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { unlabelledFaces, wordNearCopies } from '#worker/stages/unlabelled.ts'

const teachers = [{ name: 'one', dimension: 3 }, { name: 'two', dimension: 2 }]
const names = teachers.map(({ name }) => name)

/** A data set whose faces have these embeddings, five numbers each: three of one teacher, two of the other. */
function sourceOf(name: string, faces: { split?: Sample['split'], values: number[] }[], unlabelled = true): OrderSource {
  const folder = mkdtempSync(join(tmpdir(), 'facet-near-'))
  const [dataset, embeddings] = ['dataset.sqlite', 'embeddings.sqlite'].map(file => join(folder, file)) as [string, string]
  writeDataset(dataset, {
    meta: { format: 'made', root: folder, fingerprint: '0'.repeat(64), tasks: {}, aligned: false, licence: 'none', notes: [] },
    samples: faces.map(({ split = 'train' }, i) => ({ path: `${i}.jpg`, labels: {}, split, subject: null, unseen: false, bytes: 1, sha256: createHash('sha256').update(`${name}/${i}`).digest('hex') })),
    rejected: [],
    pairs: [],
  })
  const pack = createEmbeddings(embeddings, { teachers, size: faces.length })
  pack.append(Int32Array.from(faces.keys()), { one: Float32Array.from(faces.flatMap(({ values }) => values.slice(0, 3))), two: Float32Array.from(faces.flatMap(({ values }) => values.slice(3))) })
  pack.seal({})
  return { name, root: folder, dataset, faces: null, embeddings, unlabelled }
}

/** Mean cosine of the two teachers, one number after the other. */
function meanCosine(a: number[], b: number[]): number {
  const cosine = (from: number, to: number): number => {
    let [dot, aa, bb] = [0, 0, 0]
    for (let i = from; i < to; i++)
      [dot, aa, bb] = [dot + a[i]! * b[i]!, aa + a[i]! ** 2, bb + b[i]! ** 2]
    return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb)
  }
  return (cosine(0, 3) + cosine(3, 5)) / 2
}

it('a face that both teachers see as a held-out one is left out, in whichever data set the other lies, and named', () => {
  const web = sourceOf('web', [
    { values: [10, 0, 0, 0, 5] }, // longer, but the direction of utk/0.jpg: cosines 1 and 1
    { values: [1, 0, 0, 0.6, 0.8] }, // 1 and .8: a mean of .9
    { values: [1, 0, 0, 1, 0] }, // 1 and 0: one teacher alone says nothing
    { values: [0, 0, 0, 0, 0] },
    { values: [0, 1, 0, 1, 0], split: 'test' },
    { values: [0, 2, 0, 2, 0.02] }, // a copy of web/4.jpg
  ])
  const utk = sourceOf('utk', [{ values: [1, 0, 0, 0, 1], split: 'test' }, { values: [0, 0, 1, 0, 1], split: 'train' }], false)
  const faces = unlabelledFaces([web, utk], names, 0.95)
  expect(faces.learn.map(({ source, indexes }) => [source.name, [...indexes]])).toEqual([['web', [1, 2, 3]]])
  expect(faces.nearCopies.map(({ path, of }) => [path, of])).toEqual([['0.jpg', 'utk/0.jpg'], ['5.jpg', 'web/4.jpg']])
  expect(faces.nearCopies[0]!.cosine).toBeCloseTo(1, 6)
  expect(faces.nearCopies[1]!.cosine).toBeCloseTo(meanCosine([0, 1, 0, 1, 0], [0, 2, 0, 2, 0.02]), 6)
  expect(wordNearCopies(faces)).toEqual([
    '2 of 5 unlabelled faces show held-out photographs again and are left out:',
    'web/0.jpg shows utk/0.jpg (cosine 1.000)',
    'web/5.jpg shows web/4.jpg (cosine 1.000)',
  ])
  expect(unlabelledFaces([web, utk], names, 0.89).nearCopies.map(({ path }) => path)).toEqual(['0.jpg', '1.jpg', '5.jpg'])
})

it('nobody is compared where nobody asks', () => {
  const web = sourceOf('web', [{ values: [1, 0, 0, 0, 1] }, { values: [1, 0, 0, 0, 1], split: 'test' }])
  const faces = unlabelledFaces([web])
  expect([faces.count, faces.nearCopies, wordNearCopies(faces)]).toEqual([1, [], []])
})

it('finds in blocks of both sides what comparing one by one finds', () => {
  const random = seededRandom(3)
  const draw = (split: Sample['split']) => (): { split: Sample['split'], values: number[] } => ({ split, values: Array.from({ length: 5 }, () => random.normal()) })
  const learn = Array.from({ length: 1500 }, draw('train'))
  const held = Array.from({ length: 1100 }, draw('test'))
  const { nearCopies } = unlabelledFaces([sourceOf('web', learn), sourceOf('utk', held, false)], names, 0.99)
  const expected = learn.flatMap(({ values }, i) => {
    const cosines = held.map(other => meanCosine(values, other.values))
    const best = Math.max(...cosines)
    return best >= 0.99 ? [{ path: `${i}.jpg`, of: `utk/${cosines.indexOf(best)}.jpg` }] : []
  })
  expect(expected.length).toBeGreaterThan(20)
  expect(expected.length).toBeLessThan(1400)
  expect(nearCopies.map(({ path, of }) => ({ path, of }))).toEqual(expected)
})
