import type { TableCell, TableRow } from '#shared/table.ts'
import { wordMetric } from '#shared/table-words.ts'

/** Colours of a chart; a picture that leaves the app always has the light ones. */
export interface Palette { back: string, text: string, quiet: string, grid: string, ours: string, paper: string, best: string }

export const lightPalette: Palette = { back: '#ffffff', text: '#1f2225', quiet: '#5f666d', grid: '#ecedf1', ours: '#1c68cc', paper: '#b85a00', best: '#0d7340' }
export const darkPalette: Palette = { back: '#18181c', text: '#e8e8e8', quiet: '#a2a2a6', grid: '#333338', ours: '#6aa9f4', paper: '#f0a052', best: '#63e2b7' }

/** A drawn part of a chart, to be put somewhere. */
export interface Drawing { svg: string, width: number, height: number }

export const panelWidth = 420

/** Any text inside an element or a quoted attribute. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

/** A name that fits beside a line. */
export function shorten(label: string, most = 20): string {
  return label.length > most ? `${label.slice(0, most - 1)}…` : label
}

/** One standard deviation about the mean, the test's interval where there is one seed, else the mean alone. */
export function spread({ mean, std, interval }: TableCell): [number, number] {
  return std !== null ? [mean! - std, mean! + std] : interval ?? [mean!, mean!]
}

/** What a panel shows and in which unit. */
export function panelTitle(row: TableRow, { text, quiet }: Palette): string {
  return `<text x="10" y="18" fill="${text}" font-weight="500" font-size="12.5">${escapeXml(row.knowledge)} <tspan fill="${quiet}" font-weight="400" font-size="11">${escapeXml(wordMetric(row))}</tspan></text>`
}

/** A bar between two points, with feet at its ends. */
export function errorBar([x1, y1]: [number, number], [x2, y2]: [number, number], colour: string): string {
  const [dx, dy] = x1 === x2 ? [3, 0] : [0, 3]
  const stroke = `stroke="${colour}" stroke-width="1.5"`
  return [
    `<line x1="${x1}" x2="${x2}" y1="${y1}" y2="${y2}" ${stroke}/>`,
    `<line x1="${x1 - dx}" x2="${x1 + dx}" y1="${y1 - dy}" y2="${y1 + dy}" ${stroke}/>`,
    `<line x1="${x2 - dx}" x2="${x2 + dx}" y1="${y2 - dy}" y2="${y2 + dy}" ${stroke}/>`,
  ].join('')
}

/** Signs that differ in shape, so that colour is not all that tells them apart. */
const shapes = [
  (x: number, y: number) => `M${x} ${y - 4}a4 4 0 1 0 .01 0z`,
  (x: number, y: number) => `M${x - 3.5} ${y - 3.5}h7v7h-7z`,
  (x: number, y: number) => `M${x} ${y - 4.5}l4.5 8h-9z`,
  (x: number, y: number) => `M${x} ${y - 5}l5 5l-5 5l-5 -5z`,
  (x: number, y: number) => `M${x} ${y + 4.5}l4.5 -8h-9z`,
]

/** The sign of the nth series at a place, filled or hollow. */
export function sign(index: number, [x, y]: [number, number], { colour, fill }: { colour: string, fill: string }): string {
  return `<path class="sign" d="${shapes[index % shapes.length]!(x, y)}" fill="${fill}" stroke="${colour}" stroke-width="1.5"/>`
}

/** Rows of signs with their names, as many in a row as fit. */
export function signLegend(entries: readonly { draw: (at: [number, number]) => string, text: string }[], { x, y, width, colour }: { x: number, y: number, width: number, colour: string }): Drawing {
  let [left, top] = [x, y]
  const drawn = entries.map(({ draw, text }) => {
    const needed = 30 + text.length * 6.2
    if (left > x && left + needed > x + width)
      [left, top] = [x, top + 18]
    const at: [number, number] = [left + 8, top]
    left += needed
    return `${draw(at)}<text x="${at[0] + 11}" y="${top + 4}" fill="${colour}">${escapeXml(text)}</text>`
  })
  return { svg: drawn.join(''), width, height: top - y + 18 }
}

/** Three to six round values between two ends. */
export function ticksOf(low: number, high: number): number[] {
  const rough = (high - low) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find(factor => factor * power >= rough) ?? 10)
  const start = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - start + 1 }, (_, i) => (start + i) * step)
}

/** A cross over a sign: the best one. */
export function cross(x: number, y: number, { text, back }: Palette): string {
  const d = `M${x - 5.5} ${y - 5.5}l11 11M${x - 5.5} ${y + 5.5}l11 -11`
  return `<path d="${d}" stroke="${back}" stroke-width="5"/><path class="best" d="${d}" stroke="${text}" stroke-width="2.5"/>`
}
