import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'

/** Where results, notes and errors of one command go. */
export interface Terminal {
  /** One JSON document instead of text. */
  isJson: boolean
  /** Colours and a moving bar; off in pipes, with NO_COLOR and with --json. */
  isStyled: boolean
  /** stderr is a terminal: a progress bar can move there. */
  isInteractive: boolean
  width: number
  /** A result, on stdout. */
  print: (text: string) => void
  /** A remark that is no result, on stderr. */
  note: (text: string) => void
  /** The result: as JSON where asked for, else as the given text. */
  result: (value: unknown, text: () => string) => void
}

/** The terminal of this process. */
export function createTerminal({ isJson }: { isJson: boolean }): Terminal {
  const isStyled = !isJson && process.stdout.isTTY === true && !process.env.NO_COLOR
  const print = (text: string): void => {
    process.stdout.write(text.endsWith('\n')
      ? text
      : `${text}\n`)
  }
  return {
    isJson,
    isStyled,
    isInteractive: process.stderr.isTTY === true,
    width: process.stdout.columns ?? 120,
    print,
    note: text => void process.stderr.write(`${text}\n`),
    result: (value, text) => print(isJson
      ? JSON.stringify(value, null, 2)
      : text()),
  }
}

export interface ListColumn<Row> {
  title: string
  value: (row: Row) => string
  isNumber?: boolean
  /** Shortened with an ellipsis where the terminal is too narrow. */
  isElastic?: boolean
}

/** Rows in aligned columns under their titles; text that would run past the width is shortened in the elastic column. */
export function list<Row>(rows: Row[], columns: ListColumn<Row>[], { width, isStyled }: Pick<Terminal, 'width' | 'isStyled'>): string {
  const cells = rows.map(row => columns.map(column => column.value(row).replaceAll(/\s+/g, ' ')))
  const widths = columns.map((column, i) => Math.max(column.title.length, ...cells.map(row => stripVTControlCharacters(row[i]!).length)))
  const over = widths.reduce((sum, one) => sum + one, 2 * (columns.length - 1)) - width
  const elastic = columns.findIndex(column => column.isElastic)
  if (over > 0 && elastic >= 0)
    widths[elastic] = Math.max(columns[elastic]!.title.length, 12, widths[elastic]! - over)
  const write = (texts: string[]): string => texts.map((text, i) => {
    const shown = text.length > widths[i]! && i === elastic
      ? `${text.slice(0, widths[i]! - 1)}…`
      : text
    const padding = ' '.repeat(Math.max(0, widths[i]! - stripVTControlCharacters(shown).length))
    return columns[i]!.isNumber
      ? padding + shown
      : shown + padding
  }).join('  ').trimEnd()
  const head = write(columns.map(column => column.title))
  return [
    isStyled
      ? `\u001B[2m${head}\u001B[22m`
      : head,
    ...cells.map(write),
  ].join('\n')
}

/** "name  value" lines, values aligned. */
export function facts(pairs: [name: string, value: string | null][]): string {
  const shown = pairs.filter((pair): pair is [string, string] => pair[1] !== null)
  const width = Math.max(...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}
