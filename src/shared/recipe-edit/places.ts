import type { Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { isAlias, isCollection, isMap, isNode, isPair, isScalar, isSeq } from 'yaml'

/** Where a field stands in a recipe: keys of groups, indexes of lists. */
export type FieldPath = readonly (string | number)[]

/** The node at a path, or undefined; aliases are not followed. */
export function nodeAt(document: Document, path: FieldPath): Node | undefined {
  let node: unknown = document.contents
  for (const step of path) {
    if (isMap(node))
      node = pairOf(node, step)?.value
    else if (isSeq(node))
      node = node.items[Number(step)]
    else
      return undefined
  }
  return isNode(node)
    ? node
    : undefined
}

/** The pair of a key, whatever its value is. */
export function pairOf(map: YAMLMap, key: string | number): Pair<Scalar, Node | null> | undefined {
  return map.items.find(pair => isScalar(pair.key) && String(pair.key.value) === String(key)) as Pair<Scalar, Node | null> | undefined
}

/** The shortest part of a path that ends at an alias, or null. */
export function aliasOn(document: Document, path: FieldPath): FieldPath | null {
  const lengths = Array.from({ length: path.length + 1 }, (_, length) => length)
  const length = lengths.find(steps => isAlias(nodeAt(document, path.slice(0, steps))))
  return length === undefined
    ? null
    : path.slice(0, length)
}

/** Offset where an entry of a group or list begins. */
export function startOf(item: unknown): number {
  const node = isPair(item)
    ? item.key
    : item
  return (node as Node).range![0]
}

/** Offset behind the last character that belongs to a node or pair: without the blank lines and comments that follow it. */
export function endOf(item: unknown): number {
  if (isPair(item)) {
    const { key, value } = item as Pair<Scalar, Node | null>
    return isNode(value)
      ? endOf(value)
      : key.range![1]
  }
  if (isCollection(item) && !item.flow && item.items.length > 0)
    return endOf(item.items.at(-1))
  return (item as Node).range![1]
}

/** Whether a collection is written over lines, without brackets. */
export function isBlock(node: unknown): node is YAMLMap | YAMLSeq {
  return isCollection(node) && !node.flow
}

/** Offset of the first character of the line that holds `offset`. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

/** Offset of the line's end (its newline, or the end of the text). */
export function lineEnd(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === '\n') // a block text ends behind its newline
    return offset - 1
  const end = text.indexOf('\n', offset)
  return end < 0
    ? text.length
    : end
}
