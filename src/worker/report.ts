import type { RunRequest } from '#shared/run-control.ts'
import type { EventFile, SharedState } from './event-file.ts'
import type { StageContext } from './stage.ts'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { RunControl } from '#shared/run-control.ts'

const progressEveryMs = 250
const controlEveryMs = 100
/** Throughput is that of about the last ten seconds. */
const rateWindowMs = 10_000

/** Done per second over the newest stretch of `rateWindowMs`. */
export function createRate(now: () => number = performance.now.bind(performance)): (done: number) => number {
  const points: { at: number, done: number }[] = []
  return (done) => {
    const at = now()
    points.push({ at, done })
    while (points.length > 2 && at - points[0]!.at > rateWindowMs)
      points.shift()
    const first = points[0]!
    return at > first.at
      ? Math.max(0, (done - first.done) / ((at - first.at) / 1000))
      : 0
  }
}

/** The reporting side of a stage's context, writing to the run's event file and log. */
export function createReport(file: EventFile, shared: SharedState): StageContext<unknown>['report'] {
  let rate = createRate()
  let lastProgressMs = Number.NEGATIVE_INFINITY
  let lastUnit = ''
  const sign = (): void => { Atomics.add(shared, 2, 1) }
  return {
    metrics: (step, values) => {
      sign()
      // JSON knows neither NaN nor infinity: a figure that is none is said, not stored.
      const finite = Object.entries(values).filter(([, value]) => Number.isFinite(value))
      for (const [metric, value] of Object.entries(values)) {
        if (!Number.isFinite(value))
          log(file, 'warning', `${metric} is ${value} at step ${step}.`)
      }
      if (finite.length > 0) {
        file.append({
          type: 'metrics',
          step,
          values: Object.fromEntries(finite),
        })
      }
    },
    progress: (done, total, unit) => {
      sign()
      if (unit !== lastUnit) {
        rate = createRate()
        lastUnit = unit
        lastProgressMs = Number.NEGATIVE_INFINITY
      }
      const now = performance.now()
      if (done < total && now - lastProgressMs < progressEveryMs)
        return
      lastProgressMs = now
      file.append({
        type: 'progress',
        done,
        total,
        unit,
        perSecond: rate(done),
      })
    },
    log: (text, level = 'info') => {
      sign()
      log(file, level, text)
    },
  }
}

/** Writes a sentence to the event file and to the log that people read. */
export function log(file: EventFile, level: 'info' | 'warning' | 'error', text: string): void {
  console.log(`${new Date().toISOString()} ${level === 'info'
    ? ''
    : `${level}: `}${text}`)
  file.append({ type: 'log', level, text })
}

/** Looks for a request at most ten times a second, so that every step may ask. */
export function createControl(runDir: string, shared: SharedState): { isLeaving: () => boolean, request: () => RunRequest | null } {
  const path = join(runDir, 'control.json')
  let request: RunRequest | null = null
  let lastLookMs = Number.NEGATIVE_INFINITY
  const look = (): void => {
    if (existsSync(path))
      request = RunControl.parse(JSON.parse(readFileSync(path, 'utf8'))).request
  }
  return {
    isLeaving: () => {
      Atomics.add(shared, 2, 1)
      const now = performance.now()
      if (now - lastLookMs >= controlEveryMs) {
        lastLookMs = now
        look()
      }
      return request !== null
    },
    request: () => {
      look()
      return request
    },
  }
}
