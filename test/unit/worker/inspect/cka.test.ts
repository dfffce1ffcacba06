import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rangesOf } from '#worker/inspect/affinity.ts'
import { gramOf, linearCka } from '#worker/inspect/cka.ts'

function cka(x: number[][], y: number[][]): number {
  const gram = (rows: number[][]) => gramOf(Float32Array.from(rows.flat()), rows.length, rows[0]!.length)
  return linearCka(gram(x), gram(y))
}

/** The formula in its feature form, written out: ||Yc^T Xc||_F^2 / (||Xc^T Xc||_F ||Yc^T Yc||_F), in double precision. */
function byHand(x: number[][], y: number[][]): number {
  const centred = (rows: number[][]) => rows.map(row => row.map((value, j) => value - rows.reduce((sum, other) => sum + other[j]!, 0) / rows.length))
  const [a, b] = [centred(x), centred(y)]
  const square = (left: number[][], right: number[][]) => {
    let sum = 0
    for (let i = 0; i < left[0]!.length; i++) {
      for (let j = 0; j < right[0]!.length; j++)
        sum += left.reduce((dot, row, n) => dot + row[i]! * right[n]![j]!, 0) ** 2
    }
    return sum
  }
  return square(a, b) / Math.sqrt(square(a, a) * square(b, b))
}

const rows = (dimension: number) => fc.array(fc.array(fc.float({ min: -10, max: 10, noNaN: true, noDefaultInfinity: true }), { minLength: dimension, maxLength: dimension }), { minLength: 6, maxLength: 6 })
const varies = (x: number[][]) => x[0]!.some((_, j) => Math.max(...x.map(row => row[j]!)) - Math.min(...x.map(row => row[j]!)) > 1)

describe('linear CKA', () => {
  it('is what the formula gives for numbers small enough to work out', () => {
    // X centred: -1 0 1; Y centred: (-1, 1) (0, -2) (1, 1). X^T Y = (2, 0), its square 4; ||X^T X|| = 2; Y^T Y = diag(2, 6), norm sqrt(40).
    expect(cka([[1], [2], [3]], [[0, 3], [1, 0], [2, 3]])).toBeCloseTo(4 / (2 * Math.sqrt(40)), 6)
  })

  it('equals the feature form for any numbers', () => {
    fc.assert(fc.property(rows(3), rows(4), (x, y) => {
      fc.pre(varies(x) && varies(y))
      expect(cka(x, y)).toBeCloseTo(byHand(x, y), 4)
    }), { numRuns: 60 })
  })

  it('of a representation with itself is 1, and stays so when it is rotated, scaled and moved', () => {
    fc.assert(fc.property(rows(2), fc.float({ min: 0, max: 6, noNaN: true }), fc.float({ min: Math.fround(0.1), max: 50, noNaN: true }), (x, angle, scale) => {
      fc.pre(varies(x))
      const turned = x.map(([a, b]) => [
        scale * (a! * Math.cos(angle) - b! * Math.sin(angle)) + 3,
        scale * (a! * Math.sin(angle) + b! * Math.cos(angle)) - 5,
      ])
      expect(cka(x, x)).toBeCloseTo(1, 5)
      expect(cka(x, turned)).toBeCloseTo(1, 4)
    }), { numRuns: 60 })
  })

  it('changes when one direction is stretched: only isotropic scaling is ignored', () => {
    const x = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    expect(cka(x, x.map(([a, b]) => [a!, 10 * b!]))).toBeLessThan(0.8)
  })

  it('with a representation that never varies is 0, its dead units are counted', () => {
    const x = [[1, 5], [2, 5], [4, 5]]
    expect(cka(x, [[7], [7], [7]])).toBe(0)
    expect(gramOf(Float32Array.from(x.flat()), 3, 2).deadUnits).toBe(1)
  })

  it('comes with the effective rank: 2 where two directions vary alike, 1 where one does', () => {
    expect(gramOf(Float32Array.of(1, 0, -1, 0, 0, 1, 0, -1), 4, 2).effectiveRank).toBeCloseTo(2, 5)
    expect(gramOf(Float32Array.of(1, 1, -1, -1, 2, 2, -2, -2), 4, 2).effectiveRank).toBeCloseTo(1, 5)
  })
})

describe('the faces it is computed on', () => {
  it('are as many as wanted, within the pack, spread over all of it', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (all, most) => {
      const wanted = Math.min(all, most)
      const ranges = rangesOf(all, wanted)
      expect(ranges.reduce((sum, [from, to]) => sum + to - from, 0)).toBe(wanted)
      ranges.forEach(([from, to], i) => {
        expect(to).toBeLessThanOrEqual(ranges[i + 1]?.[0] ?? all)
        expect(from).toBeLessThanOrEqual(to)
      })
    }))
    expect(rangesOf(1000, 40).at(-1)![0]).toBe(975)
    const nearlyAll = rangesOf(4964, 4963) // stretches of rounded lengths once overlapped here
    expect(nearlyAll.every(([, to], i) => to <= (nearlyAll[i + 1]?.[0] ?? 4964))).toBe(true)
  })
})
