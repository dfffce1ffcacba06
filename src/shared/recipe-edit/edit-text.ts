import type { Document } from 'yaml'
import type { FieldPath } from './places.ts'
import { Lexer } from 'yaml'
import { FacetError } from '../errors.ts'
import { plainData, readDocument } from '../yaml-data.ts'
import { aliasOn } from './places.ts'
import { spliceOut, spliceValue } from './splice.ts'

/** What a recipe's text says, as plain data. @throws FacetError where it is no YAML */
export function readRecipe(text: string): unknown {
  return toData(parse(text))
}

/** The value at a path of plain data, or undefined. */
export function valueAt(data: unknown, path: FieldPath): unknown {
  let value = data
  for (const step of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step))
      return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

/**
 * The text with another value at a path. Only the characters of that value change: comments, order, quotes and line breaks of the rest
 * stay. Where a value cannot be put in its place alone (an anchor, a form this does not know), the document is written anew by the YAML
 * library, which keeps comments and order.
 *
 * @throws FacetError where the text is no YAML
 */
export function setField(text: string, path: FieldPath, value: unknown): string {
  const document = parse(text)
  const data = toData(document)
  const old = valueAt(data, path)
  if (isSame(old, value))
    return text
  const alias = aliasOn(document, path)
  if (alias && alias.length < path.length)
    return setField(text, alias, withValue(valueAt(data, alias), path.slice(alias.length), value))
  const parent = path.slice(0, -1)
  const group = valueAt(data, parent)
  if (path.length > 1 && !isGroup(group) && !(Array.isArray(group) && typeof path.at(-1) === 'number'))
    return setField(text, parent, typeof path.at(-1) === 'number' ? [value] : { [path.at(-1)!]: value })
  const expected = withValue(data, path, value)
  const candidates = [
    () => alias ? null : mergeInto(text, path, old, value),
    () => spliceValue(text, document, path, value),
  ]
  return choose(text, expected, candidates) ?? rewrite(document, expected, (copy) => { copy.setIn(path, value) })
}

/** The text without the field at a path. Groups that become empty go with it; of the first level `stages` alone, which a recipe may leave out. */
export function removeField(text: string, path: FieldPath): string {
  const document = parse(text)
  const data = toData(document)
  if (valueAt(data, path) === undefined)
    return text
  const alias = aliasOn(document, path)
  if (alias && alias.length < path.length)
    return setField(text, alias, withoutValue(valueAt(data, alias), path.slice(alias.length)))
  const parent = path.slice(0, -1)
  const group = valueAt(data, parent)
  const isLast = group !== null && typeof group === 'object' && Object.keys(group).length === 1
  if (isLast && typeof parent.at(-1) === 'string' && (parent.length > 1 || parent[0] === 'stages'))
    return removeField(text, parent)
  const expected = withoutValue(data, path)
  const empty = isLast
    ? spliceValue(text, document, parent, Array.isArray(group) ? [] : {})
    : null
  return choose(text, expected, [() => spliceOut(text, document, path), () => empty], false)
    ?? rewrite(document, expected, (copy) => { copy.deleteIn(path) })
}

/** Puts a group or list in the place of another entry by entry, so that the entries that stay keep their lines. */
function mergeInto(text: string, path: FieldPath, old: unknown, value: unknown): string | null {
  if (Array.isArray(old) && Array.isArray(value) && old.length > 0 && value.length > 0)
    return mergeList(text, path, old, value)
  if (!isGroup(old) || !isGroup(value) || Object.keys(value).length === 0 || Object.keys(old).length === 0)
    return null
  let result = text
  for (const [name, field] of Object.entries(value)) {
    if (field !== undefined)
      result = setField(result, [...path, name], field)
  }
  for (const name of Object.keys(old)) {
    if (value[name] === undefined)
      result = removeEntry(result, [...path, name])
  }
  return result
}

