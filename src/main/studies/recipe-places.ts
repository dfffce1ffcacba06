import type { Document, LineCounter, ParsedNode } from 'yaml'
import { isNode } from 'yaml'

/** Where something stands in a text; both from 1. `endColumn` is behind its last character on the same line. */
export interface Place { line: number, column: number, endColumn: number }

/** Where the key (or entry of a list) at a path stands, or the nearest of its parents; null where the value came from a setting. */
export function placeOf(document: Document<ParsedNode>, lines: LineCounter, path: readonly PropertyKey[]): Place | null {
  for (let length = path.length; length > 0; length--) {
    // a key's own line, not that of its value: an empty or missing value has none
    const parent = length === 1
      ? document.contents
      : document.getIn(path.slice(0, length - 1), true)
    const items = isNode(parent) && 'items' in parent
      ? parent.items as { key?: { value?: unknown, range?: number[] }, value?: { range?: number[] } | null, range?: number[] }[]
      : []
    const item = items.find((candidate, index) => candidate.key?.value === path[length - 1] || index === path[length - 1])
    const range = item?.key?.range ?? item?.range
    if (range) {
      const { line, col } = lines.linePos(range[0]!)
      const end = lines.linePos(item?.value?.range?.[1] ?? range[1]!)
      return { line, column: col, endColumn: end.line === line ? end.col : lines.linePos(range[1]!).col }
    }
  }
  return null
}
