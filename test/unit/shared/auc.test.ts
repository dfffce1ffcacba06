import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { areaUnderCurve, complementaryError, delongTest } from '#shared/auc.ts'
import { cohensH, pairedCohensD } from '#shared/effect-size.ts'

// python: MLstatkit 0.1.91 Delong_test(same, a, b), sklearn 1.7 roc_auc_score, and all 7 x 8 comparisons written out with numpy
const isPositive = [true, true, true, true, true, true, true, false, false, false, false, false, false, false, false]
const a = [0.91, 0.85, 0.62, 0.77, 0.30, 0.58, 0.70, 0.20, 0.41, 0.62, 0.15, 0.35, 0.52, 0.08, 0.44]
const b = [0.60, 0.72, 0.55, 0.81, 0.25, 0.40, 0.66, 0.50, 0.45, 0.61, 0.30, 0.28, 0.58, 0.12, 0.33]

describe('the area under the ROC curve', () => {
  it('is the share of positives that beat negatives, ties counted half', () => {
    expect(areaUnderCurve(a, isPositive)).toBeCloseTo(0.8839285714285714, 14) // one tie, .62 against .62
    expect(areaUnderCurve(b, isPositive)).toBeCloseTo(0.75, 14)
    expect(areaUnderCurve([1, 1, 1], [true, false, false])).toBe(0.5)
  })
})

describe('the test of two areas by DeLong, DeLong and Clarke-Pearson', () => {
  it('has the numbers of an independent implementation', () => {
    const test = delongTest({ isPositive, reference: b, other: a })!
    expect(test.z).toBeCloseTo(1.9020823601377825, 12)
    expect(test.p).toBeCloseTo(0.05716038819969531, 12)
    expect(test.standardError).toBeCloseTo(0.07041155222052, 12)
    expect(test.difference).toBeCloseTo(0.8839285714285714 - 0.75, 12)
    expect(test.interval[0]).toBeCloseTo(test.difference - 1.959964 * 0.07041155222, 6)
  })

  it('turns its sign with the methods, and sees none between equals', () => {
    expect(delongTest({ isPositive, reference: a, other: b })!.z).toBeCloseTo(-1.9020823601377825, 12)
    expect(delongTest({ isPositive, reference: a, other: a })).toMatchObject({ difference: 0, z: 0, p: 1 })
  })

  it('is of no order of the pairs and of no scale of the scores', () => {
    fc.assert(fc.property(fc.shuffledSubarray(isPositive.map((_, i) => i), { minLength: 15, maxLength: 15 }), fc.double({ min: 0.1, max: 9, noNaN: true }), (order, scale) => {
      const test = delongTest({ isPositive: order.map(i => isPositive[i]!), reference: order.map(i => b[i]! * scale - 3), other: order.map(i => a[i]!) })!
      expect(test.p).toBeCloseTo(0.05716038819969531, 10)
    }))
  })

  it('has nothing to say of pairs of one kind', () => {
    expect(delongTest({ isPositive: [true, true], reference: [1, 2], other: [2, 1] })).toBeNull()
    expect(() => delongTest({ isPositive, reference: [1], other: a })).toThrow('internal')
  })
})

it('the complementary error function has scipy\'s values', () => { // scipy.special.erfc
  const values = { 0: 1, 0.3: 0.6713732405408726, 1: 0.15729920705028516, 2.4: 0.0006885138966450789, 2.6: 0.000236034416529349, 5: 1.5374597944280347e-12, 9: 4.137031746513811e-37 }
  for (const [x, value] of Object.entries(values))
    expect(complementaryError(Number(x)) / value).toBeCloseTo(1, 10)
  expect(complementaryError(Number.POSITIVE_INFINITY)).toBe(0)
})

describe('the size of an effect', () => {
  it('is Cohen\'s h of two shares', () => { // statsmodels proportion_effectsize
    expect(cohensH(0.9, 0.8)).toBeCloseTo(0.28379410920832804, 12)
    expect(cohensH(0.5, 0.625)).toBeCloseTo(-0.2526802551420786, 12)
    expect(cohensH(1, 0)).toBeCloseTo(Math.PI, 12)
  })

  it('is Cohen\'s d of paired differences', () => { // numpy: d.mean() / d.std(ddof=1)
    expect(pairedCohensD([1.2, -0.4, 0.8, 2.1, 0, 0.6])).toBeCloseTo(0.8085335419597934, 12)
    expect(pairedCohensD([0, 0])).toBe(0)
    expect(pairedCohensD([1, 1])).toBeNull() // always the same: no spread to measure it by
  })
})
