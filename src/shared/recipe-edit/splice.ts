import type { Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import type { FieldPath } from './places.ts'
import { isCollection, isMap, isNode, isScalar, isSeq } from 'yaml'
import { flowText } from './flow-text.ts'
import { endOf, isBlock, lineEnd, lineStart, nodeAt, pairOf, startOf } from './places.ts'

function replace(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by + text.slice(to)
}

/** A text in which the value at a path is another one and nothing else has changed; null where there is no such path yet. */
export function spliceValue(text: string, document: Document, path: FieldPath, value: unknown): string | null {
  const parent = nodeAt(document, path.slice(0, -1))
  const step = path.at(-1)!
  if (isMap(parent)) {
    const pair = pairOf(parent, step)
    return pair
      ? replacePairValue(text, pair, value)
      : addPair(text, parent, String(step), value)
  }
  if (isSeq(parent)) {
    const item = parent.items[Number(step)]
    return item === undefined
      ? addItem(text, parent, value)
      : replaceNode(text, item as Node, value)
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    return path.length === 1 ? `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${flowText(step)}: ${flowText(value)}\n` : null
  return null
}

function replacePairValue(text: string, { key, value: old }: Pair<Scalar, Node | null>, value: unknown): string {
  const colon = text.indexOf(':', key.range![1]) + 1
  if (!isNode(old) || (isScalar(old) && old.range![0] === old.range![1])) // "key:" without a value
    return replace(text, colon, colon, ` ${flowText(value)}`)
  return isBlock(old)
    ? replace(text, colon, endOf(old), ` ${flowText(value)}`)
    : replaceNode(text, old, value)
}

function replaceNode(text: string, node: Node, value: unknown): string {
  const [from] = node.range!
  const to = endOf(node)
  const type = isScalar(node)
    ? node.type
    : undefined
  const isLines = type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED'
  const written = flowText(value, type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE'
    ? type
    : undefined)
  return replace(text, from, to, isLines && text[to - 1] === '\n'
    ? `${written}\n`
    : written)
}

function addPair(text: string, map: YAMLMap, key: string, value: unknown): string | null {
  const entry = `${flowText(key)}: ${flowText(value)}`
  return isBlock(map)
    ? addLine(text, map, entry)
    : addInBrackets(text, map, entry, ' ')
}

function addItem(text: string, list: YAMLSeq, value: unknown): string | null {
  return isBlock(list)
    ? addLine(text, list, `- ${flowText(value)}`)
    : addInBrackets(text, list, flowText(value), '')
}

/** A new last line of a block group or list, as deep as the others. */
function addLine(text: string, collection: YAMLMap | YAMLSeq, entry: string): string | null {
  const last = collection.items.at(-1)
  if (last === undefined)
    return null
  const start = collection.range![0]
  const depth = start - lineStart(text, start)
  const end = lineEnd(text, endOf(last))
  return replace(text, end, end, `\n${' '.repeat(depth)}${entry}`)
}

function addInBrackets(text: string, collection: YAMLMap | YAMLSeq, entry: string, padding: string): string {
  const last = collection.items.at(-1)
  if (last === undefined)
    return replace(text, collection.range![0] + 1, collection.range![1] - 1, `${padding}${entry}${padding}`)
  const end = endOf(last)
  return replace(text, end, end, `, ${entry}`)
}

/** A text without the entry at a path; null where it is the only one of its block. */
export function spliceOut(text: string, document: Document, path: FieldPath): string | null {
  const parent = nodeAt(document, path.slice(0, -1))
  if (!isCollection(parent))
    return null
  const items = parent.items as unknown[]
  const index = isMap(parent)
    ? items.indexOf(pairOf(parent, path.at(-1)!))
    : Number(path.at(-1))
  const item = items[index]
  if (item === undefined)
    return null
  if (parent.flow)
    return removeInBrackets(text, parent, items, index)
  if (items.length === 1)
    return null
  const next = items[index + 1]
  const line = lineStart(text, startOf(item))
  const before = text.slice(line, startOf(item))
  const isFirstAfterDash = isMap(parent) && /-\s*$/.test(before)
  if (isFirstAfterDash)
    return next === undefined ? null : replace(text, startOf(item), startOf(next), '')
  return replace(text, line, Math.min(text.length, lineEnd(text, endOf(item)) + 1), '')
}

function removeInBrackets(text: string, collection: { range?: readonly number[] | null }, items: unknown[], index: number): string {
  const next = items[index + 1]
  const previous = items[index - 1]
  if (next !== undefined)
    return replace(text, startOf(items[index]), startOf(next), '')
  if (previous !== undefined)
    return replace(text, endOf(previous), endOf(items[index]), '')
  return replace(text, collection.range![0]! + 1, collection.range![1]! - 1, '')
}
