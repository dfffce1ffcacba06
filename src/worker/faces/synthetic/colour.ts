/** A colour as #rrggbb. */
export type Colour = string

/** Mixes two colours, 0: the first, 1: the second. */
export function mix(first: Colour, second: Colour, share: number): Colour {
  const [a, b] = [
    parts(first),
    parts(second),
  ]
  return `#${a.map((value, i) => Math.round(Math.max(0, Math.min(255, value + (b[i]! - value) * share))).toString(16).padStart(2, '0')).join('')}`
}

export function darker(colour: Colour, share: number): Colour {
  return mix(colour, '#000000', share)
}

export function lighter(colour: Colour, share: number): Colour {
  return mix(colour, '#ffffff', share)
}

function parts(colour: Colour): number[] {
  return [1, 3, 5].map(at => Number.parseInt(colour.slice(at, at + 2), 16))
}

/** A number for SVG text: two decimals are enough at any size drawn here. */
export function round(value: number): string {
  return String(Math.round(value * 100) / 100)
}

/** Template for SVG text that rounds its numbers. */
export function svg(strings: TemplateStringsArray, ...values: (number | string)[]): string {
  return strings.reduce((text, part, i) => {
    const value = values[i - 1]!
    return `${text}${typeof value === 'number'
      ? round(value)
      : value}${part}`
  })
}
