import type { TableFigure, TableRow } from '#shared/table.ts'
import type { Drawing, Palette } from './chart-parts.ts'
import { endsOf } from '#renderer/charts/axis-ends.ts'
import { printFigure } from '#shared/table-words.ts'
import { cross, errorBar, escapeXml, panelTitle, panelWidth, sign, signLegend, spread, ticksOf } from './chart-parts.ts'

type SizeFigure = Extract<TableFigure, { kind: 'size' }>

const height = 230
const [left, right, top, foot] = [48, 16, 34, 34]
const dashes = ['', '6 4', '2 3', '8 3 2 3', '1 5']

/** A row over the size of h_G (or a share of labels), which runs along the bottom on a logarithmic axis; a cross on the best size (Vielzeuf et al. 2019, Figure 2). */
export function sizePanel(row: TableRow, { lines, ownSize, paper, unit: shownUnit }: SizeFigure, palette: Palette): Drawing {
  const unit = shownUnit === undefined ? '' : ` ${shownUnit}`
  const points = lines.map(line => line.points.flatMap(({ column, size }) => {
    const cell = row.cells[column]!
    return cell.mean === null ? [] : [{ size, cell, mean: cell.mean }]
  }))
  const sizes = [...new Set(lines.flatMap(line => line.points.map(({ size }) => size)))].sort((a, b) => a - b)
  const reference = paper[row.knowledge]
  const [low, high] = endsOf([...points.flat().flatMap(({ cell }) => spread(cell)), ...reference === undefined ? [] : [reference]], row.metric)
  const [first, last] = [Math.log2(sizes[0]!), Math.log2(sizes.at(-1)!)]
  const x = (size: number): number => left + 12 + (Math.log2(size) - first) / (last - first || 1) * (panelWidth - left - right - 24)
  const y = (value: number): number => height - foot - (value - low) / (high - low) * (height - top - foot)
  const isShown = ownSize !== null && ownSize >= sizes[0]! && ownSize <= sizes.at(-1)!
  return {
    width: panelWidth,
    height,
    svg: [
      panelTitle(row, palette),
      ...ticksOf(low, high).map(value => `<line x1="${left}" x2="${panelWidth - right}" y1="${y(value)}" y2="${y(value)}" stroke="${palette.grid}"/><text x="${left - 6}" y="${y(value) + 4}" text-anchor="end" fill="${palette.quiet}">${printFigure(value, row.metric)}</text>`),
      ...labelled(sizes, x).map(size => `<text x="${x(size)}" y="${height - 12}" text-anchor="middle" fill="${palette.quiet}">${size}${unit}</text>`),
      isShown ? `<line class="own" x1="${x(ownSize)}" x2="${x(ownSize)}" y1="${top}" y2="${height - foot}" stroke="${palette.quiet}"/>` : '',
      reference === undefined ? '' : `<line class="paper" x1="${left}" x2="${panelWidth - right}" y1="${y(reference)}" y2="${y(reference)}" stroke="${palette.paper}" stroke-width="1.5" stroke-dasharray="4 3"/>`,
      ...points.map((line, i) => [
        `<polyline points="${line.map(({ size, mean }) => `${x(size)},${y(mean)}`).join(' ')}" fill="none" stroke="${palette.ours}" stroke-width="1.5" stroke-dasharray="${dashes[i % dashes.length]}"/>`,
        ...line.map(({ size, cell, mean }) => {
          const [from, to] = spread(cell)
          return `<g><title>${escapeXml(`${lines[i]!.title} ${size}${unit}: ${printFigure(mean, row.metric)}, n = ${cell.n}`)}</title>${errorBar([x(size), y(from)], [x(size), y(to)], palette.ours)}${sign(i, [x(size), y(mean)], { colour: palette.ours, fill: palette.ours })}${cell.best ? cross(x(size), y(mean), palette) : ''}</g>`
        }),
      ].join('')),
    ].join(''),
  }
}

/** What the signs of all size panels mean. */
export function sizeLegend({ lines, ownSize, paper, paperSize, unit }: SizeFigure, palette: Palette, width: number): Drawing {
  const dash = (colour: string, array: string) => ([x, y]: [number, number]) => `<line x1="${x - 8}" x2="${x + 8}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="1.5" stroke-dasharray="${array}"/>`
  return signLegend([
    ...lines.map(({ title }, i) => ({ text: title, draw: (at: [number, number]) => `${dash(palette.ours, dashes[i % dashes.length]!)(at)}${sign(i, at, { colour: palette.ours, fill: palette.ours })}` })),
    { text: unit === undefined ? 'best size' : 'best', draw: ([x, y]) => cross(x, y, palette) },
    ...Object.keys(paper).length > 0 ? [{ text: `the paper's autoencoder, at ${paperSize}`, draw: dash(palette.paper, '4 3') }] : [],
    ...ownSize === null ? [] : [{ text: `what the student learns, ${ownSize}`, draw: ([x, y]: [number, number]) => `<line x1="${x}" x2="${x}" y1="${y - 7}" y2="${y + 7}" stroke="${palette.quiet}"/>` }],
  ], { x: 6, y: 12, width, colour: palette.text })
}

/** Sizes whose labels do not run into each other. */
function labelled(sizes: readonly number[], x: (size: number) => number): number[] {
  let end = -Infinity
  return sizes.filter((size) => {
    const half = String(size).length * 3.4
    const isFree = x(size) - half > end
    if (isFree)
      end = x(size) + half + 4
    return isFree
  })
}
