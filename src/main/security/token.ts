import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A secret nobody guesses: 192 bits, fit for an address. */
export function createToken(): string {
  return randomBytes(24).toString('base64url')
}

/** Whether `given` is the token, in a time that says nothing about where they differ. */
export function isToken(given: string | undefined | null, token: string): boolean {
  // Hashes have one length, so neither the comparison nor an early refusal tells the token's.
  return timingSafeEqual(digest(given ?? ''), digest(token)) && given !== undefined && given !== null
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** The cookie's name: its own for each server, as a browser sends cookies of one host to all of its ports. */
export function cookieName(token: string): string {
  return `facet-${digest(token).toString('hex').slice(0, 12)}`
}

/** The value of one cookie of a Cookie header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [key, ...value] = pair.split('=')
    if (key?.trim() === name)
      return value.join('=').trim()
  }
  return undefined
}
