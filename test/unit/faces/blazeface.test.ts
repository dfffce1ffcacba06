import { describe, expect, it } from 'vitest'
import { decodeFaces, keepBest, overlap } from '#worker/faces/blazeface.ts'

/** Outputs of the two grids with nothing in them. */
function silence() {
  return {
    logits: [
      new Float32Array(512).fill(-9),
      new Float32Array(384).fill(-9),
    ],
    offsets: [
      new Float32Array(512 * 16),
      new Float32Array(384 * 16),
    ],
  }
}

describe('blazeface\'s output', () => {
  it('is read at the anchor\'s place: two per cell of 16 pixels, then six per cell of 32', () => {
    const { logits, offsets } = silence()
    // Anchor 71 of the first grid: cell 35 = row 2, column 3, centre (56, 40). Anchor 100 of the second: cell 16 = row 2, column 0, centre (16, 80).
    logits[0]![71] = 2
    offsets[0]!.set([4, -8, 60, 40, -10, 1, 10, 3], 71 * 16)
    logits[1]![100] = 1
    offsets[1]!.set([100, 100, 20, 30, 90, 95, 110, 95], 100 * 16)
    const [first, second, ...rest] = decodeFaces(logits, offsets, 0.6)
    expect(rest).toEqual([])
    expect(first!.score).toBeCloseTo(1 / (1 + Math.exp(-2)), 10)
    expect(first!.box).toEqual({
      left: 30,
      top: 12,
      width: 60,
      height: 40,
    })
    expect(first!.eyes).toEqual([
      [46, 41],
      [66, 43],
    ])
    expect(second!.box).toEqual({
      left: 106,
      top: 165,
      width: 20,
      height: 30,
    })
    expect(second!.eyes).toEqual([
      [106, 175],
      [126, 175],
    ])
  })

  it('holds no face below the least score', () => {
    const { logits, offsets } = silence()
    logits[0]![0] = Math.log(0.59 / 0.41)
    offsets[0]!.set([0, 0, 10, 10], 0)
    expect(decodeFaces(logits, offsets, 0.6)).toEqual([])
    expect(decodeFaces(logits, offsets, 0.58)).toHaveLength(1)
  })

  it('keeps the best of boxes that show one face', () => {
    const box = (left: number) => ({ left, top: 0, width: 10, height: 10 })
    expect(overlap(box(0), box(5))).toBeCloseTo(50 / 150, 12)
    expect(overlap(box(0), box(10))).toBe(0)
    const kept = keepBest([
      {
        score: 0.7,
        box: box(0),
      },
      {
        score: 0.9,
        box: box(4),
      },
      {
        score: 0.8,
        box: box(20),
      },
    ])
    expect(kept.map(({ score }) => score)).toEqual([0.9, 0.8])
  })
})
