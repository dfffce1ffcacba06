import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchOrder, epochOrder } from '#worker/training/order.ts'

describe('the order of training', () => {
  it('shows every face once a pass, above the window of 65,536 too', () => {
    fc.assert(fc.property(fc.constantFrom(1, 5, 700, 70_001), fc.nat({ max: 9 }), (count, epoch) => {
      expect([
        ...epochOrder(count, 1, epoch).toSorted(),
      ]).toEqual(Array.from({ length: count }, (_, i) => i))
    }), { numRuns: 8 })
  })

  it('differs between passes and seeds, not between two looks at the same step', () => {
    const order = new BatchOrder(100, 10, 7)
    const [first, later] = [
      order.rows(3),
      order.rows(13),
    ]
    expect(first).not.toEqual(later)
    expect(order.rows(3)).toEqual(first)
    expect(new BatchOrder(100, 10, 8).rows(3)).not.toEqual(first)
    expect(order.stepsPerEpoch).toBe(10)
  })

  it('fills a batch larger than the set by repeating', () => {
    const order = new BatchOrder(3, 8, 0)
    expect(order.stepsPerEpoch).toBe(1)
    expect(new Set(order.rows(0))).toEqual(new Set([0, 1, 2]))
    expect(order.rows(0)).toHaveLength(8)
  })
})
