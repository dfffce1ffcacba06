/** Rejected files as a table for a spreadsheet: RFC 4180, and no cell that a spreadsheet would take for a formula. */
export function rejectedAsCsv(rows: readonly { path: string, bytes: number | null, reason: string, helps: string }[]): string {
  const cell = (value: string | number | null): string => {
    const text = value === null ? '' : String(value)
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return [
    'file,bytes,what is wrong,what helps',
    ...rows.map(({ path, bytes, reason, helps }) => [path, bytes, reason, helps].map(cell).join(',')),
    '',
  ].join('\r\n')
}
