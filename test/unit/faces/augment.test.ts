import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawView, PLAIN, renderView } from '#worker/faces/augment.ts'
import { ramp } from './pack.ts'

const ALL = { flip: true, scale: 0.3, color: 0.25 }

function render(face: Uint8Array, side: number, view: Partial<typeof PLAIN>, size: number): Uint8Array {
  const out = new Uint8Array(size * size * 3)
  renderView(face, side, {
    ...PLAIN,
    ...view,
  }, out, size)
  return out
}

describe('views of a face', () => {
  it('are the same for the same row and seed, within the face or around all of it, and stay inside the limits', () => {
    fc.assert(fc.property(fc.nat(), fc.maxSafeNat(), (row, seed) => {
      const view = drawView(ALL, row, seed)
      expect(drawView(ALL, row, seed)).toEqual(view)
      expect(Math.abs(view.side - 1)).toBeLessThanOrEqual(0.3)
      for (const start of [view.left, view.top]) {
        const [before, after] = [start, 1 - start - view.side] // what of the face is not shown; negative where more is
        expect(Math.min(before, after) * Math.max(before, after)).toBeGreaterThanOrEqual(-1e-12)
      }
      for (const factor of [view.brightness, view.contrast, view.saturation])
        expect(Math.abs(factor - 1)).toBeLessThanOrEqual(0.25)
    }))
  })

  it('spread over what is allowed: half mirrored, means in the middle, rows and seeds unrelated', () => {
    const views = Array.from({ length: 4000 }, (_, i) => drawView(ALL, i % 63, Math.floor(i / 63)))
    const mean = (of: (view: typeof views[number]) => number) => views.reduce((sum, view) => sum + of(view), 0) / views.length
    // Five standard errors of a fair coin and of uniform numbers over 4000 draws.
    expect(Math.abs(mean(view => Number(view.flip)) - 0.5)).toBeLessThan(0.04)
    expect(Math.abs(mean(view => view.side) - 1)).toBeLessThan(0.014)
    expect(Math.abs(mean(view => view.left + view.side / 2) - 0.5)).toBeLessThan(0.007)
    expect(Math.abs(mean(view => view.brightness) - 1)).toBeLessThan(0.012)
    expect(new Set(views.map(view => view.left)).size).toBeGreaterThan(3990)
  })

  it('leave out what is turned off and keep the rest as it was', () => {
    const view = drawView(ALL, 5, 9)
    expect(drawView({ ...ALL, color: 0 }, 5, 9)).toEqual({
      ...view,
      brightness: 1,
      contrast: 1,
      saturation: 1,
    })
    expect(drawView({ ...ALL, scale: 0 }, 5, 9)).toEqual({ ...view, side: 1, left: 0, top: 0 })
    expect(drawView({ ...ALL, flip: false }, 5, 9)).toEqual({ ...view, flip: false })
  })

  it('show the face as it is where nothing varies', () => {
    expect(render(ramp(20, 3), 20, {}, 20)).toEqual(ramp(20, 3))
  })

  it('mirror columns', () => {
    const face = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect([
      ...render(face, 2, { flip: true }, 2),
    ]).toEqual([4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9])
  })

  it('crop whole pixels exactly', () => {
    const face = ramp(4, 1)
    const middle = render(face, 4, { left: 0.25, top: 0.25, side: 0.5 }, 2)
    expect([...middle]).toEqual([
      ...face.subarray(15, 21),
      ...face.subarray(27, 33),
    ])
  })

  it('repeat the edges around a face that is shown smaller', () => {
    // Four pixels seen in eight: two repeated before, two after.
    const face = ramp(4, 1)
    const whole = render(face, 4, { left: -0.5, top: 0, side: 2 }, 8)
    const first = Array.from({ length: 8 }, (_, x) => [...whole.subarray(x * 3, x * 3 + 3)])
    const pixel = (x: number) => [...face.subarray(x * 3, x * 3 + 3)]
    expect(first).toEqual([0, 0, 0, 1, 2, 3, 3, 3].map(pixel))
  })

  it('enlarge bilinearly', () => {
    // Two columns 0 and 100 seen at four: centres at 1/4, 3/4, 5/4, 7/4 of the source, so 0, 25, 75, 100.
    const face = Uint8Array.from([
      0,
      0,
      0,
      100,
      100,
      100,
      0,
      0,
      0,
      100,
      100,
      100,
    ])
    const row = render(face, 2, {}, 4).filter((_, i) => i % 3 === 0).slice(0, 4)
    expect([...row]).toEqual([0, 25, 75, 100])
  })

  it('change light as documented', () => {
    // Grays 50 and 150, mean 100. Brightness 1.2: 60, 180, mean 120. Contrast .5 about 120: 90, 150.
    const face = Uint8Array.from([
      50,
      50,
      50,
      150,
      150,
      150,
      50,
      50,
      50,
      150,
      150,
      150,
    ])
    expect([
      ...render(face, 2, { brightness: 1.2, contrast: 0.5 }, 2),
    ].slice(0, 6)).toEqual([90, 90, 90, 150, 150, 150])
    // Saturation 0 leaves BT.601 gray of (100, 200, 50): (77 * 100 + 150 * 200 + 29 * 50) / 256 = 152.9.
    expect([
      ...render(Uint8Array.from([100, 200, 50]), 1, { saturation: 0 }, 1),
    ]).toEqual([153, 153, 153])
    // Cut at the ends.
    expect([
      ...render(Uint8Array.from([250, 250, 250]), 1, { brightness: 1.5 }, 1),
    ]).toEqual([255, 255, 255])
  })
})
