import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { carry, fitSimilarity, invert, scaleOf, template } from '#worker/faces/align.ts'
import { reduce, warp } from '#worker/faces/warp.ts'

describe('alignment', () => {
  it('finds a quarter turn, doubled and moved', () => {
    // (x, y) -> 2 (-y, x) + (7, 3)
    const found = fitSimilarity([
      [0, 0],
      [1, 0],
      [0, 1],
    ], [
      [7, 3],
      [7, 5],
      [5, 3],
    ])
    expect(found.a).toBeCloseTo(0, 12)
    expect(found.b).toBeCloseTo(2, 12)
    expect([found.c, found.d]).toEqual([7, 3])
    expect(scaleOf(found)).toBeCloseTo(2, 12)
  })

  it('spreads an error that no similarity can undo, and keeps the means', () => {
    // Stretching x by 3 and y by 1: the best common factor is their mean for points of equal spread.
    const found = fitSimilarity([
      [-1, 0],
      [1, 0],
      [0, -1],
      [0, 1],
    ], [
      [-3, 0],
      [3, 0],
      [0, -1],
      [0, 1],
    ])
    expect(found).toEqual({ a: 2, b: 0, c: 0, d: 0 })
  })

  it('recovers any similarity from the template\'s points, and its inverse brings them back', () => {
    const number = fc.double({ min: -50, max: 50, noNaN: true })
    fc.assert(fc.property(number, number, number, number, (a, b, c, d) => {
      fc.pre(Math.hypot(a, b) > 0.01)
      const points = template(300)
      const moved = points.map(point => carry({ a, b, c, d }, point))
      const found = fitSimilarity(points, moved)
      for (const [i, key] of (['a', 'b', 'c', 'd'] as const).entries())
        expect(found[key]).toBeCloseTo([a, b, c, d][i]!, 6)
      moved.forEach((point, i) => {
        const [x, y] = carry(invert(found), point)
        expect(x).toBeCloseTo(points[i]![0], 6)
        expect(y).toBeCloseTo(points[i]![1], 6)
      })
    }))
  })

  it('puts the template where the paper of ArcFace puts it: a 250 square in the middle is its 112 square', () => {
    // Deng et al. 2019, 112 x 112: eyes (38.29, 51.70) and (73.53, 51.50), nose (56.03, 71.74), mouth (41.55, 92.37) and (70.73, 92.20).
    const published = [
      [38.29, 51.70],
      [73.53, 51.50],
      [56.03, 71.74],
      [41.55, 92.37],
      [70.73, 92.20],
    ]
    template(300).forEach(([x, y], i) => {
      expect(Math.abs((x - 25) * 112 / 250 - published[i]![0]!)).toBeLessThan(0.1)
      expect(Math.abs((y - 25) * 112 / 250 - published[i]![1]!)).toBeLessThan(0.1)
    })
    expect(template(150)[2]).toEqual([75.05, 92.55])
  })

  it('refuses points that coincide', () => {
    expect(() => fitSimilarity([
      [1, 1],
      [1, 1],
    ], [
      [0, 0],
      [1, 1],
    ])).toThrow(/coincide/)
  })
})

describe('warp', () => {
  const image = {
    width: 3,
    height: 2,
    data: Uint8Array.from([
      0,
      100,
      200,
      10,
      110,
      210,
      20,
      120,
      220,
      40,
      140,
      240,
      50,
      150,
      250,
      60,
      160,
      255,
    ]),
  }

  it('moves whole pixels without changing them', () => {
    expect([
      ...warp(image, { a: 1, b: 0, c: 1, d: 0 }, 2),
    ]).toEqual([
      ...image.data.subarray(3, 9),
      ...image.data.subarray(12, 18),
    ])
  })

  it('mixes neighbours by their distance', () => {
    // A quarter of a pixel right and half a pixel down of the first pixel: .75 and .25 of columns, halves of rows.
    // red: (.75 * 0 + .25 * 10 + .75 * 40 + .25 * 50) / 2 = 22.5; green and blue 100 and 200 higher.
    expect([
      ...warp(image, { a: 1, b: 0, c: 0.25, d: 0.5 }, 1),
    ]).toEqual([23, 123, 223])
  })

  it('turns about the origin', () => {
    // The target's x runs down the source, its y runs left: a quarter turn.
    const turned = warp(image, { a: 0, b: 1, c: 2, d: 0 }, 2)
    expect([
      turned[0],
      turned[3],
      turned[6],
      turned[9],
    ]).toEqual([10, 50, 0, 40])
  })

  it('repeats the edges outside the image', () => {
    const corner = warp(image, { a: 1, b: 0, c: -2, d: -2 }, 3)
    expect([...corner]).toEqual(Array.from({ length: 9 }, () => [0, 100, 200]).flat())
    expect([
      ...warp(image, { a: 1, b: 0, c: 9, d: 9 }, 1),
    ]).toEqual([60, 160, 255])
  })

  it('takes means where it shrinks, so that no pixel is skipped', () => {
    const stripes = {
      width: 8,
      height: 8,
      data: Uint8Array.from({ length: 192 }, (_, i) => Math.floor(i / 3) % 2 * 200),
    }
    expect(new Set(warp(stripes, { a: 2, b: 0, c: 0, d: 0 }, 4))).toEqual(new Set([100]))
  })

  it('reduces what is left at the edges too', () => {
    const small = reduce({
      width: 3,
      height: 1,
      data: Uint8Array.from([0, 0, 0, 10, 20, 30, 7, 8, 9]),
    }, 2)
    expect(small).toEqual({
      width: 2,
      height: 1,
      data: Uint8Array.from([5, 10, 15, 7, 8, 9]),
    })
  })
})
