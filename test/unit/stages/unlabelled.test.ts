import type { Sample } from '#shared/dataset.ts'
import type { OrderSource } from '#shared/order.ts'
import type { SourceSamples } from '#worker/stages/unlabelled.ts'
import { describe, expect, it } from 'vitest'
import { checkUnlabelled, chooseUnlabelled, unlabelledFaces, validationPart } from '#worker/stages/unlabelled.ts'
import { makeSource } from './fixture.ts'

function sourceOf(name: string, given: (Partial<Sample> & { hash: string })[], { found = given.map((_, i) => i), unlabelled = true } = {}): SourceSamples {
  return {
    source: {
      name,
      root: '/',
      dataset: '',
      faces: null,
      embeddings: null,
      unlabelled,
    } satisfies OrderSource,
    samples: given.map(({ hash: _, ...sample }, i) => ({
      path: `${name}-${i}.jpg`,
      labels: {},
      split: null,
      subject: null,
      unseen: false,
      ...sample,
    })),
    hashes: given.map(({ hash }) => hash),
    found: Int32Array.from(found),
  }
}
const indexes = (faces: { indexes: Int32Array }[]): number[][] => faces.map(each => [...each.indexes])

describe('the unlabelled faces', () => {
  it('hold train faces and faces without a split, not validation, test, unseen or undetected ones', () => {
    const { learn, unseen, count } = chooseUnlabelled([
      sourceOf('utk', [
        { hash: 'a', split: 'train' },
        { hash: 'b', split: 'validation' },
        { hash: 'c', split: 'test' },
        { hash: 'd' },
        { hash: 'e', unseen: true },
        { hash: 'f', split: 'train' },
      ], {
        found: [0, 1, 2, 3, 4],
      }),
    ])
    expect(indexes(learn)).toEqual([
      [0, 3],
    ])
    expect(indexes(unseen)).toEqual([
      [2, 4],
    ])
    expect(count).toBe(2)
  })

  it('leave out a copy of a test photograph in another data set, named or not', () => {
    const { learn } = chooseUnlabelled([
      sourceOf('mine', [
        { hash: 'same' },
        { hash: 'x' },
      ]),
      sourceOf('utk', [
        { hash: 'same', split: 'test' },
      ], { unlabelled: false }),
    ])
    expect(indexes(learn)).toEqual([
      [1],
    ])
  })

  it('come from sources marked for it alone, and their fingerprint does not depend on the order of sources', () => {
    const one = sourceOf('one', [
      { hash: 'a' },
    ])
    const two = sourceOf('two', [
      { hash: 'b' },
    ])
    const other = sourceOf('other', [
      { hash: 'c' },
    ], { unlabelled: false })
    expect(chooseUnlabelled([one, two, other]).count).toBe(2)
    expect(chooseUnlabelled([one, two]).fingerprint).toBe(chooseUnlabelled([two, one]).fingerprint)
    expect(chooseUnlabelled([one]).fingerprint).not.toBe(chooseUnlabelled([two]).fingerprint)
  })

  it.each([
    [
      { split: 'test' as const },
      'belongs to the test split',
    ],
    [
      { split: 'validation' as const },
      'belongs to the validation split',
    ],
    [
      { unseen: true },
      'is marked unseen',
    ],
  ])('a set with a held-out face (%o) stops the run, naming the photograph', (kept, why) => {
    const source = sourceOf('utk', [
      { hash: 'a' },
      { hash: 'b', ...kept },
    ])
    expect(() => checkUnlabelled([
      {
        source: source.source,
        indexes: Int32Array.of(0, 1),
        hashes: ['a', 'b'],
      },
    ], [source])).toThrow(`utk-1.jpg, which ${why}`)
  })

  it('a copy of a held-out face stops the run too', () => {
    const source = sourceOf('utk', [
      { hash: 'a' },
      { hash: 'a', split: 'test' },
    ])
    expect(() => checkUnlabelled([
      {
        source: source.source,
        indexes: Int32Array.of(0),
        hashes: ['a'],
      },
    ], [source])).toThrow('utk-0.jpg, which is a copy of a held-out photograph')
  })

  it('read from packs are those with a found face', () => {
    const { learn, unseen } = unlabelledFaces([
      makeSource(),
    ])
    for (const index of [
      ...learn[0]!.indexes,
      ...unseen[0]!.indexes,
    ])
      expect(index % 20).not.toBe(19)
    for (const index of learn[0]!.indexes) {
      expect(index % 10).toBeLessThan(6)
      expect(index % 12).not.toBe(0)
    }
  })
})

describe('the validation part', () => {
  const learn = [
    {
      source: sourceOf('a', []).source,
      indexes: Int32Array.from({ length: 200 }, (_, i) => i),
      hashes: Array.from({ length: 200 }, (_, i) => String((i * 7919) % 100).padStart(4, '0')),
    },
  ]

  it('is about four per cent, disjoint from the rest, and copies of a photograph stay on one side', () => {
    const { train, validation } = validationPart(learn)
    expect(train.length + validation.length).toBe(200)
    expect(validation.length).toBeGreaterThanOrEqual(6)
    expect(validation.length).toBeLessThanOrEqual(10)
    const hashes = learn[0]!.hashes
    const inTrain = new Set([...train].map(i => hashes[i]!))
    expect([...validation].some(i => inTrain.has(hashes[i]!))).toBe(false)
  })

  it.each([
    ['copies of the first photograph reach past it', ['a', 'a', 'b', 'c']],
    ['all others are copies of one', ['b', 'b', 'b', 'a']],
  ])('is never empty, nor the rest: %s', (_, hashes) => {
    const { train, validation } = validationPart([
      {
        source: sourceOf('a', []).source,
        indexes: Int32Array.from(hashes.keys()),
        hashes,
      },
    ])
    expect(train.length).toBeGreaterThan(0)
    expect([...new Set([...validation].map(i => hashes[i]))]).toEqual(['a'])
    expect([...train].map(i => hashes[i])).not.toContain('a')
  })

  it('is refused where all faces are copies of one photograph', () => {
    expect(() => validationPart([
      {
        source: sourceOf('a', []).source,
        indexes: Int32Array.of(0, 1, 2),
        hashes: ['a', 'a', 'a'],
      },
    ])).toThrow('All 3 unlabelled faces are copies of one photograph')
  })
})
