import type { Task } from '#shared/dataset.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawLabels, limitLabels } from '#worker/stages/label-share.ts'

const kind: Task = { kind: 'classification', label: 'kind', classes: ['a', 'b', 'c'], protocol: 'split' }
const age: Task = { kind: 'regression', label: 'age', unit: 'years', range: [0, 100], protocol: 'split' }
const looks: Task = { kind: 'attributes', label: 'looks', attributes: ['x', 'y', 'z'], protocol: 'split' }
const share = fc.double({ min: 0.001, max: 1, noNaN: true })
const seed = fc.nat({ max: 1000 })
const positionsOf = (labels: readonly unknown[]): Int32Array => Int32Array.from(labels.keys())
const samplesOf = <T>(labels: readonly T[]) => labels.map(label => ({ label }))

describe('a share of the labels', () => {
  it('is part of every larger share with the same seed', () => {
    const labels = fc.oneof(
      fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 200 }).map(labels => ({ task: kind, labels: labels as (number | string)[] })),
      fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 200 }).map(labels => ({ task: age, labels: labels as (number | string)[] })),
      fc.array(fc.constantFrom('111', '010', '0-1', '---'), { minLength: 1, maxLength: 200 }).map(labels => ({ task: looks, labels: labels as (number | string)[] })),
    )
    fc.assert(fc.property(labels, share, share, seed, ({ task, labels }, a, b, seed) => {
      const [small, large] = [Math.min(a, b), Math.max(a, b)].map(share => drawLabels(task, samplesOf(labels), positionsOf(labels), share, seed)) as [Int32Array, Int32Array]
      expect(small.length).toBeGreaterThan(0)
      expect([...small].every(position => large.includes(position))).toBe(true)
      expect(new Set(large).size).toBe(large.length)
    }))
  })

  it('keeps each class\'s share to half a face, and at least one of each', () => {
    fc.assert(fc.property(fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 300 }), share, seed, (labels, share, seed) => {
      const drawn = drawLabels(kind, samplesOf(labels), positionsOf(labels), share, seed)
      for (const label of new Set(labels)) {
        const all = labels.filter(one => one === label).length
        const got = [...drawn].filter(position => labels[position] === label).length
        expect(got).toBe(Math.max(1, Math.round(share * all)))
      }
    }))
  })

  it('of numbers has as many of each tenth of them, to one face, and the wanted number in all', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 100_000 }), { minLength: 40, maxLength: 400 }), fc.double({ min: 0.05, max: 1, noNaN: true }), seed, (labels, share, seed) => {
      const drawn = drawLabels(age, samplesOf(labels), positionsOf(labels), share, seed)
      const sorted = labels.toSorted((a, b) => a - b)
      for (let tenth = 0; tenth < 10; tenth++) {
        const members = sorted.slice(Math.floor(tenth * sorted.length / 10), Math.floor((tenth + 1) * sorted.length / 10))
        const got = [...drawn].filter(position => members.includes(labels[position]!)).length
        expect(Math.abs(got - share * members.length)).toBeLessThan(1)
      }
      expect(Math.abs(drawn.length - share * labels.length)).toBeLessThanOrEqual(10)
    }))
  })

  it('is another with another seed', () => {
    const labels = Array.from({ length: 300 }, (_, i) => i % 3)
    expect([...drawLabels(kind, samplesOf(labels), positionsOf(labels), 0.1, 1)]).not.toEqual([...drawLabels(kind, samplesOf(labels), positionsOf(labels), 0.1, 2)])
  })

  it('leaves validation and test whole, and remembers all training faces for what needs no label', () => {
    const samples = Array.from({ length: 30 }, (_, i) => ({ index: i, path: `${i}`, split: null, subject: null, unseen: false, label: i % 3, isFound: true }))
    const fold = { name: 'split', train: Int32Array.from({ length: 20 }, (_, i) => i), validation: Int32Array.of(20, 21), test: Int32Array.of(22, 23, 24) }
    const limited = limitLabels(kind, samples, fold, 0.2, 0)
    expect([limited.train.length, limited.validation, limited.test, limited.faces]).toEqual([3, fold.validation, fold.test, fold.train])
    expect(limitLabels(kind, samples, fold, 1, 0)).toBe(fold)
  })
})
