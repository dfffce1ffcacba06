/** A source of numbers that gives the same ones for the same seed, on every machine. */
export interface SeededRandom {
  /** In [0, 1), 32 bits of chance. */
  next: () => number
  /** A whole number in [0, below). */
  integer: (below: number) => number
  /** Fills an array with what as many calls of `integer` would give, several times as fast. */
  integers: (into: Int32Array, below: number) => void
  /** Standard normal, by Box and Muller. */
  normal: () => number
}

/** Mixes numbers into one 32-bit seed (the finaliser of MurmurHash3), so that neighbouring seeds give unlike sequences. */
export function mixSeed(...parts: number[]): number {
  let hash = 0x9E3779B9
  for (const part of parts) {
    hash = Math.imul(hash ^ (part >>> 0), 0x85EBCA6B)
    hash = Math.imul(hash ^ (hash >>> 13), 0xC2B2AE35)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

/** sfc32 (Doty-Humphrey), 128 bits of state, after 12 rounds of warm-up. */
export function seededRandom(...seed: number[]): SeededRandom {
  let a = mixSeed(...seed, 1)
  let b = mixSeed(...seed, 2)
  let c = mixSeed(...seed, 3)
  let counter = 1
  const bits = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum | 0
    return sum >>> 0
  }
  const integers = (into: Int32Array, below: number): void => {
    // The generator's step once more on local numbers, which stay in registers.
    let [x, y, z, n] = [a, b, c, counter]
    for (let i = 0; i < into.length; i++) {
      const sum = (x + y + n) | 0
      n = (n + 1) | 0
      x = y ^ (y >>> 9)
      y = (z + (z << 3)) | 0
      z = ((z << 21) | (z >>> 11)) + sum | 0
      into[i] = Math.floor((sum >>> 0) / 2 ** 32 * below)
    }
    ;[a, b, c, counter] = [x, y, z, n]
  }
  for (let i = 0; i < 12; i++)
    bits()
  const next = (): number => bits() / 2 ** 32
  return {
    next,
    integer: below => Math.floor(next() * below),
    integers,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  }
}

/** The normal numbers of a seed from their first, as often as asked for: each reader gives what `seededRandom(seed).normal` would, drawn once for all. */
export function replayedNormals(seed: number): () => () => number {
  const { normal } = seededRandom(seed)
  let drawn = new Float64Array(1 << 16)
  let count = 0
  return () => {
    let at = 0
    return () => {
      if (at === count) {
        if (count === drawn.length) {
          const more = new Float64Array(2 * count)
          more.set(drawn)
          drawn = more
        }
        drawn[count++] = normal()
      }
      return drawn[at++]!
    }
  }
}

/** The whole numbers 0 .. count - 1 in a random order (Fisher and Yates). */
export function permutation(count: number, random: SeededRandom): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1)
    const moved = order[i]!
    order[i] = order[j]!
    order[j] = moved
  }
  return order
}
