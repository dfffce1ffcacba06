import type { Diagnostic } from '@codemirror/lint'
import type { Text } from '@codemirror/state'
import type { RecipeIssueView } from '#shared/contract/studies.ts'

/** The one stretch in which two texts differ, so that cursor, folds and history of the rest stay; null where they are the same. */
export function smallestChange(before: string, after: string): { from: number, to: number, insert: string } | null {
  if (before === after)
    return null
  let from = 0
  while (from < before.length && from < after.length && before[from] === after[from])
    from++
  let end = 0
  while (end < Math.min(before.length, after.length) - from && before[before.length - 1 - end] === after[after.length - 1 - end])
    end++
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) }
}

/** Problems at their places of a text that may have moved on since. */
export function diagnosticsOf(doc: Text, issues: readonly RecipeIssueView[]): Diagnostic[] {
  return issues.map(({ message, hint, place }) => {
    const line = doc.line(Math.min(doc.lines, Math.max(1, place?.line ?? 1)))
    const from = Math.min(line.to, line.from + (place?.column ?? 1) - 1)
    const to = Math.min(line.to, Math.max(from, line.from + (place?.endColumn ?? 1) - 1))
    return { from, to, severity: 'error', message: hint === null ? message : `${message} ${hint}` }
  })
}
