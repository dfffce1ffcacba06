import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '#shared/seeded-random.ts'
import { hadamard } from '#worker/models/hadamard.ts'
import { centred, denormalize, normalize, unitStatistics } from '#worker/models/normalizer.ts'
import { evenRotation, phiS } from '#worker/models/phi-s.ts'
import { memoryRows } from '#worker/stages/embedding-rows.ts'

/** Largest difference between A A' and `diagonal` times the identity. */
function offIdentity(matrix: Float32Array, n: number, diagonal: number): number {
  let worst = 0
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      let dot = 0
      for (let k = 0; k < n; k++)
        dot += matrix[a * n + k]! * matrix[b * n + k]!
      worst = Math.max(worst, Math.abs(dot - (a === b ? diagonal : 0)))
    }
  }
  return worst
}

describe('hadamard matrices', () => {
  // 2, 16, 128 and 256 by Sylvester alone; 12, 20, 24 by Paley I; 36 (17) and 76 (37) by Paley II; 120 is twice 60, Paley I of 59
  it.each([1, 2, 4, 8, 12, 16, 20, 24, 28, 36, 76, 120, 128, 192, 256])('of order %i have entries 1 and -1 and orthogonal rows', (n) => {
    const matrix = hadamard(n)!
    expect(matrix.length).toBe(n * n)
    expect(matrix.every(value => value === 1 || value === -1)).toBe(true)
    expect(offIdentity(matrix, n, n)).toBe(0)
  })

  it('are made for the dimensions that embeddings have, and said not to be for others', () => {
    expect([384, 512, 768, 1024, 1280].map(n => hadamard(n) !== null)).toEqual([true, true, true, true, true])
    expect([3, 6, 50, 92, 100].map(hadamard)).toEqual([null, null, null, null, null])
  })
})

describe('a rotation that gives all units one variance', () => {
  it('is orthogonal and has the mean of the values on its diagonal, for any number and any values', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 23 }), (values) => {
      const n = values.length
      const matrix = evenRotation(values)
      const mean = values.reduce((sum, value) => sum + value, 0) / n
      expect(offIdentity(matrix, n, 1)).toBeLessThan(1e-5)
      for (let i = 0; i < n; i++)
        expect(values.reduce((sum, value, k) => sum + value * matrix[i * n + k]! ** 2, 0)).toBeCloseTo(mean, 3)
    }))
  })
})

describe('phi standardisation', () => {
  const groups = [{ name: 'loud', dimension: 12 }, { name: 'quiet', dimension: 6 }, { name: 'dead', dimension: 4 }]
  const width = 22
  const random = seededRandom(8)
  const mixing = Float64Array.from({ length: width * width }, () => random.normal())
  /** Correlated units, 100 times as loud in the first teacher, one unit of it dead; the last teacher never moves. */
  const rows = new Float32Array(900 * width)
  for (let row = 0; row < 900; row++) {
    const latent = Array.from({ length: width }, (_, i) => random.normal() * (i < 3 ? 5 : 1))
    for (let unit = 0; unit < 18; unit++) {
      const scale = unit < 12 ? 100 : 1
      rows[row * width + unit] = unit === 4 ? 7 : 20 + scale * latent.reduce((sum, value, k) => sum + value * mixing[unit * width + k]!, 0)
    }
  }
  const table = memoryRows(rows, width)
  const statistics = unitStatistics(table)
  const normalizer = phiS(table, statistics, groups)
  const y = normalize(rows, normalizer)

  it('by hand: of (±3, 0) and (0, ±1) phi is the root of 2.5 and both units carry both axes', () => {
    const cross = Float32Array.of(3, 0, -3, 0, 0, 1, 0, -1)
    const own = memoryRows(cross, 2)
    const of = phiS(own, unitStatistics(own), [{ name: 'cross', dimension: 2 }])
    expect(of.scale[0]).toBeCloseTo(Math.sqrt((4.5 + 0.5) / 2), 5)
    const turned = normalize(cross, of).map(Math.abs)
    const [long, short] = [3 / Math.sqrt(2) / Math.sqrt(2.5), 1 / Math.sqrt(2) / Math.sqrt(2.5)]
    ;[long, long, long, long, short, short, short, short].forEach((value, i) => expect(turned[i]).toBeCloseTo(value, 5))
  })

  it('gives every unit of a moving teacher mean 0 and variance 1, dead ones among them, and leaves a dead teacher 0', () => {
    const { mean, std } = unitStatistics(memoryRows(y, width))
    for (let unit = 0; unit < 18; unit++) {
      expect(mean[unit]).toBeCloseTo(0, 4)
      expect(std[unit]).toBeCloseTo(1, 3)
    }
    expect([...std.subarray(18)]).toEqual([0, 0, 0, 0])
  })

  it('has one scale a teacher: distances between faces keep their ratio, which z-scores change', () => {
    const distance = (data: Float32Array, a: number, b: number): number => Math.hypot(...Array.from({ length: 12 }, (_, unit) => data[a * width + unit]! - data[b * width + unit]!))
    const phi = normalizer.scale[0]!
    expect(new Set(normalizer.scale.subarray(0, 12)).size).toBe(1)
    for (const [a, b] of [[0, 1], [5, 800], [33, 34]] as const)
      expect(distance(y, a, b) * phi / distance(rows, a, b)).toBeCloseTo(1, 4)
  })

  it('is undone to rounding, clipping nothing', () => {
    const far = rows.slice(0, width).map((value, unit) => unit < 12 ? value * 50 : value)
    for (const given of [rows.subarray(0, 40 * width), far]) {
      const back = denormalize(normalize(given, normalizer), normalizer)
      const largest = Math.max(...given.map(Math.abs))
      back.forEach((value, i) => expect(Math.abs(value - given[i]!) / largest).toBeLessThan(2e-6))
    }
  })

  it('none: units are only centred, and undone exactly', () => {
    const only = centred(statistics, groups)
    const shifted = normalize(rows, only)
    expect(unitStatistics(memoryRows(shifted, width)).std[0]).toBeCloseTo(statistics.std[0]!, 2)
    expect(shifted[4]).toBe(0)
    denormalize(shifted, only).forEach((value, i) => expect(Math.abs(value - rows[i]!)).toBeLessThan(1e-3))
  })
})
