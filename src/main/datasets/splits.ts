import type { Split } from '#shared/dataset.ts'
import { createHash } from 'node:crypto'
import { byCodeUnit } from './listing.ts'

/** First 4 bytes of the text's SHA-256 as a fraction in [0, 1): a split that is the same on every machine and needs no list. */
export function hashFraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32
}

/** Which part a fraction falls into. */
export function partOf(fraction: number, { train, validation }: { train: number, validation: number }): Split {
  if (fraction < train)
    return 'train'
  return fraction < train + validation
    ? 'validation'
    : 'test'
}

/**
 * Splits each stratum in the same shares: its members are ordered by the SHA-256 of seed and name and cut by count.
 * A stratum of three or more gives at least one member to each part that has a share.
 * @param items  name (unique) and stratum of each
 * @returns part by name
 */
export function stratifiedSplit(items: { name: string, stratum: string }[], { seed, train, validation }: { seed: number, train: number, validation: number }): Map<string, Split> {
  const strata = Map.groupBy(items, item => item.stratum)
  const parts = new Map<string, Split>()
  for (const members of strata.values()) {
    const ordered = members.map(({ name }) => ({
      name,
      at: hashFraction(`${seed}/${name}`),
    }))
      .sort((a, b) => a.at - b.at || byCodeUnit(a.name, b.name))
    const count = ordered.length
    const share = (part: number): number => part <= 0
      ? 0
      : count >= 3
        ? Math.max(1, Math.round(part * count))
        : Math.round(part * count)
    const validationCount = share(validation)
    const testCount = share(1 - train - validation < 1e-9
      ? 0
      : 1 - train - validation)
    const trainCount = count - validationCount - testCount
    ordered.forEach(({ name }, i) => parts.set(name, i < trainCount
      ? 'train'
      : i < trainCount + validationCount
        ? 'validation'
        : 'test'))
  }
  return parts
}
