import type { Task } from '#shared/dataset.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { captionOf, histogramsOf, labelsInWords } from '#main/datasets/labels.ts'
import { checkAttributes, packAttributes, parseAttributes } from '#shared/attributes.ts'
import { Task as TaskSchema } from '#shared/dataset.ts'

const task = { kind: 'attributes', label: 'attributes', attributes: ['Bald', 'Big_Nose', 'Young'], protocol: 'split' } as const satisfies Task
const tasks: Record<string, Task> = { attributes: { ...task, attributes: [...task.attributes] } }
const sample = (label: string, split: 'train' | 'test' | null = null) => ({ path: 'a.jpg', labels: { attributes: label }, split, subject: null })

describe('attributes of a sample', () => {
  it('are one character each: 1, 0, and - where nobody said', () => {
    expect(packAttributes([true, false, null])).toBe('10-')
    expect([...parseAttributes('10-', task, 'a.jpg')]).toEqual([1, 0, -1])
  })

  it('come back as they were packed', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(true, false, null), { minLength: 1, maxLength: 60 }), (values) => {
      const names = values.map((_, i) => `a${i}`)
      expect([...parseAttributes(packAttributes(values), { label: 'x', attributes: names }, '')]).toEqual(values.map(value => value === null ? -1 : Number(value)))
    }))
  })

  it.each([
    ['10', '"10"'],
    ['10-1', '"10-1"'],
    ['1 0', '"1 0"'],
    ['12-', '"12-"'],
    [3, '3'],
    ['1'.repeat(1000), '(1000 characters)'],
  ])('that are not what the task lists are refused with the sample: %s', (label, shown) => {
    const samples = [sample('000'), { ...sample('000'), path: 'b.jpg', labels: { attributes: label } }]
    expect(() => checkAttributes(samples, tasks)).toThrow(expect.objectContaining({
      code: 'bad-input',
      where: 'b.jpg',
      message: expect.stringContaining(shown) as string,
    }))
  })

  it('may be missing altogether', () => {
    expect(() => checkAttributes([{ path: 'a.jpg', labels: {} }], tasks)).not.toThrow()
  })

  it('are named once each', () => {
    expect(TaskSchema.safeParse({ ...task, attributes: ['Bald', 'Bald'] }).success).toBe(false)
    expect(TaskSchema.safeParse({ ...task, attributes: [] }).success).toBe(false)
  })

  it('are shown by the names of those it has', () => {
    expect(labelsInWords(sample('110'), tasks)).toEqual({ attributes: 'Bald, Big Nose' })
    expect(labelsInWords(sample('0-0'), tasks)).toEqual({ attributes: 'none of 3' })
    expect(captionOf(sample('001'), tasks)).toBe('Young')
  })

  it('are counted one bar each, over the samples labelled', () => {
    const [histogram] = histogramsOf([sample('110', 'train'), sample('1-0', 'test'), sample('000'), { labels: {}, split: null }], tasks)
    expect(histogram).toMatchObject({ kind: 'attributes', labelled: 3 })
    expect(histogram!.bars.map(({ label, counts }) => [label, counts.train, counts.test, counts.none])).toEqual([['Bald', 1, 1, 0], ['Big_Nose', 1, 0, 0], ['Young', 0, 0, 0]])
  })
})
