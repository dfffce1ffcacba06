import type { Document, DocumentOptions, ParsedNode, ParseOptions, SchemaOptions } from 'yaml'
import { parseDocument } from 'yaml'
import { FacetError } from './errors.ts'

/** Uses of anchors: enough for a recipe that repeats itself, too few for one that grows tenfold on each line. */
const mostAliases = 50
/** Longest text: a recipe has a few thousand characters, and the library takes seconds for a group of 20,000 fields. */
const mostCharacters = 1 << 16
/** Deepest nesting; a recipe has some 6 levels. Whatever walks plain data calls itself for each. */
const mostLevels = 64

/**
 * A YAML text as a document. Errors of the grammar are left in `document.errors`, for whoever says where they stand.
 *
 * @throws FacetError 'bad-input' where the text is too long or nests too deep to be looked at
 */
export function readDocument(text: string, { where, ...options }: ParseOptions & DocumentOptions & SchemaOptions & { where?: string } = {}): Document.Parsed<ParsedNode> {
  try {
    if (text.length > mostCharacters)
      throw new Error(`it has ${text.length} characters; at most ${mostCharacters} are read`)
    refuseDeep(text)
    return parseDocument(text, { logLevel: 'error', ...options })
  }
  catch (cause) {
    throw unreadable(cause, where)
  }
}

/**
 * A document as plain data: what JSON could hold, and nothing that costs more than it says. Anchors that multiply, that hold
 * themselves or are not there, nesting without end and fields called `__proto__` are refused.
 *
 * @throws FacetError 'bad-input'
 */
export function plainData(document: Document, where?: string): unknown {
  try {
    const [error] = document.errors
    if (error)
      throw error
    const data: unknown = document.toJS({ maxAliasCount: mostAliases })
    requirePlain(data, new Map())
    return data
  }
  catch (cause) {
    throw unreadable(cause, where)
  }
}

/** The plain data that one value is, e.g. of `--set path=VALUE`. @throws FacetError 'bad-input' */
export function readValue(text: string): unknown {
  return plainData(readDocument(text))
}

/** Looked up in the text: the library takes gigabytes for some ten thousand levels. Brackets in quotes or comments count as well. */
function refuseDeep(text: string): void {
  let depth = 0
  for (const sign of text) {
    if (sign === '[' || sign === '{')
      depth++
    else if ((sign === ']' || sign === '}') && depth > 0)
      depth--
    if (depth > mostLevels)
      break
  }
  if (depth > mostLevels || /(?:[-?:][ \t]+){64}/.test(text))
    throw new Error(`it nests more than ${mostLevels} levels`)
}

/** Levels below a value. What is reached twice is walked once; what is reached from itself would have no end. */
function requirePlain(value: unknown, levels: Map<object, number>): number {
  if (value === null || typeof value !== 'object')
    return 0
  const known = levels.get(value)
  if (known !== undefined) {
    if (known < 0)
      throw new Error('an anchor holds itself')
    return known
  }
  levels.set(value, -1)
  if (Object.hasOwn(value, '__proto__'))
    throw new Error('a field may not be called __proto__')
  const deepest = Object.values(value).reduce<number>((most, item) => Math.max(most, 1 + requirePlain(item, levels)), 0)
  if (deepest > mostLevels)
    throw new Error(`it nests more than ${mostLevels} levels`)
  levels.set(value, deepest)
  return deepest
}

function unreadable(cause: unknown, where?: string): FacetError {
  const words = cause instanceof RangeError
    ? 'it nests too deeply'
    : cause instanceof Error
      ? cause.message
      : String(cause)
  return new FacetError('bad-input', `The YAML cannot be read: ${words}`, { cause, where, hint: 'Mend the YAML first.' })
}
