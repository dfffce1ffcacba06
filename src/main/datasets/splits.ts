import type { Split } from '#shared/dataset.ts'
import { createHash } from 'node:crypto'
import { z } from 'zod'
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

/** What the option `validation` of a format means whose publisher gives only train and test. */
export const validationOptions = {
  validation: z.number().positive().max(0.5).default(0.1).describe('Share of the training images of each class that validation gets'),
  splitSeed: z.int().min(0).default(0).describe('Which images those are'),
}

/**
 * Cuts validation from the published training part, the same share of each class; the published test part stays as it is.
 * @returns part by path, and the words that say so
 */
export function cutValidation(items: { path: string, stratum: string, isTest: boolean }[], { validation, splitSeed }: { validation: number, splitSeed: number }): { splits: Map<string, Split>, note: string } {
  const splits = stratifiedSplit(items.filter(({ isTest }) => !isTest).map(({ path, stratum }) => ({ name: path, stratum })), { seed: splitSeed, train: 1 - validation, validation })
  for (const { path, isTest } of items) {
    if (isTest)
      splits.set(path, 'test')
  }
  return { splits, note: `Validation: ${Math.round(validation * 100)} % of the training images of each class, ordered by the SHA-256 of "${splitSeed}/path".` }
}
