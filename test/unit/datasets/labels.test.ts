import type { Task } from '#shared/dataset.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { captionOf, histogramsOf, labelsInWords } from '#main/datasets/labels.ts'
import { optionsOf } from '#main/datasets/options.ts'
import { whatHelps } from '#main/datasets/what-helps.ts'

const tasks: Record<string, Task> = {
  gender: { kind: 'classification', label: 'gender', classes: ['male', 'female'], protocol: 'split' },
  age: { kind: 'regression', label: 'age', unit: 'years', range: [0, 116], protocol: 'split' },
  verification: { kind: 'verification', protocol: 'pairs' },
}
const sample = (labels: Record<string, number>, split: 'train' | 'test' | null = null) => ({ labels, split, subject: 'ann' })

describe('labels', () => {
  it('are shown as class names and numbers with their unit', () => {
    expect(labelsInWords(sample({ gender: 1, age: 30 }), tasks)).toEqual({ gender: 'female', age: '30 years' })
  })

  it('below a face: what it is labelled with, else whom it shows', () => {
    expect(captionOf(sample({ gender: 0 }), tasks)).toBe('male')
    expect(captionOf(sample({}), tasks)).toBe('ann')
  })
})

describe('histograms', () => {
  it('count each class by split', () => {
    const [gender] = histogramsOf([sample({ gender: 1 }, 'train'), sample({ gender: 1 }, 'test'), sample({ gender: 1 }, 'test'), sample({ gender: 0 })], { gender: tasks.gender! })
    expect(gender!.bars.map(({ label, counts }) => [label, counts.train, counts.test, counts.none])).toEqual([['male', 0, 0, 1], ['female', 1, 2, 0]])
  })

  it('put ages 0 to 100 into bins of five years', () => {
    const [age] = histogramsOf([0, 4, 5, 100].map(value => sample({ age: value })), { age: tasks.age! })
    expect(age!.bars.length).toBe(21)
    expect(age!.bars[0]).toMatchObject({ from: 0, to: 5, counts: { none: 2 } })
    expect(age!.bars.at(-1)).toMatchObject({ from: 100, to: 105, counts: { none: 1 } })
  })

  it('hold every number exactly once, in at most 25 bins', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 }), (values) => {
      const [age] = histogramsOf(values.map(value => sample({ age: value })), { age: tasks.age! })
      expect(age!.bars.reduce((sum, { counts }) => sum + counts.none, 0)).toBe(values.length)
      expect(age!.bars.length).toBeLessThanOrEqual(26)
    }))
  })
})

describe('a format\'s options', () => {
  it('become fields from the format\'s own schema', () => {
    const views = optionsOf({
      options: z.strictObject({
        file: z.string().optional().describe('The table'),
        share: z.number().min(0).max(0.5).default(0.2),
        protocol: z.enum(['split', 'subjects']).default('split'),
        columns: z.array(z.string()).optional(),
        unseen: z.array(z.int()).default([1]),
        units: z.record(z.string(), z.string()).default({}),
      }),
    })
    expect(views.map(({ name, type }) => [name, type])).toEqual([['file', 'text'], ['share', 'number'], ['protocol', 'choice'], ['columns', 'texts'], ['unseen', 'numbers'], ['units', 'json']])
    expect(views[0]).toMatchObject({ help: 'The table', default: undefined })
    expect(views[1]).toMatchObject({ least: 0, most: 0.5, default: 0.2 })
    expect(views[2]!.choices).toEqual(['split', 'subjects'])
  })
})

describe('what helps', () => {
  it.each([
    ['The file is empty (0 bytes).', /Copy it again/],
    ['It cannot be decoded: VipsJpeg: premature end of JPEG image', /interrupted copy/],
    ['It is no image: it starts with 66747970. JPEG, PNG, WebP, GIF, TIFF and AVIF are read.', /Convert it/],
    ['name has 3 fields where age_gender_race_datetime has 4', /Rename it/],
    ['something nobody foresaw', /Repair or remove/],
  ])('against "%s"', (reason, help) => expect(whatHelps(reason)).toMatch(help))
})
