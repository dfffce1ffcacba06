import type { Table } from '#shared/table.ts'
import type { Drawing, Palette } from './chart-parts.ts'
import { printFigure } from '#shared/table-words.ts'
import { errorBar, escapeXml, shorten, sign, signLegend, spread } from './chart-parts.ts'

const width = 860
const [left, right, lane] = [150, 92, 24]

/**
 * Every row of times on one logarithmic axis, a line for each method (Vielzeuf et al. 2019, Figure 3). No time at all has no place on
 * such an axis and is left out. The whole has a bar and its figure at the end of the line.
 */
export function timePanel({ rows, columns, columnTitles }: Table, whole: string, palette: Palette): Drawing {
  const values = rows.flatMap(row => Object.values(row.cells).flatMap(({ mean }) => mean !== null && mean > 0 ? [mean] : []))
  const ticks = values.length > 0 ? logTicks(Math.min(...values), Math.max(...values)) : [1, 10]
  const [first, last] = [Math.log10(ticks[0]!), Math.log10(ticks.at(-1)!)]
  const x = (value: number): number => left + (Math.max(0, (Math.log10(value) - first) / (last - first))) * (width - left - right)
  // parts are hollow, so that signs at one place are all seen
  const colours = rows.map(({ knowledge }) => ({ colour: palette.ours, fill: knowledge === whole ? palette.ours : 'none' }))
  const legend = signLegend(rows.map(({ knowledge }, i) => ({ text: knowledge, draw: (at: [number, number]) => sign(i, at, colours[i]!) })), { x: 8, y: 16, width: width - 16, colour: palette.text })
  const top = legend.height + 14
  const foot = top + columns.length * lane + 8
  const unit = rows[0]?.unit ?? ''
  const lines = columns.map((column, i) => {
    const y = top + i * lane + lane / 2
    const signs = rows.flatMap((row, j) => {
      const cell = row.cells[column]!
      if (cell.mean === null || cell.mean <= 0)
        return []
      const [low, high] = spread(cell)
      const place = x(cell.mean)
      return [`<g><title>${escapeXml(`${row.knowledge}, ${columnTitles[column] ?? column}: ${printFigure(cell.mean, row.metric)} ${row.unit}, n = ${cell.n}`)}</title>${low < high && low > 0 ? errorBar([x(low), y], [x(high), y], palette.ours) : ''}${sign(j, [place, y], colours[j]!)}${cell.best ? `<circle class="best" cx="${place}" cy="${y}" r="8" fill="none" stroke="${palette.best}" stroke-width="1.5"/>` : ''}</g>`]
    })
    const all = rows.find(({ knowledge }) => knowledge === whole)?.cells[column]
    return [
      `<text x="${left - 8}" y="${y + 4}" text-anchor="end" fill="${palette.text}">${escapeXml(shorten(columnTitles[column] ?? column, 22))}</text>`,
      `<line x1="${left}" x2="${width - right}" y1="${y}" y2="${y}" stroke="${palette.grid}"/>`,
      all && all.mean !== null && all.mean > 0 ? `<rect class="whole" x="${left}" y="${y - 5}" width="${x(all.mean) - left}" height="10" fill="${palette.ours}" fill-opacity=".18"/><text x="${width - 8}" y="${y + 4}" text-anchor="end" fill="${palette.text}">${printFigure(all.mean, 'time')} ${unit}</text>` : '',
      ...signs.length > 0 ? signs : [`<text x="${left + 6}" y="${y + 4}" fill="${palette.quiet}">missing</text>`],
    ].join('')
  })
  return {
    width,
    height: foot + 36,
    svg: [
      legend.svg,
      ...ticks.map(value => `<line x1="${x(value)}" x2="${x(value)}" y1="${top}" y2="${foot}" stroke="${palette.grid}"/><text class="tick" x="${x(value)}" y="${foot + 15}" text-anchor="middle" fill="${palette.quiet}">${Number(value.toPrecision(3))}</text>`),
      ...lines,
      `<text x="${(left + width - right) / 2}" y="${foot + 30}" text-anchor="middle" fill="${palette.quiet}">${escapeXml(`${unit}, logarithmic`)}</text>`,
    ].join(''),
  }
}

/** Powers of ten, with twice and five times them where these are few, from below the least to above the greatest. */
export function logTicks(low: number, high: number): number[] {
  const factors = high / low > 1000 ? [1] : [1, 2, 5]
  const powers = Array.from({ length: Math.floor(Math.log10(high)) - Math.floor(Math.log10(low)) + 2 }, (_, i) => 10 ** (Math.floor(Math.log10(low)) + i))
  const all = powers.flatMap(power => factors.map(factor => factor * power))
  const from = all.findLastIndex(value => value <= low)
  const to = all.findIndex((value, i) => i > from && value >= high)
  return all.slice(from, to + 1)
}
