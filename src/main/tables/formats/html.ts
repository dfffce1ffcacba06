import type { Table, TableCell, TableRow } from '#shared/table.ts'
import type { TableFormat } from './format.ts'
import { missingNotes, wordCell, wordMetric, wordProvenance } from '#shared/table-words.ts'

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\'': '&#39;',
}

/** Any text as HTML shows it, in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => entities[character]!)
}

const style = `
  :root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
  body { margin: 2rem; }
  p, ul, dl { max-width: 80rem; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; border-top: 2px solid; border-bottom: 2px solid; }
  caption { text-align: left; white-space: nowrap; font-weight: 600; font-size: 1.1em; padding: .5em 0; }
  th, td { padding: .25em .5em; text-align: right; white-space: nowrap; vertical-align: baseline; }
  thead { border-bottom: 1px solid; }
  th[scope=row], th:first-child, th:nth-child(2), td.metric { text-align: left; font-weight: 400; }
  thead th { font-weight: 600; white-space: normal; vertical-align: bottom; }
  td.best .figure { font-weight: 700; }
  .reference { display: block; font-size: .8em; opacity: .75; }
  .notes { font-size: .9em; }
  code { font-size: .95em; overflow-wrap: anywhere; }
  dt { font-weight: 600; }
  dd { margin: 0 0 .5em; overflow-wrap: anywhere; }`

function writeCell(cell: TableCell, row: TableRow): string {
  const { figure, marks, seeds, reference, isBest, isMissing } = wordCell(cell, row)
  const title = [
    cell.missing?.reason,
    cell.note,
    cell.interval && `95 % interval ${cell.interval.map(end => end.toFixed(2)).join(' to ')}`,
    cell.count !== null && `n = ${cell.count}`,
  ].filter(Boolean).join('; ')
  const attributes = [
    isBest
      ? ' class="best"'
      : isMissing ? ' class="missing"' : '',
    title
      ? ` title="${escapeHtml(title)}"`
      : '',
  ].join('')
  return `<td${attributes}><span class="figure">${escapeHtml(figure)}</span>${marks
    ? `<sup>${marks}</sup>`
    : ''}${seeds}${reference
    ? ` <span class="reference">paper ${escapeHtml(reference)}</span>`
    : ''}</td>`
}

/** The table with its notes as a section, to stand in any page. */
export function htmlSection(table: Table): string {
  const head = [
    table.rowTitle,
    'metric',
    ...table.columns.map(column => table.columnTitles[column] ?? column),
  ]
  return `<section id="${escapeHtml(table.table)}">
<div class="scroll"><table>
<caption>${escapeHtml(table.title)} ${table.paper === '' ? '' : `<small>(the paper's ${escapeHtml(table.paper)})</small>`}</caption>
<thead><tr>${head.map(title => `<th scope="col">${escapeHtml(title).replaceAll(':', ':<wbr>')}</th>`).join('')}</tr></thead>
<tbody>
${table.rows.map(row => `<tr><th scope="row">${escapeHtml(row.knowledge)}</th><td class="metric">${escapeHtml(wordMetric(row))}</td>${table.columns.map(column => writeCell(row.cells[column]!, row)).join('')}</tr>`).join('\n')}
</tbody>
</table></div>
<ul class="notes">
${[
  'Bold: best of the row. Below a figure: the paper\'s own.',
  ...table.legend,
].map(text => `<li>${escapeHtml(text)}</li>`).join('\n')}
${missingNotes(table).map(({ cells, reason, command }) => `<li>Missing: ${escapeHtml(`${cells}: ${reason}`)}${command
  ? `; to fill: <code>${escapeHtml(command)}</code>`
  : ''}</li>`).join('\n')}
</ul>
</section>`
}

/** A whole page in one file: no script, nothing fetched. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}
</style>
</head>
<body>
${body}
</body>
</html>
`
}

/** One table as a page of its own. */
export const html: TableFormat = {
  name: 'html',
  extension: 'html',
  write: table => htmlPage(`${table.title}, ${table.study}`, `<main>
${htmlSection(table)}
<ul class="notes">
${table.notices.map(text => `<li>${escapeHtml(text)}</li>`).join('\n')}
</ul>
<p class="notes">${escapeHtml(wordProvenance(table))}</p>
</main>`),
}
