import { csvField } from '#shared/csv-field.ts'

/** Rejected files as a table for a spreadsheet: RFC 4180, and no cell that a spreadsheet would take for a formula. */
export function rejectedAsCsv(rows: readonly { path: string, bytes: number | null, reason: string, helps: string }[]): string {
  return [
    'file,bytes,what is wrong,what helps',
    ...rows.map(({ path, bytes, reason, helps }) => [path, bytes, reason, helps].map(csvField).join(',')),
    '',
  ].join('\r\n')
}
