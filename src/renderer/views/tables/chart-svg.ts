import type { Table, TableRow } from '#shared/table.ts'
import type { Drawing, Palette } from './chart-parts.ts'
import { escapeXml, panelWidth } from './chart-parts.ts'
import { methodPanel } from './method-panel.ts'
import { sizeLegend, sizePanel } from './size-panel.ts'
import { timePanel } from './time-panel.ts'

const gap = 14
const [lineHeight, letterWidth] = [14, 5.7]

/**
 * A table as a picture that stands by itself: small charts, one for each row, or the one that its figure asks for. Dots are means, bars
 * one standard deviation over seeds (the test's 95 % interval where there is one seed).
 */
export function chartOf(table: Table, palette: Palette): Drawing {
  return framed(bodyOf(table, palette), { title: `${table.title}, study ${table.study}`, note: noteOf(table) }, palette)
}

/** A picture that stands by itself: its title for readers of screens, and below it what its signs mean. */
export function framed({ svg, width, height }: Drawing, { title, note }: { title: string, note: string }, palette: Palette): Drawing {
  const lines = wrap(note, Math.floor(width / letterWidth))
  const total = height + 16 + lines.length * lineHeight
  return {
    width,
    height: total,
    svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family="Inter, system-ui, sans-serif" font-size="11"><title>${escapeXml(title)}</title><rect width="${width}" height="${total}" fill="${palette.back}"/>${svg}${lines.map((line, i) => `<text x="2" y="${height + 20 + i * lineHeight}" fill="${palette.quiet}">${escapeXml(line)}</text>`).join('')}</svg>`,
  }
}

/** Lines of at most so many letters; a word is not divided. */
function wrap(text: string, most: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!
    if (last !== '' && last.length + 1 + word.length > most)
      lines.push(word)
    else
      lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}

function bodyOf(table: Table, palette: Palette): Drawing {
  const { figure, columns } = table
  const rows = table.rows.filter(row => isDrawable(row, columns))
  if (figure?.kind === 'time')
    return timePanel({ ...table, rows }, figure.whole, palette)
  if (figure?.kind !== 'size')
    return inLines(rows.map(row => methodPanel(row, table, palette)), palette)
  const panels = inLines(rows.map(row => sizePanel(row, figure, palette)), palette)
  const legend = sizeLegend(figure, palette, panels.width)
  return { width: panels.width, height: legend.height + 6 + panels.height, svg: `${legend.svg}<g transform="translate(0 ${legend.height + 6})">${panels.svg}</g>` }
}

/** Whether a row has figures that stand on one axis. */
export function isDrawable(row: TableRow, columns: readonly string[]): boolean {
  return row.metric !== 'mixed' && columns.some(column => row.cells[column]!.mean !== null)
}

/** Panels in framed rows of at most three. */
function inLines(panels: readonly Drawing[], palette: Palette): Drawing {
  const perLine = Math.min(3, Math.max(1, panels.length))
  const height = Math.max(0, ...panels.map(panel => panel.height))
  const lines = Math.ceil(panels.length / perLine)
  const placed = panels.map(({ svg }, i) => `<g transform="translate(${(i % perLine) * (panelWidth + gap)} ${Math.floor(i / perLine) * (height + gap)})"><rect width="${panelWidth}" height="${height}" rx="3" fill="none" stroke="${palette.grid}"/>${svg}</g>`)
  return { svg: placed.join(''), width: perLine * (panelWidth + gap) - gap, height: Math.max(0, lines * (height + gap) - gap) }
}

function noteOf({ title, study, figure, provenance, rows }: Table): string {
  const hasPaper = rows.some(row => Object.values(row.cells).some(({ reference }) => reference !== null))
  const best = figure?.kind === 'size' ? '' : '; ring: best'
  return `${title}, study ${study}, Facet ${provenance.version}. Signs: mean; bars: one standard deviation over seeds${figure?.kind === 'time' ? '' : ', or the test\'s 95 % interval for one seed'}${hasPaper ? '; diamonds: the paper' : ''}${best}.`
}
