import { InvalidArgumentError } from 'commander'

/** Reads an option that is a whole number within bounds. */
export function wholeNumber(least: number, most?: number): (text: string) => number {
  const bounds = most === undefined
    ? `of at least ${least}`
    : `from ${least} to ${most}`
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > (most ?? Number.MAX_SAFE_INTEGER))
      throw new InvalidArgumentError(`It must be a whole number ${bounds}, not "${text}".`)
    return value
  }
}
