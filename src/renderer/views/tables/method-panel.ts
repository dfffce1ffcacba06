import type { Table, TableCell, TableRow } from '#shared/table.ts'
import type { Drawing, Palette } from './chart-parts.ts'
import { endsOf } from '#renderer/charts/axis-ends.ts'
import { printFigure } from '#shared/table-words.ts'
import { errorBar, escapeXml, panelTitle, panelWidth, shorten, sign, spread } from './chart-parts.ts'

const labelWidth = 128

/** A row with a line for each column; its axis is its own, and its ends are printed. A figure of another measure is words. */
export function methodPanel(row: TableRow, { columns, columnTitles }: Table, palette: Palette): Drawing {
  const height = 44 + columns.length * 20
  const values = columns.flatMap((column) => {
    const cell = row.cells[column]!
    return cell.measure ? [] : [...cell.mean === null ? [] : spread(cell), ...cell.reference === null ? [] : [cell.reference]]
  })
  const [low, high] = endsOf(values, row.metric)
  const at = (value: number): number => labelWidth + 8 + (value - low) / (high - low) * (panelWidth - labelWidth - 24)
  const lines = columns.map((column, i) => {
    const cell = row.cells[column]!
    const y = 34 + i * 20
    return [
      `<text x="${labelWidth}" y="${y + 4}" text-anchor="end" fill="${palette.text}">${escapeXml(shorten(columnTitles[column] ?? column))}</text>`,
      `<line x1="${labelWidth + 8}" x2="${panelWidth - 16}" y1="${y}" y2="${y}" stroke="${palette.grid}"/>`,
      cell.mean === null || cell.measure ? `<text x="${labelWidth + 12}" y="${y + 4}" fill="${palette.quiet}">${escapeXml(wordsOf(cell))}</text>` : mark(cell, row, at, y, palette),
      cell.reference === null || cell.measure ? '' : `<g><title>${escapeXml(`paper ${cell.referenceText!}`)}</title>${sign(3, [at(cell.reference), y], { colour: palette.paper, fill: palette.back })}</g>`,
    ].join('')
  })
  const ends = [
    `<text x="${labelWidth + 8}" y="${height - 8}" fill="${palette.quiet}">${printFigure(low, row.metric)}</text>`,
    `<text x="${panelWidth - 16}" y="${height - 8}" text-anchor="end" fill="${palette.quiet}">${printFigure(high, row.metric)}</text>`,
  ]
  return { svg: [panelTitle(row, palette), ...lines, ...ends].join(''), width: panelWidth, height }
}

/** What stands in place of a mark: words, or a figure that has no place on the row's axis. */
function wordsOf({ mean, measure, text }: TableCell): string {
  return mean !== null && measure ? `${printFigure(mean, measure.metric)} ${measure.unit}` : text ?? 'missing'
}

function mark(cell: TableCell, row: TableRow, at: (value: number) => number, y: number, { ours, best }: Palette): string {
  const [low, high] = spread(cell)
  const x = at(cell.mean!)
  return [
    `<g><title>${escapeXml(`${printFigure(cell.mean!, row.metric)}, n = ${cell.n}`)}</title>`,
    errorBar([at(low), y], [at(high), y], ours),
    `<circle cx="${x}" cy="${y}" r="3.5" fill="${ours}"/>`,
    cell.best ? `<circle cx="${x}" cy="${y}" r="6.5" fill="none" stroke="${best}" stroke-width="1.5"/>` : '',
    '</g>',
  ].join('')
}
