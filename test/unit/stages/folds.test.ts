import type { Task } from '#shared/dataset.ts'
import type { LabelledSample } from '#worker/stages/transfer-folds.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { labelledSamples, planFolds } from '#worker/stages/transfer-folds.ts'

const age: Task = {
  kind: 'regression',
  label: 'age',
  unit: 'years',
  range: [0, 69],
  protocol: 'subjects',
}
const gender: Exclude<Task, { kind: 'verification' }> = {
  kind: 'classification',
  label: 'gender',
  classes: ['male', 'female'],
  protocol: 'split',
}

function people(sizes: number[]): LabelledSample[] {
  return sizes.flatMap((size, person) => Array.from({ length: size }, (_, i) => ({
    index: person * 100 + i,
    path: `${person}-${i}.jpg`,
    split: null,
    subject: `p${String(person).padStart(3, '0')}`,
    unseen: false,
    label: i,
    isFound: i !== 3,
  })))
}

describe('folds of people', () => {
  it.each(['subject', 5] as const)('%s: every sample is tested once, and nobody is on two sides', (folds) => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 3, maxLength: 20 }), fc.nat({ max: 50 }), (sizes, seed) => {
      const samples = people(sizes)
      const planned = planFolds(age, samples, folds, seed)
      expect(planned).toHaveLength(folds === 'subject'
        ? sizes.length
        : Math.min(5, sizes.length))
      expect(planned.flatMap(fold => [...fold.test]).sort((a, b) => a - b)).toEqual(samples.map((_, i) => i))
      for (const { train, validation, test } of planned) {
        const subjects = [train, validation, test].flatMap(part => [
          ...new Set([...part].map(i => samples[i]!.subject)),
        ])
        expect(new Set(subjects).size).toBe(subjects.length)
        expect([
          ...train,
          ...validation,
        ].every(i => samples[i]!.isFound)).toBe(true)
        expect(train.length).toBeGreaterThan(0)
        expect(validation.length).toBeGreaterThan(0)
      }
    }), { numRuns: 30 })
  })

  it('groups of people are about equal and the same for every seed, the inner validation is not', () => {
    const samples = people([12, 10, 9, 8, 7, 6, 5, 4, 3, 2])
    const [first, second] = [
      planFolds(age, samples, 3, 0),
      planFolds(age, samples, 3, 1),
    ]
    expect(first.map(fold => [...fold.test])).toEqual(second.map(fold => [...fold.test]))
    expect(first.map(fold => [...fold.validation])).not.toEqual(second.map(fold => [...fold.validation]))
    const sizes = first.map(fold => fold.test.length)
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(2)
  })

  it('refuses a sample without a person, naming it', () => {
    const samples = people([3, 3, 3])
    samples[4]!.subject = null
    expect(() => planFolds(age, samples, 'subject', 0)).toThrow('names no person')
  })

  it('refuses people of whom too few have a found face, instead of training on nothing', () => {
    const samples = people([2, 2, 2]).map(sample => ({ ...sample, isFound: sample.subject === 'p000' }))
    for (const seed of [0, 1, 2])
      expect(() => planFolds(age, samples, 'subject', seed)).toThrow('too few people have a found face')
  })
})

describe('the split protocol', () => {
  const sample = {
    labels: { gender: 1 },
    subject: null,
    unseen: false,
  }

  it('trains and chooses on found faces, tests on all, and leaves unlabelled samples out', () => {
    const samples = labelledSamples(gender, [
      { path: 'a', split: 'train', ...sample },
      { path: 'b', split: 'train', ...sample },
      { path: 'c', split: 'validation', ...sample },
      { path: 'd', split: 'test', ...sample },
      {
        path: 'e',
        split: 'test',
        ...sample,
        labels: {},
      },
      { path: 'f', split: 'test', ...sample },
    ], Int32Array.of(0, 2, 3, 4))
    const [fold] = planFolds(gender, samples, 'subject', 0)
    expect([fold!.train, fold!.validation, fold!.test].map(part => [...part].map(i => samples[i]!.path))).toEqual([
      ['a'],
      ['c'],
      ['d', 'f'],
    ])
  })

  it('refuses a data set without validation faces, and a label that is no number', () => {
    const samples = labelledSamples(gender, [
      { path: 'a', split: 'train', ...sample },
    ], Int32Array.of(0))
    expect(() => planFolds(gender, samples, 'subject', 0)).toThrow('no validation samples')
    expect(() => labelledSamples(gender, [
      {
        path: 'a.jpg',
        split: 'train',
        ...sample,
        labels: { gender: 'male' },
      },
    ], Int32Array.of(0))).toThrow('it must be a number')
  })
})
