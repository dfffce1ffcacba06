import { FacetError } from '#shared/errors.ts'

/** The argument of every command that takes a run: its key, or at least the first 6 digits of it. */
export function parseRunKey(word: string): string {
  const key = word.toLowerCase()
  if (!/^[0-9a-f]{6,64}$/.test(key))
    throw new FacetError('usage', `"${word}" is no run key; it must be at least the first 6 of its hexadecimal digits.`, { hint: 'facet runs lists them.' })
  return key
}
