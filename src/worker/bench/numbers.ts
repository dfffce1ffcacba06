import { seededRandom } from '#shared/seeded-random.ts'

/** Random bytes, always the same. */
export function bytes(count: number): Uint8Array {
  const random = seededRandom(1)
  return Uint8Array.from({ length: count }, () => random.integer(256))
}

/** Random numbers of a normal distribution, always the same. */
export function floats(count: number): Float32Array {
  const random = seededRandom(2)
  return Float32Array.from({ length: count }, () => random.normal())
}
