import type { Pair, PairedBootstrap } from '#shared/statistics.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { permutation, seededRandom } from '#shared/seeded-random.ts'
import { bootstrap, bootstrapDifference, holm, mean, pairedBootstraps, quantile, sampleStd, standardError } from '#shared/statistics.ts'

/** Everything at once; with it, how often others could have been answered. */
function finish(work: Generator<void, PairedBootstrap[]>): { results: PairedBootstrap[], pauses: number } {
  let pauses = 0
  let step = work.next()
  for (; !step.done; step = work.next())
    pauses++
  return { results: step.value, pauses }
}

/** Efron's formula, word for word: draw, average, sort, for one pair and one number at a time. */
function plainPairedBootstrap({ a, b, clusters }: Pair, { seed, draws }: { seed: number, draws: number }): PairedBootstrap {
  const differences = Array.from(a, (value, i) => value - b[i]!)
  const groups = Object.values(Object.groupBy(differences.keys(), i => `of ${clusters?.[i] ?? i}`)).map(places => places!.map(i => differences[i]!))
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
  const random = seededRandom(seed)
  const means = Array.from({ length: draws }, () => {
    const drawn = Array.from({ length: groups.length }, () => groups[random.integer(groups.length)]!)
    return sum(drawn.map(sum)) / sum(drawn.map(({ length }) => length))
  }).sort((x, y) => x - y)
  const share = (isOn: (value: number) => boolean): number => means.filter(isOn).length
  return {
    difference: sum(differences) / differences.length,
    p: Math.min(1, 2 * (Math.min(share(value => value <= 0), share(value => value >= 0)) + 1) / (draws + 1)),
    standardError: sampleStd(means),
    interval: [quantile(means, 0.025), quantile(means, 0.975)],
  }
}

