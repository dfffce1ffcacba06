import type { Table } from '#shared/table.ts'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { writeTable } from '#main/tables/formats/index.ts'
import { writeReport } from '#main/tables/report.ts'
import { rejectedAsCsv } from '#renderer/views/dataset/rejected-csv.ts'
import { nastyText } from '../inputs.ts'
import { declareTarget } from '../target.ts'

/** Texts that a person, a folder or a recipe may have put into a table: no half of a character pair, which no file can hold. */
const label = fc.oneof(nastyText, fc.constantFrom('=cmd|\' /C calc\'!A0', '+1', '-1', '\t=1', '\r=1', '＝1+1', 'a,b', 'a"b', 'a\r\nb', 'a|b', '`x`', '\\input{/etc/passwd}', '$x$ & 5 % _ # ~ ^ {}', '</title><script>', '[x](javascript:alert(1))')).map(text => text.toWellFormed())

export const tables = declareTarget({
  name: 'exports of tables',
  input: fc.record({ knowledge: label, column: label, reason: label.map(text => text || 'none'), command: label.map(text => `facet ${text}`), notice: label, study: label }),
  read: (texts) => {
    const table = tableOf(texts)
    const rows = parse(writeTable(table, 'csv'), { record_delimiter: '\r\n' }) as string[][]
    const cells = rows.flat()
    requireNoFormula(cells)
    requireSame('CSV', [rows.length, rows[1]![2], rows[1]![7], rows[1]![18]], [2, ...[texts.knowledge, texts.column, texts.reason].map(asText)])
    requireSame('JSON', JSON.parse(writeTable(table, 'json')), JSON.parse(JSON.stringify(table)))
    const plain = tableOf({ knowledge: 'k', column: 'c', reason: 'r', command: 'm', notice: 'n', study: 's' })
    requireSame('HTML', tagsOf(writeTable(table, 'html')), tagsOf(writeTable(plain, 'html')))
    requireSame('report', tagsOf(reportOf(table, texts.study)), tagsOf(reportOf(plain, 's')))
    requireSame('Markdown', markupOf(writeTable(table, 'md')), markupOf(writeTable(plain, 'md')))
    if (/\\(?:input|include|write|openin|openout|read|catcode|def)\b/.test(writeTable(table, 'latex').replaceAll(/^\s*%.*$/gm, '')))
      throw new Error('internal: LaTeX would run a command')
    const [, ...rejected] = parse(rejectedAsCsv([{ path: texts.knowledge, bytes: 3, reason: texts.reason, helps: texts.notice }]), { record_delimiter: '\r\n' }) as string[][]
    requireNoFormula(rejected.flat())
    return writeTable(table, 'text')
  },
})

/** A text as a spreadsheet gets it: an apostrophe keeps it from being a formula. */
function asText(text: string): string {
  return /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text
}

function requireNoFormula(cells: string[]): void {
  const formula = cells.find(cell => /^[=+\-@\t\r\n＝＋－＠]/.test(cell) && !/^-?\d+(?:\.\d+)?$/.test(cell))
  if (formula !== undefined)
    throw new Error(`internal: a spreadsheet runs ${JSON.stringify(formula.slice(0, 40))}`)
}

function requireSame(format: string, actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    throw new Error(`internal: ${format} is ${JSON.stringify(actual)?.slice(0, 300)}, expected ${JSON.stringify(expected)?.slice(0, 300)}`)
}

/** The elements and attributes of a page, without what attributes hold: no text may add one. */
function tagsOf(html: string): string[] {
  return [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""')).filter(tag => tag !== '<wbr>')
}

/** Lines, bars and pointed brackets of Markdown that are not made plain by a backslash; code spans hold anything. */
function markupOf(text: string): string {
  return text.replaceAll(/(?<!\\)(`+)[^`](?:.|\n)*?\1(?!`)/g, 'code').replaceAll(/\\./g, '').replaceAll(/[^\n|<>[\]]/g, '')
}

function reportOf(table: Table, study: string): string {
  return writeReport({ name: study, recipe: study, version: '1', time: 'now', runs: [{ key: study, stage: 'embed', label: study }], versions: { node: study } }, [table])
}

function tableOf({ knowledge, column, reason, command, notice, study }: { knowledge: string, column: string, reason: string, command: string, notice: string, study: string }): Table {
  return {
    table: 'target',
    title: 'Methods',
    paper: 'Table 3',
    study,
    rowTitle: 'knowledge',
    columns: [column],
    columnTitles: Object.fromEntries([[column, column]]),
    rows: [{
      knowledge,
      scope: 'test',
      metric: 'accuracy',
      unit: '%',
      better: 'higher',
      cells: Object.fromEntries([[column, { mean: null, std: null, n: 0, values: [], reference: null, referenceText: null, referenceSource: null, best: false, marks: [], missing: { reason, command }, count: null, standardError: null, interval: null, keys: [] }]]),
    }],
    legend: [notice],
    notices: [notice],
    provenance: { version: '1', time: 'now', keys: [] },
  }
}
