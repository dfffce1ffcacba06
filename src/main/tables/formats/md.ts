import type { TableCell, TableRow } from '#shared/table.ts'
import type { TableFormat } from './format.ts'
import { missingNotes, wordCell, wordMetric, wordProvenance } from '#shared/table-words.ts'

/** Text that Markdown would read as markup, and the bar that would split a cell, made plain. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#~]/g, '\\$&').replaceAll(/\s+/g, ' ')
}

function writeCell(cell: TableCell, row: TableRow): string {
  const { figure, marks, seeds, reference, isBest } = wordCell(cell, row)
  const shown = isBest
    ? `**${figure}**`
    : figure
  return `${shown}${marks}${seeds}${reference
    ? ` \\[${reference}\\]`
    : ''}`
}

function line(cells: string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** A code span that holds any text, backticks too; an empty line would end it and be read as what follows it. */
function code(given: string): string {
  const text = given.replaceAll(/\s+/g, ' ')
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(run => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest > 0
    ? `${fence} ${text} ${fence}`
    : `${fence}${text}${fence}`
}

/** A GitHub table with its legend, missing cells and provenance below. */
export const md: TableFormat = {
  name: 'md',
  extension: 'md',
  write: table => [
    `### ${escapeMarkdown(table.title)}`,
    '',
    line([
      table.rowTitle,
      'metric',
      ...table.columns.map(column => table.columnTitles[column] ?? column),
    ].map(escapeMarkdown)),
    line([
      '---',
      '---',
      ...table.columns.map(() => '---:'),
    ]),
    ...table.rows.map(row => line([
      escapeMarkdown(row.knowledge),
      wordMetric(row),
      ...table.columns.map(column => writeCell(row.cells[column]!, row)),
    ])),
    '',
    '- bold: best of the row; in brackets: the paper\'s own figure',
    ...table.legend.map(text => `- ${escapeMarkdown(text)}`),
    ...missingNotes(table).map(({ cells, reason, command }) => `- missing: ${escapeMarkdown(`${cells}: ${reason}`)}${command
      ? ` (${code(command)})`
      : ''}`),
    ...table.notices.map(text => `- ${escapeMarkdown(text)}`),
    '',
    escapeMarkdown(wordProvenance(table)),
    '',
  ].join('\n'),
}
