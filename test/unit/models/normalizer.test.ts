import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '#shared/seeded-random.ts'
import { commonScale, denormalize, livingUnits, normalize, unitStatistics, zScore } from '#worker/models/normalizer.ts'
import { baselineErrors, reconstructionMeter } from '#worker/models/reconstruction.ts'
import { memoryRows } from '#worker/stages/embedding-rows.ts'

const random = seededRandom(5)
const uniform = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.next())

describe('normalising embeddings', () => {
  it('gives units mean 0 and standard deviation 1, by hand on three rows', () => {
    const rows = Float32Array.of(1, 10, 2, 20, 3, 30)
    const statistics = unitStatistics(memoryRows(rows, 2))
    expect([...statistics.mean]).toEqual([2, 20])
    expect(statistics.std[0]).toBeCloseTo(Math.sqrt(2 / 3), 12)
    const z = normalize(rows, zScore(statistics, [
      { name: 'both', dimension: 2 },
    ]))
    expect(z[0]).toBeCloseTo(-1 / Math.sqrt(2 / 3), 6)
    expect(z[1]).toBeCloseTo(z[0]!, 6)
  })

  it('is exact for units far from zero', () => {
    const rows = Float32Array.from({ length: 2000 }, (_, i) => 100_000 + i % 2)
    expect(unitStatistics(memoryRows(rows, 1)).std[0]).toBeCloseTo(0.5, 9)
  })

  it('a dead unit is 0, and one that lives in a single face neither explodes nor counts as dead', () => {
    const width = 5
    const rows = new Float32Array(1000 * width)
    for (let row = 0; row < 1000; row++) {
      rows.set([
        random.normal(),
        random.normal(),
        random.normal(),
        7,
        0,
      ], row * width)
    }
    rows[4] = 0.05 // one face of a thousand
    const normalizer = zScore(unitStatistics(memoryRows(rows, width)), [
      { name: 'age', dimension: width },
    ])
    expect(normalizer.scale[3]).toBe(0)
    expect(normalizer.scale[4]).toBeGreaterThan(0.09) // a tenth of the living units' spread, not .0016
    expect(Math.max(...normalize(Float32Array.of(0, 0, 0, 1e6, 5), normalizer))).toBeLessThanOrEqual(normalizer.clip)
    expect(normalize(Float32Array.of(0, 0, 0, 1e6, 0), normalizer)[3]).toBe(0)
  })

  it('guards are judged within a teacher, so that a quiet teacher is not dead beside a loud one', () => {
    const std = Float64Array.of(1e6, 1e6, 1e-3, 0)
    expect([
      ...livingUnits(std, [
        { name: 'loud', dimension: 2 },
        { name: 'quiet', dimension: 2 },
      ]),
    ]).toEqual([1, 1, 1, 0])
  })

  it('one common scale keeps the ratio of units\' spreads, where z-scores would whiten them', () => {
    const rows = Float32Array.from({ length: 4000 }, (_, i) => random.normal() * (i % 2
      ? 1
      : 9))
    const codes = normalize(rows, commonScale(unitStatistics(memoryRows(rows, 2))))
    const { std } = unitStatistics(memoryRows(codes, 2))
    expect(std[0]! / std[1]!).toBeCloseTo(9, 0)
    expect(std[0]! ** 2 + std[1]! ** 2).toBeCloseTo(2, 5)
  })

  it('denormalize undoes normalize where nothing was clipped', () => {
    fc.assert(fc.property(fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 12, maxLength: 12 }), (values) => {
      const rows = Float32Array.from(values)
      const normalizer = zScore(unitStatistics(memoryRows(rows, 3)), [
        { name: 'all', dimension: 3 },
      ])
      denormalize(normalize(rows, normalizer), normalizer).forEach((value, i) => expect(value).toBeCloseTo(rows[i]!, 2))
    }))
  })
})

describe('nRMSE', () => {
  const groups = [
    { name: 'a', dimension: 4 },
    { name: 'b', dimension: 2 },
  ]

  it('is 1 for the mean predictor and sqrt 2 for uniform noise against uniform numbers (the paper\'s 1.4)', () => {
    const rows = uniform(6 * 20_000)
    const { mean } = unitStatistics(memoryRows(rows, 6))
    const means = rows.map((_, i) => mean[i % 6]!)
    const ofMeans = reconstructionMeter(groups)
    ofMeans.add(rows, means)
    expect(ofMeans.result().a).toBeCloseTo(1, 4)
    expect(ofMeans.result().b).toBeCloseTo(1, 4)
    const ofNoise = reconstructionMeter(groups)
    ofNoise.add(rows, uniform(rows.length))
    expect(ofNoise.result().a).toBeCloseTo(Math.SQRT2, 1)
  })

  it('is 0 for a perfect copy, adds up over blocks, and dead units do not count', () => {
    const rows = uniform(6 * 50).map((value, i) => i % 6 === 3
      ? 0
      : value)
    const perfect = reconstructionMeter(groups)
    perfect.add(rows, rows)
    expect(perfect.result()).toEqual({ a: 0, b: 0 })
    const noisy = rows.map((value, i) => i % 6 === 3
      ? 100 // an error on a dead unit
      : value + 0.1)
    const whole = reconstructionMeter(groups)
    whole.add(rows, noisy)
    const parts = reconstructionMeter(groups)
    parts.add(rows.subarray(0, 120), noisy.subarray(0, 120))
    parts.add(rows.subarray(120), noisy.subarray(120))
    expect(parts.result().a).toBeCloseTo(whole.result().a!, 9)
    expect(whole.result().a).toBeLessThan(1)
  })

  it('has no figure where nothing moves: a constant embedding, a single face', () => {
    const still = uniform(6 * 20).map((value, i) => i % 6 < 4
      ? 2
      : value)
    const [constant, single] = [reconstructionMeter([{ name: 'still', dimension: 4 }, { name: 'alive', dimension: 2 }]), reconstructionMeter(groups)]
    constant.add(still, still.map(value => value + 1))
    expect(Object.keys(constant.result())).toEqual(['alive'])
    single.add(uniform(6), uniform(6))
    expect(single.result()).toEqual({})
  })

  it('of answers that take no look at the face is 1 for the mean and sqrt 2 for another face drawn at random, the same each time', () => {
    const [learn, unseen] = [memoryRows(uniform(6 * 8000), 6), memoryRows(uniform(6 * 8000), 6)]
    const errors = baselineErrors(learn, unseen, zScore(unitStatistics(learn), groups), groups)
    for (const teacher of ['a', 'b']) {
      expect(errors.mean[teacher]).toBeCloseTo(1, 2)
      expect(errors.random[teacher]).toBeCloseTo(Math.SQRT2, 1)
    }
    expect(baselineErrors(learn, unseen, zScore(unitStatistics(learn), groups), groups)).toEqual(errors)
  })

  it('ignores a shift and scale applied to both sides', () => {
    const rows = uniform(6 * 100)
    const made = rows.map(value => value + 0.2 * random.normal())
    const plain = reconstructionMeter(groups)
    plain.add(rows, made)
    const moved = reconstructionMeter(groups)
    moved.add(rows.map(value => 3 * value - 7), made.map(value => 3 * value - 7))
    expect(moved.result().a).toBeCloseTo(plain.result().a!, 4)
  })
})
