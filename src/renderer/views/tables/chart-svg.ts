import type { Table, TableCell, TableRow } from '#shared/table.ts'
import { printFigure, wordMetric } from '#shared/table-words.ts'

/** Colours of a chart; a picture that leaves the app always has the light ones. */
export interface Palette { back: string, text: string, quiet: string, grid: string, ours: string, paper: string, best: string }

export const lightPalette: Palette = { back: '#ffffff', text: '#1f2225', quiet: '#5f666d', grid: '#ecedf1', ours: '#1c68cc', paper: '#b85a00', best: '#0d7340' }
export const darkPalette: Palette = { back: '#18181c', text: '#e8e8e8', quiet: '#a2a2a6', grid: '#333338', ours: '#6aa9f4', paper: '#f0a052', best: '#63e2b7' }

/** A chart of a table with its size in pixels. */
export interface Chart { svg: string, width: number, height: number }

const panelWidth = 420
const gap = 14
const labelWidth = 128

/**
 * A table as small charts, one for each row, each with an axis of its own whose ends are printed. Where the columns are one combiner
 * in several sizes, size runs along the bottom (Vielzeuf et al. 2019, Figure 2); else every method has a line of its own. Dots are
 * means, bars one standard deviation over seeds (the test's 95 % interval where there is one seed), diamonds the paper's figures.
 */
