import { z } from 'zod'
import { limits } from './limits.ts'

/** One call as every carrier takes it: nothing else is read. */
const Call = z.strictObject({
  id: z.int().min(0),
  method: z.string().max(100),
  input: z.unknown().optional(),
})
export type Call = z.infer<typeof Call>

/** The call that a text from outside is; null for anything else. Never throws. */
export function readCall(text: string): Call | null {
  const parsed = Call.safeParse(readMessage(text))
  return parsed.success
    ? parsed.data
    : null
}

/**
 * JSON from outside as plain data; undefined where it is none, nests deeper than any message of ours (what reads or writes it
 * later calls itself for each level, and the stack is short), or has a field `__proto__`, which a copy would take for the
 * prototype. Never throws.
 */
export function readMessage(text: string): unknown {
  if (nestsDeeper(text, limits.messageDepth))
    return undefined
  try {
    const value: unknown = JSON.parse(text)
    return hasPrototypeField(value)
      ? undefined
      : value
  }
  catch {
    return undefined
  }
}

/** Looked up in the text, before anything is made of it. Strings are jumped over: a photograph is one of millions of characters. */
function nestsDeeper(text: string, most: number): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (sign === '"')
      at = endOfString(text, at)
    else if ((sign === '[' || sign === '{') && ++depth > most)
      return true
    else if (sign === ']' || sign === '}')
      depth--
  }
  return false
}

/** Place of the quote that ends the string which begins at a place; the text's end where none does. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text[end - 1 - escapes] === '\\')
      escapes++
    if (escapes % 2 === 0)
      return end
  }
  return text.length
}

function hasPrototypeField(value: unknown): boolean {
  if (value === null || typeof value !== 'object')
    return false
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasPrototypeField)
}
