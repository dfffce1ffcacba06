/**
 * One field of RFC 4180. A text that a spreadsheet would run as a formula gets an apostrophe in front: one that starts with
 * = + - @, as people write them in East Asia too, with a tab or the end of a line. Numbers are written as they are.
 */
export function csvField(value: string | number | null): string {
  if (value === null)
    return ''
  if (typeof value === 'number')
    return String(value)
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(value)
    ? `'${value}`
    : value
  return /[",\r\n]/.test(safe)
    ? `"${safe.replaceAll('"', '""')}"`
    : safe
}
