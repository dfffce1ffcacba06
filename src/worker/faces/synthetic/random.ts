/** A stream of numbers that its seed alone decides, the same on every machine. */
export interface Random {
  /** In [from, to). */
  between: (from: number, to: number) => number
  /** Whole number in [from, to]. */
  whole: (from: number, to: number) => number
  /** About mean, with this standard deviation, cut at 2.5 of them. */
  around: (mean: number, deviation: number) => number
  chance: (probability: number) => boolean
  pick: <T>(choices: readonly T[]) => T
  /** One choice by weight. */
  weighted: <T extends string>(weights: Partial<Record<T, number>>) => T
}

/** A random stream from numbers and words; any difference in them gives another stream. */
export function createRandom(...seeds: (number | string)[]): Random {
  let state = hashOf(seeds.join('/'))
  const next = (): number => {
    // mulberry32 (Tommy Ettinger, public domain)
    state = (state + 0x6D2B79F5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    between: (from, to) => from + (to - from) * next(),
    whole: (from, to) => from + Math.floor((to - from + 1) * next()),
    around(mean, deviation) {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return mean + deviation * Math.max(-2.5, Math.min(2.5, normal))
    },
    chance: probability => next() < probability,
    pick: choices => choices[Math.floor(choices.length * next())]!,
    weighted<T extends string>(weights: Partial<Record<T, number>>): T {
      const entries = Object.entries(weights) as [T, number][]
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      return (entries.find(([, weight]) => (left -= weight) < 0) ?? entries.at(-1)!)[0]
    },
  }
}

/** FNV-1a with a final mix, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811C9DC5
  for (let i = 0; i < text.length; i++)
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85EBCA6B)
  return (hash ^ (hash >>> 13)) | 0
}
