import { createHash } from 'node:crypto'

/**
 * JSON with object fields in code-unit order and without undefined ones, so that equal content gives equal text.
 *
 * @throws TypeError for what JSON cannot hold (NaN, functions): a key made of it would lie.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean')
    return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value))
      throw new TypeError(`internal: ${value} cannot be part of a key`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value))
    return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object') {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined).sort(([a], [b]) => (a < b
      ? -1
      : 1))
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`
  }
  throw new TypeError(`internal: a ${typeof value} cannot be part of a key`)
}

/** SHA-256 of the canonical JSON, 64 hexadecimal digits. */
export function contentKey(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}
