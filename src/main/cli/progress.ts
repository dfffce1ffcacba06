import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { wordCount, wordDuration } from './words.ts'

/** How far one piece of work is. */
export interface ProgressState {
  label: string
  done: number
  /** null where nobody knows. */
  total: number | null
  unit: string
  /** Seconds to go; null where nobody knows. */
  etaSeconds: number | null
}

/** The display of long work: bars that move on a terminal, a plain line now and then elsewhere. */
export interface Progress {
  /** What is under way now, one state per piece of work; replaces what was shown. */
  show: (states: ProgressState[]) => void
  /** A line that stays, above the bars. */
  say: (text: string) => void
  /** Takes the bars away; nothing is shown afterwards. */
  end: () => void
}

const barWidth = 24
const refreshMs = 100
/** In a pipe or a log file, how often the same piece of work gets a line. */
const plainMs = 15_000

/** "prepare utk  [#####     ] 512 of 1,198 faces, 43 %, 12 s to go", cut to the width. */
export function wordProgress({ label, done, total, unit, etaSeconds }: ProgressState, { width, hasBar }: { width: number, hasBar: boolean }): string {
  if (total === null && done === 0)
    return `${label}  starts`.slice(0, width)
  const share = total
    ? Math.min(1, done / total)
    : null
  const bar = hasBar && share !== null
    ? `[${'#'.repeat(Math.round(share * barWidth)).padEnd(barWidth)}] `
    : ''
  const amount = total === null
    ? `${wordCount(done)} ${unit}`
    : `${wordCount(done)} of ${wordCount(total)} ${unit}, ${Math.floor(100 * (share ?? 0))} %`
  const rest = etaSeconds === null || share === 1
    ? ''
    : `, ${wordDuration(etaSeconds)} to go`
  return `${label}  ${bar}${amount}${rest}`.slice(0, width)
}

/** Bars rewritten in place on stderr. */
function movingProgress(): Progress {
  let lines = 0
  let lastMs = Number.NEGATIVE_INFINITY
  let isOver = false
  const clear = (): void => {
    if (lines > 0)
      process.stderr.write(`\u001B[${lines}A\u001B[0J`)
    lines = 0
  }
  return {
    show(states) {
      const now = performance.now()
      if (isOver || (now - lastMs < refreshMs && states.length === lines))
        return
      lastMs = now
      clear()
      const width = (process.stderr.columns ?? 80) - 1
      for (const state of states)
        process.stderr.write(`${wordProgress(state, { width, hasBar: true })}\n`)
      lines = states.length
    },
    say(text) {
      clear()
      process.stderr.write(`${text}\n`)
    },
    end() {
      isOver = true
      clear()
    },
  }
}

/** One line per piece of work when it starts and every so often. */
function plainProgress(): Progress {
  const lastMs = new Map<string, number>()
  return {
    show(states) {
      const now = performance.now()
      for (const state of states) {
        const last = lastMs.get(state.label)
        if (last !== undefined && now - last < plainMs)
          continue
        lastMs.set(state.label, now)
        process.stderr.write(`${wordProgress(state, { width: 200, hasBar: false })}\n`)
      }
    },
    say: text => void process.stderr.write(`${text}\n`),
    end: () => lastMs.clear(),
  }
}

/** The display that fits where stderr goes. */
export function createProgress({ isInteractive }: { isInteractive: boolean }): Progress {
  return isInteractive
    ? movingProgress()
    : plainProgress()
}
