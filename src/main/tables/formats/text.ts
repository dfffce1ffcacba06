import type { Table, TableRow } from '#shared/table.ts'
import type { TableFormat } from './format.ts'
import { missingNotes, wordCell, wordMetric, wordProvenance } from '#shared/table-words.ts'

interface Style { bold: (text: string) => string, dim: (text: string) => string }
const ansi: Style = {
  bold: text => `\u001B[1m${text}\u001B[22m`,
  dim: text => `\u001B[2m${text}\u001B[22m`,
}
const plain: Style = {
  bold: text => text,
  dim: text => text,
}

interface Column { title: string, name: string, width: number }

/** A cell without style: `*` stands for bold where nothing can be bold. */
function figureOf(row: TableRow, column: string, isStyled: boolean): string {
  const { figure, marks, seeds, isBest } = wordCell(row.cells[column]!, row)
  return `${figure}${isBest && !isStyled
    ? '*'
    : ''}${marks}${seeds}`
}

function columnsOf(table: Table, isStyled: boolean): Column[] {
  return table.columns.map((name) => {
    const title = (table.columnTitles[name] ?? name).replace(/^teacher:/, '')
    const cells = table.rows.flatMap(row => [
      figureOf(row, name, isStyled),
      wordCell(row.cells[name]!, row).reference,
    ])
    return {
      name,
      title,
      width: Math.max(title.length, ...cells.map(cell => cell.length)),
    }
  })
}

/** Columns in as few blocks as the width allows, each block at least one. */
function blocksOf(columns: Column[], room: number): Column[][] {
  const blocks: Column[][] = []
  let used = Number.POSITIVE_INFINITY
  for (const column of columns) {
    if (used + column.width + 2 > room) {
      blocks.push([])
      used = 0
    }
    blocks.at(-1)!.push(column)
    used += column.width + 2
  }
  return blocks
}

/** One row of a block, and below it the paper's figures where it prints any. */
function writeRow(row: TableRow, block: Column[], labels: [string, string], style: Style, isStyled: boolean): string[] {
  const cells = block.map(({ name, width }) => {
    const text = figureOf(row, name, isStyled).padStart(width)
    return row.cells[name]!.best
      ? style.bold(text)
      : text
  })
  const references = block.map(({ name, width }) => wordCell(row.cells[name]!, row).reference.padStart(width))
  return [
    [
      ...labels,
      ...cells,
    ].join('  ').trimEnd(),
    ...(references.some(text => text.trim() !== '')
      ? [
          style.dim([
            '  paper'.padEnd(labels[0].length),
            ''.padEnd(labels[1].length),
            ...references,
          ].join('  ').trimEnd()),
        ]
      : []),
  ]
}

/** What the signs of this table mean. */
function conventions(table: Table, isStyled: boolean): string {
  const cells = table.rows.flatMap(row => Object.values(row.cells))
  return [
    ...(cells.some(cell => cell.best)
      ? [`${isStyled ? 'Bold' : '*'}: best of the row.`]
      : []),
    ...(cells.some(cell => cell.referenceText !== null)
      ? ['Line "paper": the paper\'s own figures.']
      : []),
  ].join(' ')
}

/** Words broken to lines of this width, those after the first indented. */
function wrap(text: string, width: number): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined)
      lines.push(word)
    else if (last.length + 1 + word.length > width)
      lines.push(`  ${word}`)
    else
      lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.join('\n')
}

/** For the terminal: aligned columns, split into blocks that fit its width. */
export const text: TableFormat = {
  name: 'text',
  extension: 'txt',
  write(table, { width, isStyled }) {
    const style = isStyled ? ansi : plain
    const rowWidth = Math.max(table.rowTitle.length, 7, ...table.rows.map(row => row.knowledge.length))
    const metricWidth = Math.max(6, ...table.rows.map(row => wordMetric(row).length))
    const blocks = blocksOf(columnsOf(table, isStyled), width - rowWidth - metricWidth - 2)
    return [
      style.bold(`${table.title} (study ${table.study}${table.paper === '' ? '' : `; the paper's ${table.paper}`})`),
      ...blocks.flatMap(block => [
        '',
        style.dim([
          table.rowTitle.padEnd(rowWidth),
          'metric'.padEnd(metricWidth),
          ...block.map(column => column.title.padStart(column.width)),
        ].join('  ')),
        ...table.rows.flatMap(row => writeRow(row, block, [
          row.knowledge.padEnd(rowWidth),
          wordMetric(row).padEnd(metricWidth),
        ], style, isStyled)),
      ]),
      '',
      ...[
        conventions(table, isStyled),
        ...table.legend,
      ].filter(line => line !== '').map(line => wrap(line, width)),
      ...missingNotes(table).map(({ cells, reason, command }) => wrap(`– ${cells}: ${reason}${command
        ? `; to fill: ${command}`
        : ''}`, width)),
      style.dim(wrap(wordProvenance(table), width)),
      '',
    ].join('\n')
  },
}