function mergeList(text: string, path: FieldPath, old: unknown[], value: unknown[]): string {
  let first = 0
  while (first < old.length && first < value.length && isSame(old[first], value[first]))
    first++
  let last = 0
  while (last < Math.min(old.length, value.length) - first && isSame(old[old.length - 1 - last], value[value.length - 1 - last]))
    last++
  const shared = Math.min(old.length, value.length)
  let result = text
  if (old.length > value.length) {
    for (let extra = old.length - value.length; extra > 0; extra--)
      result = removeEntry(result, [...path, old.length - last - (old.length - value.length - extra) - 1])
  }
  // from here on, entry by entry; what is new goes to the end
  for (let i = first; i < shared; i++)
    result = setField(result, [...path, i], value[i])
  for (let i = shared; i < value.length; i++)
    result = setField(result, [...path, i], value[i])
  return result
}

/** Like removeField, but leaves an empty group where it was the last entry. */
function removeEntry(text: string, path: FieldPath): string {
  const document = parse(text)
  return choose(text, withoutValue(toData(document), path), [() => spliceOut(text, document, path)], false)
    ?? rewrite(document, withoutValue(toData(document), path), (copy) => { copy.deleteIn(path) })
}

/** The first candidate that says what is expected and has lost no comment; then one that says it at all. */
function choose(text: string, expected: unknown, candidates: (() => string | null)[], keepsComments = true): string | null {
  const comments = commentsOf(text)
  const right = candidates.flatMap((candidate) => {
    const made = candidate()
    return made !== null && says(made, expected)
      ? [made]
      : []
  })
  return (keepsComments
    ? right.find(made => isSame(commentsOf(made), comments))
    : undefined) ?? right[0] ?? null
}

function rewrite(document: Document, expected: unknown, change: (copy: Document) => void): string {
  const copy = document.clone()
  try {
    change(copy)
    const text = copy.toString({ lineWidth: 0, flowCollectionPadding: true })
    if (says(text, expected))
      return text
  }
  catch {
    // an alias whose anchor would go: refused below
  }
  throw new FacetError('bad-input', 'This value is shared through an anchor, so it cannot be changed by itself.', { hint: 'Change it in the YAML.' })
}

function says(text: string, expected: unknown): boolean {
  const document = readDocument(text, { prettyErrors: false })
  return document.errors.length === 0 && isSame(toData(document), expected)
}

function commentsOf(text: string): string[] {
  return [...new Lexer().lex(text)].filter(token => token.startsWith('#')).sort()
}

function parse(text: string): Document {
  const document = readDocument(text, { prettyErrors: false })
  const [error] = document.errors
  if (error)
    throw new FacetError('bad-input', `The YAML cannot be read: ${error.message}`, { hint: 'Mend the YAML first.' })
  return document
}

/** Plain data without shared parts, so that a change of one place is a change of that place alone. */
function toData(document: Document): unknown {
  const data = plainData(document)
  return data === undefined
    ? null
    : JSON.parse(JSON.stringify(data)) as unknown
}

function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((entry, i) => isSame(entry, b[i]))
  if (isGroup(a) && isGroup(b)) {
    const names = Object.keys(a).filter(name => a[name] !== undefined)
    return names.length === Object.keys(b).filter(name => b[name] !== undefined).length && names.every(name => isSame(a[name], b[name]))
  }
  return a === b || (typeof a === 'number' && typeof b === 'number' && Object.is(a + 0, b + 0))
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function withValue(data: unknown, path: FieldPath, value: unknown): unknown {
  if (path.length === 0)
    return value
  const [step, ...rest] = path as [string | number, ...FieldPath]
  if (Array.isArray(data))
    return Object.assign([...data], { [step]: withValue(data[Number(step)], rest, value) })
  const group = isGroup(data) ? data : {}
  return { ...group, [step]: withValue(Object.hasOwn(group, step) ? group[step] : undefined, rest, value) }
}

function withoutValue(data: unknown, path: FieldPath): unknown {
  const [step, ...rest] = path as [string | number, ...FieldPath]
  if (Array.isArray(data)) {
    return rest.length === 0
      ? data.filter((_, i) => i !== Number(step))
      : data.map((entry, i) => i === Number(step) ? withoutValue(entry, rest) : entry as unknown)
  }
  const group = { ...data as Record<string, unknown> }
  if (rest.length === 0)
    delete group[step]
  else
    group[step] = withoutValue(group[step], rest)
  return group
}
