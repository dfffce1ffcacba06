import { isEngineGreeting } from '#shared/engine-greeting.ts'

/** A line of a run's log. */
export interface LogLine { id: number, atMs: number | null, level: 'info' | 'warning' | 'error', text: string }

const stamped = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (?:(warning|error): )?(.*)$/

/** The lines of a text; what has no stamp of ours (a library's own words, a stack) keeps the level of the line before it. TensorFlow's greeting is left out. */
export function readLines(text: string, firstId: number, before?: LogLine): LogLine[] {
  let level = before?.level ?? 'info'
  return text.split('\n').filter(line => !isEngineGreeting(line)).map((line, index) => {
    const match = stamped.exec(line)
    if (!match)
      return { id: firstId + index, atMs: null, level, text: line }
    level = (match[2] as LogLine['level'] | undefined) ?? 'info'
    return { id: firstId + index, atMs: Date.parse(match[1]!), level, text: match[3]! }
  })
}