export function chartOf(table: Table, palette: Palette): Chart {
  const sizes = sizesOf(table.columns)
  const panels = table.rows.filter(row => table.columns.some(column => row.cells[column]!.mean !== null))
  const perLine = Math.min(3, Math.max(1, panels.length))
  const height = sizes ? 210 : 44 + table.columns.length * 20
  const width = perLine * panelWidth + (perLine - 1) * gap
  const lines = Math.ceil(panels.length / perLine)
  const total = lines * height + Math.max(0, lines - 1) * gap + 42
  const drawn = panels.map((row, i) => {
    const x = (i % perLine) * (panelWidth + gap)
    const y = Math.floor(i / perLine) * (height + gap)
    const panel = sizes ? sizePanel(row, sizes, height, palette) : methodPanel(row, table, height, palette)
    return `<g transform="translate(${x} ${y})"><rect width="${panelWidth}" height="${height}" rx="3" fill="none" stroke="${palette.grid}"/>${panel}</g>`
  })
  const notes = `${table.title}, study ${table.study}, Facet ${table.provenance.version}. Dots: mean; bars: one standard deviation over seeds, or the test's 95 % interval for one seed${hasPaper(table) ? '; diamonds: the paper' : ''}; ring: best.`
  return {
    width,
    height: total,
    svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family="Inter, system-ui, sans-serif" font-size="11"><title>${escapeXml(`${table.title}, study ${table.study}`)}</title><rect width="${width}" height="${total}" fill="${palette.back}"/>${drawn.join('')}<text x="2" y="${total - 14}" fill="${palette.quiet}">${escapeXml(notes)}</text></svg>`,
  }
}

/** Any text inside an element or a quoted attribute. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

/** Sizes of columns that are one combiner in several sizes, e.g. ae-64, ae-128; null where they are not. */
export function sizesOf(columns: readonly string[]): Map<string, number> | null {
  const parts = columns.map(column => /^(.*?)-(\d+)$/.exec(column))
  return columns.length >= 3 && parts.every(part => part !== null && part[1] === parts[0]![1])
    ? new Map(parts.map(part => [part![0], Number(part![2])]))
    : null
}

function hasPaper({ rows }: Table): boolean {
  return rows.some(row => Object.values(row.cells).some(({ reference }) => reference !== null))
}

function spread({ mean, std, interval }: TableCell): [number, number] {
  return std !== null ? [mean! - std, mean! + std] : interval ?? [mean!, mean!]
}

/** Ends of a row's axis: everything that is drawn, with a little room. */
function endsOf(row: TableRow, columns: readonly string[]): [number, number] {
  const values = columns.flatMap((column) => {
    const cell = row.cells[column]!
    return [...cell.mean === null ? [] : spread(cell), ...cell.reference === null ? [] : [cell.reference]]
  })
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const room = (high - low || Math.abs(high) || 1) * 0.06
  return [low - room, high + room]
}

function titleOf(row: TableRow, { text, quiet }: Palette): string {
  return `<text x="10" y="18" fill="${text}" font-weight="500" font-size="12.5">${escapeXml(row.knowledge)} <tspan fill="${quiet}" font-weight="400" font-size="11">${escapeXml(wordMetric(row))}</tspan></text>`
}

function methodPanel(row: TableRow, { columns, columnTitles }: Table, height: number, palette: Palette): string {
  const [low, high] = endsOf(row, columns)
  const at = (value: number): number => labelWidth + 8 + (value - low) / (high - low) * (panelWidth - labelWidth - 24)
  const foot = height - 14
  const lines = columns.map((column, i) => {
    const cell = row.cells[column]!
    const y = 34 + i * 20
    const label = columnTitles[column] ?? column
    return [
      `<text x="${labelWidth}" y="${y + 4}" text-anchor="end" fill="${palette.text}">${escapeXml(label.length > 20 ? `${label.slice(0, 19)}…` : label)}</text>`,
      `<line x1="${labelWidth + 8}" x2="${panelWidth - 16}" y1="${y}" y2="${y}" stroke="${palette.grid}"/>`,
      cell.mean === null ? `<text x="${labelWidth + 12}" y="${y + 4}" fill="${palette.quiet}">missing</text>` : mark(cell, row, at, y, palette),
      cell.reference === null ? '' : diamond(at(cell.reference), y, palette, cell.referenceText!),
    ].join('')
  })
  return [
    titleOf(row, palette),
    ...lines,
    `<text x="${labelWidth + 8}" y="${foot + 6}" fill="${palette.quiet}">${printFigure(low, row.metric)}</text>`,
    `<text x="${panelWidth - 16}" y="${foot + 6}" text-anchor="end" fill="${palette.quiet}">${printFigure(high, row.metric)}</text>`,
  ].join('')
}

function mark(cell: TableCell, row: TableRow, at: (value: number) => number, y: number, { ours, best }: Palette): string {
  const [low, high] = spread(cell)
  const x = at(cell.mean!)
  return [
    `<g><title>${escapeXml(`${printFigure(cell.mean!, row.metric)}, n = ${cell.n}`)}</title>`,
    `<line x1="${at(low)}" x2="${at(high)}" y1="${y}" y2="${y}" stroke="${ours}" stroke-width="1.5"/>`,
    ...[low, high].map(end => `<line x1="${at(end)}" x2="${at(end)}" y1="${y - 3}" y2="${y + 3}" stroke="${ours}" stroke-width="1.5"/>`),
    `<circle cx="${x}" cy="${y}" r="3.5" fill="${ours}"/>`,
    cell.best ? `<circle cx="${x}" cy="${y}" r="6.5" fill="none" stroke="${best}" stroke-width="1.5"/>` : '',
    '</g>',
  ].join('')
}

function diamond(x: number, y: number, { paper, back }: Palette, text: string): string {
  return `<path d="M${x} ${y - 5}l5 5l-5 5l-5 -5z" fill="${back}" stroke="${paper}" stroke-width="1.5"><title>${escapeXml(`paper ${text}`)}</title></path>`
}

function sizePanel(row: TableRow, sizes: Map<string, number>, height: number, palette: Palette): string {
  const columns = [...sizes.keys()].sort((a, b) => sizes.get(a)! - sizes.get(b)!)
  const [low, high] = endsOf(row, columns)
  const logs = columns.map(column => Math.log2(sizes.get(column)!))
  const [first, last] = [logs[0]!, logs.at(-1)!]
  const left = 46
  const x = (column: string): number => left + 12 + (Math.log2(sizes.get(column)!) - first) / (last - first || 1) * (panelWidth - left - 36)
  const y = (value: number): number => height - 34 - (value - low) / (high - low) * (height - 70)
  const known = columns.filter(column => row.cells[column]!.mean !== null)
  const ticks = [low, (low + high) / 2, high]
  return [
    titleOf(row, palette),
    ...ticks.map(value => `<line x1="${left}" x2="${panelWidth - 12}" y1="${y(value)}" y2="${y(value)}" stroke="${palette.grid}"/><text x="${left - 6}" y="${y(value) + 4}" text-anchor="end" fill="${palette.quiet}">${printFigure(value, row.metric)}</text>`),
    ...columns.map(column => `<text x="${x(column)}" y="${height - 12}" text-anchor="middle" fill="${palette.quiet}">${sizes.get(column)}</text>`),
    `<polyline points="${known.map(column => `${x(column)},${y(row.cells[column]!.mean!)}`).join(' ')}" fill="none" stroke="${palette.ours}" stroke-width="1.5"/>`,
    ...known.map((column) => {
      const cell = row.cells[column]!
      const [from, to] = spread(cell)
      return `<g><title>${sizes.get(column)}: ${printFigure(cell.mean!, row.metric)}</title><line x1="${x(column)}" x2="${x(column)}" y1="${y(from)}" y2="${y(to)}" stroke="${palette.ours}" stroke-width="1.5"/><circle cx="${x(column)}" cy="${y(cell.mean!)}" r="3.5" fill="${palette.ours}"/>${cell.best ? `<circle cx="${x(column)}" cy="${y(cell.mean!)}" r="6.5" fill="none" stroke="${palette.best}" stroke-width="1.5"/>` : ''}</g>`
    }),
  ].join('')
}
