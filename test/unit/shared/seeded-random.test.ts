import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seededRandom } from '#shared/seeded-random.ts'

it('many whole numbers at once are those of as many calls, and the sequence goes on after them', () => {
  fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.nat({ max: 50 }), (seed, below, count) => {
    const [one, many] = [seededRandom(seed), seededRandom(seed)]
    const into = new Int32Array(count)
    many.integers(into, below)
    expect([...into]).toEqual(Array.from({ length: count }, () => one.integer(below)))
    expect(many.next()).toBe(one.next())
  }))
})
