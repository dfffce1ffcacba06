import type { Curve } from '#shared/thin.ts'

/** A line of a chart. Lines differ by dash or markers as well as by colour. */
export interface Series extends Curve {
  name: string
  /** Number of a colour of the theme, 1 to 8. */
  color: number
  dash?: number[]
  markers?: boolean
  /** Faint and thin, e.g. a curve beneath its smoothed self. */
  faint?: boolean
}

/** A step of the axis that means something. */
export interface Mark {
  step: number
  text: string
  tone: 'ok' | 'warn'
  /** A star at this height, e.g. at the selected checkpoint. */
  value?: number
}

/**
 * Exponential smoothing that starts right: each value is the mean of itself and all before it, weighted by `amount` to the power
 * of how long ago it was, and divided by the sum of those weights (the correction of Kingma and Ba 2015, Section 3).
 *
 * @param values  the curve
 * @param amount  0 (as it is) to below 1
 */
export function smooth(values: readonly number[], amount: number): number[] {
  if (amount <= 0)
    return [...values]
  let sum = 0
  let weight = 0
  return values.map((value) => {
    sum = amount * sum + (1 - amount) * value
    weight = amount * weight + (1 - amount)
    return sum / weight
  })
}

/** One sentence for a chart that cannot be seen: each line's first, last and lowest or highest value. */
export function summarise(series: readonly Series[], unit: string): string {
  const lines = series.filter(({ steps }) => steps.length > 0).map(({ name, steps, values }) => {
    const low = values.reduce((a, b) => Math.min(a, b))
    const high = values.reduce((a, b) => Math.max(a, b))
    return `${name}: ${word(values[0]!)} at ${unit} ${steps[0]} to ${word(values.at(-1)!)} at ${unit} ${steps.at(-1)}, between ${word(low)} and ${word(high)}`
  })
  return lines.length > 0 ? `${lines.join('; ')}.` : 'No values yet.'
}

function word(value: number): string {
  return String(Number(value.toPrecision(4)))
}

/** A stretch of a curve, and one point on either side so that lines run to the edge. */
export function cutCurve<C extends Curve>(curve: C, from: number, to: number): C {
  const first = Math.max(0, lowerBound(curve.steps, from) - 1)
  const last = Math.min(curve.steps.length, lowerBound(curve.steps, to) + 1)
  return { ...curve, steps: curve.steps.slice(first, last), values: curve.values.slice(first, last) }
}

function lowerBound(steps: readonly number[], step: number): number {
  let low = 0
  let high = steps.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (steps[middle]! < step)
      low = middle + 1
    else
      high = middle
  }
  return low
}
