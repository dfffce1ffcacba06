import { expect, it } from 'vitest'
import { learningRateAt } from '#worker/engine/schedules.ts'

const peak = { learningRate: 0.2 }
const rates = (kind: 'constant' | 'cosine', warmup: number, steps: number[]) => steps.map(step => learningRateAt(step, 108, peak, { kind, warmup }))

it('warm-up rises linearly and its last step has the peak', () => {
  expect(rates('constant', 4, [0, 1, 2, 3, 4, 107])).toEqual([0.05, 0.1, 0.2 * 3 / 4, 0.2, 0.2, 0.2].map(rate => expect.closeTo(rate, 12)))
})

it('cosine starts at the peak, has half of it half-way and three quarters at a third, and ends near zero', () => {
  // 100 steps follow 8 of warm-up: cos(pi / 3) = 1/2, cos(pi / 2) = 0
  expect(rates('cosine', 8, [8, 58, 108])).toEqual([0.2, 0.1, 0].map(rate => expect.closeTo(rate, 12)))
  expect(learningRateAt(40, 120, peak, { kind: 'cosine', warmup: 0 })).toBeCloseTo(0.15, 12)
})

it('stays at zero past the end, and a warm-up as long as the run divides by nothing', () => {
  expect(rates('cosine', 0, [500])).toEqual([0])
  expect(learningRateAt(3, 4, peak, { kind: 'cosine', warmup: 4 })).toBe(0.2)
  expect(learningRateAt(4, 4, peak, { kind: 'cosine', warmup: 4 })).toBe(0.2)
})
