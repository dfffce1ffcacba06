/** "12 d 4 h", "3 h 20 min", "4 min 5 s", "850 ms": two units at most. */
export function wordDuration(seconds: number): string {
  if (seconds < 1)
    return `${Math.round(seconds * 1000)} ms`
  if (seconds < 59.5) {
    return seconds < 9.95
      ? `${seconds.toFixed(1)} s`
      : `${Math.round(seconds)} s`
  }
  const minutes = Math.round(seconds / 60)
  if (seconds < 600)
    return `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`
  if (minutes < 60)
    return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return minutes < 100 * 60
    ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
    : `${wordCount(Math.floor(hours / 24))} d ${hours % 24} h`
}

/** Decimal units: "1.3 GB". */
export function wordBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.5
    ? Math.round(value)
    : value.toFixed(1)} ${units[unit]}`
}

/** Thousands with commas. */
export function wordCount(count: number): string {
  return count.toLocaleString('en-GB', { maximumFractionDigits: 0 })
}

/** A number in at most five significant digits, without trailing zeros. */
export function wordNumber(value: number): string {
  if (Number.isInteger(value))
    return String(value)
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e7
    ? String(Number(value.toPrecision(5)))
    : value.toExponential(2)
}

/** "1 run", "3 runs". */
export function wordMany(count: number, singular: string, plural = `${singular}s`): string {
  return `${wordCount(count)} ${count === 1
    ? singular
    : plural}`
}

/** The date and time of a UTC instant in the terminal's own zone: "2026-11-24 14:03". */
export function wordTime(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  return date.toISOString().slice(0, 16).replace('T', ' ')
}

/** Digits of a key that people read and type. */
export function shortKey(key: string): string {
  return key.slice(0, 8)
}
