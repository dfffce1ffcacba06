import type { TableCell, TableRow } from '#shared/table.ts'
import type { TableFormat } from './format.ts'
import { missingNotes, wordCell, wordMetric, wordProvenance } from '#shared/table-words.ts'

const symbols: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '$': '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  '_': '\\_',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\textquotedbl{}',
  '±': '$\\pm$',
  '†': '$^\\dagger$',
  '‡': '$^\\ddagger$',
  '◊': '$^\\diamond$',
  '↑': '$\\uparrow$',
  '↓': '$\\downarrow$',
  '–': '--',
  '⁺': '$^{+}$',
  '⁻': '$^{-}$',
  '⁼': '$^{=}$',
}

/** Any text as LaTeX prints it: special characters, dashes and the signs of our tables. */
export function escapeLatex(text: string): string {
  return text.replaceAll(/[\\{}$&#%_~^<>|"±†‡◊↑↓–⁺⁻⁼]/g, character => symbols[character]!).replaceAll(/\s+/g, ' ')
}

function writeCell(cell: TableCell, row: TableRow): string {
  const { figure, marks, seeds, reference, isBest } = wordCell(cell, row)
  const shown = escapeLatex(figure)
  return [
    isBest
      ? `\\textbf{${shown}}`
      : shown,
    escapeLatex(marks),
    escapeLatex(seeds),
    reference
      ? ` {\\scriptsize [${escapeLatex(reference)}]}`
      : '',
  ].join('')
}

function line(cells: string[]): string {
  return `    ${cells.join(' & ')} \\\\`
}

/** A booktabs table as wide as its columns; needs \usepackage{booktabs} and T1 fonts. */
export const latex: TableFormat = {
  name: 'latex',
  extension: 'tex',
  write: table => [
    `% ${wordProvenance(table).replaceAll(/\s+/g, ' ')}`,
    '% needs \\usepackage[T1]{fontenc} and \\usepackage{booktabs}',
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${escapeLatex(`${table.title}.`)}}`,
    `  \\label{tab:${table.table}}`,
    `  \\begin{tabular}{ll${'r'.repeat(table.columns.length)}}`,
    '    \\toprule',
    line([
      table.rowTitle,
      'metric',
      ...table.columns.map(column => table.columnTitles[column] ?? column),
    ].map(escapeLatex)),
    '    \\midrule',
    ...table.rows.map(row => line([
      escapeLatex(row.knowledge),
      escapeLatex(wordMetric(row)),
      ...table.columns.map(column => writeCell(row.cells[column]!, row)),
    ])),
    '    \\bottomrule',
    '  \\end{tabular}',
    '  \\par\\smallskip\\footnotesize',
    '  Bold: best of the row. In brackets: the paper\'s own figure.\\par',
    ...table.legend.map(text => `  ${escapeLatex(text)}\\par`),
    ...missingNotes(table).map(({ cells, reason, command }) => `  Missing: ${escapeLatex(`${cells}: ${reason}`)}${command
      ? ` (\\texttt{${escapeLatex(command)}})`
      : ''}\\par`),
    ...table.notices.map(text => `  % ${text.replaceAll(/\s+/g, ' ')}`),
    '\\end{table}',
    '',
  ].join('\n'),
}
