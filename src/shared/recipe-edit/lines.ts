import type { FieldPath } from './places.ts'
import { isMap, LineCounter } from 'yaml'
import { readDocument } from '../yaml-data.ts'
import { nodeAt, pairOf, startOf } from './places.ts'

/** Lines (from 1) on which fields stand, by their path joined with dots; fields that the text has not are left out. */
export function linesOf(text: string, paths: readonly FieldPath[]): Map<string, number> {
  const counter = new LineCounter()
  const document = readDocument(text, { lineCounter: counter, prettyErrors: false })
  const lines = new Map<string, number>()
  for (const path of paths) {
    const parent = nodeAt(document, path.slice(0, -1))
    const item = isMap(parent)
      ? pairOf(parent, path.at(-1)!)
      : nodeAt(document, path)
    if (item)
      lines.set(path.join('.'), counter.linePos(startOf(item)).line)
  }
  return lines
}
