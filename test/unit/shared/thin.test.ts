import fc from 'fast-check'
import { expect, it } from 'vitest'
import { thinCurve } from '#shared/thin.ts'

const curves = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.float({ noNaN: true, noDefaultInfinity: true })), { minLength: 1, maxLength: 600 })
  .map((points) => {
    let step = 0
    return { steps: points.map(([gap]) => step += gap), values: points.map(([, value]) => value) }
  })

it('a thinned curve keeps its first, last, lowest and highest value, and holds nothing that was not there', () => {
  fc.assert(fc.property(curves, fc.integer({ min: 1, max: 60 }), (curve, buckets) => {
    const thinned = thinCurve(curve, buckets)
    expect(Math.min(...thinned.values)).toBe(Math.min(...curve.values))
    expect(Math.max(...thinned.values)).toBe(Math.max(...curve.values))
    expect([thinned.steps[0], thinned.steps.at(-1)]).toEqual([curve.steps[0], curve.steps.at(-1)])
    expect(thinned.steps.every((step, index) => curve.values[curve.steps.indexOf(step)] === thinned.values[index])).toBe(true)
    expect(thinned.steps).toEqual([...new Set(thinned.steps)].sort((a, b) => a - b))
    expect(thinned.steps.length).toBeLessThanOrEqual(Math.max(curve.steps.length > buckets * 4 ? 0 : curve.steps.length, buckets * 4))
  }))
})

it('keeps a spike of one step among ten thousand', () => {
  const steps = Array.from({ length: 10_000 }, (_, index) => index)
  const thinned = thinCurve({ steps, values: steps.map(step => step === 4321 ? 1000 : 1) }, 100)
  expect(thinned.values[thinned.steps.indexOf(4321)]).toBe(1000)
})
