import { wordCount, wordDuration, wordNumber } from '#shared/words.ts'

export { shortKey, wordBytes, wordCount, wordDuration, wordMany, wordNumber, wordTime } from '#shared/words.ts'

/** What stands where there is no number; the cell around it says why. */
export const none = '–'

/** "62 %", from a share of 1. A share below one is never called 100 %. */
export function wordPercent(share: number, digits = 0): string {
  const scale = 10 ** digits
  const percent = Math.round(share * 100 * scale) / scale
  const honest = share < 1 && percent >= 100 ? 100 - 1 / scale : percent
  return `${honest.toFixed(digits)} %`
}

/** Milliseconds as "4 min 5 s"; a dash where nobody knows. */
export function wordMs(ms: number | null): string {
  return ms === null ? none : wordDuration(ms / 1000)
}

/** Time of day in the reader's zone: "14:03", with seconds where asked. */
export function wordClock(ms: number, withSeconds = false): string {
  return new Date(ms).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...withSeconds && { second: '2-digit' },
  })
}

/** "today 07:06", "yesterday 22:10", "24 Nov 2026, 07:06". */
export function wordWhen(ms: number, now = Date.now()): string {
  const days = (at: number): number => Math.floor((at - new Date(at).getTimezoneOffset() * 60_000) / 86_400_000)
  const ago = days(now) - days(ms)
  if (ago === 0)
    return `today ${wordClock(ms)}`
  if (ago === 1)
    return `yesterday ${wordClock(ms)}`
  const day = new Date(ms).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
  return `${day}, ${wordClock(ms)}`
}

/** "just now", "5 min ago", "3 h ago", "2 days ago". */
export function wordAgo(ms: number, now = Date.now()): string {
  const seconds = (now - ms) / 1000
  if (seconds < 45)
    return 'just now'
  if (seconds < 3600)
    return `${Math.max(1, Math.round(seconds / 60))} min ago`
  if (seconds < 86_400)
    return `${Math.round(seconds / 3600)} h ago`
  const days = Math.round(seconds / 86_400)
  return days === 1 ? '1 day ago' : `${days} days ago`
}

/** "2,820 img/s": slow work keeps a decimal. */
export function wordRate(perSecond: number, unit: string): string {
  return `${perSecond < 10 ? wordNumber(Number(perSecond.toFixed(2))) : wordCount(Math.round(perSecond))} ${unit}/s`
}