describe('statistics', () => {
  it('mean and sample standard deviation of 2, 4, 4, 4, 5, 5, 7, 9 are 5 and sqrt(32 / 7)', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9]
    expect(mean(values)).toBe(5)
    expect(sampleStd(values)).toBeCloseTo(Math.sqrt(32 / 7), 12)
    expect(standardError(values)).toBeCloseTo(Math.sqrt(32 / 7 / 8), 12)
  })

  it('quantiles are linear between neighbours', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75) // numpy.quantile([1, 2, 3, 4], .25)
    expect(quantile([7], 0.975)).toBe(7)
  })

  it('the bootstrap of 300 right answers in 400 has the binomial standard error', () => {
    const values = Array.from({ length: 400 }, (_, i) => Number(i % 4 !== 0))
    const { standardError: error, interval } = bootstrap(values, { seed: 3 })
    expect(error).toBeCloseTo(Math.sqrt(0.75 * 0.25 / 400), 2)
    expect(interval[0]).toBeLessThan(0.75)
    expect(interval[1]).toBeGreaterThan(0.75)
    expect(interval[1] - interval[0]).toBeCloseTo(2 * 1.96 * Math.sqrt(0.75 * 0.25 / 400), 1)
  })

  it('drawing whole people widens the interval of values that agree within a person', () => {
    const people = Array.from({ length: 200 }, (_, i) => `person ${Math.floor(i / 20)}`)
    const values = people.map((_, i) => Math.floor(i / 20) % 2)
    const alone = bootstrap(values)
    const clustered = bootstrap(values, { clusters: people })
    // ten people who count as ten values, not as two hundred
    expect(clustered.standardError / alone.standardError).toBeGreaterThan(3.5)
  })

  it('the difference of two groups has the spread of two independent means', () => {
    const men = Array.from({ length: 300 }, (_, i) => i % 10)
    const women = Array.from({ length: 200 }, (_, i) => (i % 4) * 2)
    // scipy: numpy.std(men) = 2.8723, numpy.std(women) = 2.2361; sqrt(2.8723 ** 2 / 300 + 2.2361 ** 2 / 200) = .2292
    const { standardError: error, interval } = bootstrapDifference({ values: men }, { values: women }, { seed: 1 })
    expect(error).toBeCloseTo(0.2292, 1)
    expect(Math.abs(error / 0.2292 - 1)).toBeLessThan(0.06)
    expect((interval[0] + interval[1]) / 2).toBeCloseTo(1.5, 1) // 4.5 - 3
    expect(interval[1] - interval[0]).toBeCloseTo(2 * 1.96 * 0.2292, 1)
    // ten people of one answer each are ten values, however many photographs they have
    const people = men.map((_, i) => i % 10)
    expect(bootstrapDifference({ values: men, clusters: people }, { values: [0] }).standardError).toBeGreaterThan(0.8) // 2.8723 / sqrt(10) = .908
  })

  it('the same seed gives the same interval, another seed another one', () => {
    const values = Array.from({ length: 50 }, (_, i) => i % 7)
    expect(bootstrap(values, { seed: 1 })).toEqual(bootstrap(values, { seed: 1 }))
    expect(bootstrap(values, { seed: 1 })).not.toEqual(bootstrap(values, { seed: 2 }))
  })

  it('a paired bootstrap sees a small difference that is always there, and none between equals', () => {
    const b = Array.from({ length: 60 }, (_, i) => (i * 37) % 60)
    const [better, same] = finish(pairedBootstraps([{ a: b.map((value, i) => value + 1 + i % 2), b }, { a: b, b }])).results
    expect(better!.difference).toBeCloseTo(1.5, 12)
    expect(better!.p).toBeLessThan(0.01)
    expect(same!.p).toBe(1)
  })

  it('paired bootstraps that share their draws have the very numbers that each has by the plain formula', () => {
    const random = seededRandom(5)
    const errors = (count: number): number[] => Array.from({ length: count }, () => 10 * random.next())
    const people = Array.from({ length: 90 }, (_, i) => `person ${i % 31}`)
    const pairs: Pair[] = [
      { a: errors(90), b: errors(90) },
      { a: errors(90), b: errors(90), clusters: people },
      { a: errors(40), b: errors(40) },
      { a: errors(90).map(Math.round), b: errors(90).map(Math.round) },
      { a: errors(31), b: errors(31) }, // as many as there are people
    ]
    for (const options of [{ seed: 0, draws: 300 }, { seed: 7, draws: 41 }])
      expect(finish(pairedBootstraps(pairs, options)).results).toEqual(pairs.map(pair => plainPairedBootstrap(pair, options)))
    expect(finish(pairedBootstraps([])).results).toEqual([])
  })

  it('a long bootstrap pauses for others', () => {
    const values = Array.from({ length: 2000 }, (_, i) => i % 3)
    const pair = { a: values, b: values.map(value => 1 - value) }
    // 2,000 draws of 2,000 values are one stretch for a pair, so seven for seven
    expect(finish(pairedBootstraps(Array.from<Pair>({ length: 7 }).fill(pair))).pauses).toBe(7)
  })

  it('holm corrects .01, .04, .03, .005 to .03, .06, .06, .02', () => { // statsmodels multipletests(method="holm")
    holm([0.01, 0.04, 0.03, 0.005]).forEach((p, i) => expect(p).toBeCloseTo([0.03, 0.06, 0.06, 0.02][i]!, 12))
  })

  it('holm never lowers a p-value nor exceeds Bonferroni', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }), (pValues) => {
      holm(pValues).forEach((adjusted, i) => {
        expect(adjusted).toBeGreaterThanOrEqual(pValues[i]!)
        expect(adjusted).toBeLessThanOrEqual(Math.min(1, pValues[i]! * pValues.length) + 1e-12)
      })
    }))
  })
})

describe('seeded random numbers', () => {
  it('repeat for a seed, differ between neighbouring seeds, and a permutation holds every number once', () => {
    const numbers = (...seed: number[]): number[] => {
      const random = seededRandom(...seed)
      return Array.from({ length: 5 }, () => random.next())
    }
    expect(numbers(4, 2)).toEqual(numbers(4, 2))
    expect(numbers(4, 2)).not.toEqual(numbers(4, 3))
    fc.assert(fc.property(fc.integer({ min: 0, max: 300 }), fc.nat(), (count, seed) => {
      expect([
        ...permutation(count, seededRandom(seed)),
      ].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
    }))
  })

  it('uniform and normal numbers have the moments they should', () => {
    const random = seededRandom(9)
    const uniform = Array.from({ length: 20_000 }, () => random.next())
    const normal = Array.from({ length: 20_000 }, () => random.normal())
    expect(mean(uniform)).toBeCloseTo(0.5, 1)
    expect(sampleStd(uniform)).toBeCloseTo(Math.sqrt(1 / 12), 2)
    expect(Math.abs(mean(normal))).toBeLessThan(0.03)
    expect(sampleStd(normal)).toBeCloseTo(1, 1)
  })
})
