import type { Comparison } from '#shared/comparison.ts'
import { endsOf } from '#renderer/charts/axis-ends.ts'

/** A configuration's value without quotes, long hashes by their first digits. */
export function wordValue(value: string | null): string {
  return value === null
    ? '–'
    : value.replaceAll('"', '').replaceAll(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1')
}

/** A figure with as many digits as its size deserves. */
export function wordFigure(value: number): string {
  const size = Math.abs(value)
  if (Number.isInteger(value))
    return value.toLocaleString('en-GB')
  return size >= 1000 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toPrecision(3)
}

/** A difference with its sign. */
export function wordDifference(value: number): string {
  const text = wordFigure(Math.abs(value))
  return value > 0 ? `+${text}` : value < 0 ? `−${text}` : text
}

/** p as tables print it: three digits, or that it is smaller. */
export function wordP(p: number): string {
  return p < 0.001 ? '< .001' : p >= 0.995 ? '1.00' : p.toFixed(p < 0.1 ? 3 : 2).replace(/^0/, '')
}

/** Sign, word and tone of a verdict: never the colour alone. */
export const verdictLooks: Record<Comparison['tests'][number]['verdict'], { sign: string, tone: string }> = {
  'better': { sign: '▲', tone: 'ok' },
  'worse': { sign: '▼', tone: 'err' },
  'no difference shown': { sign: '≈', tone: 'quiet-text' },
}

/** Ends of an axis around some figures of a metric and their intervals, with a little room. */
export function axisOf(points: readonly ({ value: number, interval: readonly [number, number] | null } | null)[], metric: string): { from: number, to: number } {
  const ends = points.flatMap(point => point ? [point.value, ...point.interval ?? []] : [])
  if (ends.length === 0)
    return { from: 0, to: 1 }
  const [from, to] = endsOf(ends, metric, 0.08)
  return { from, to }
}

/** Letters A to H. */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + index)
}
