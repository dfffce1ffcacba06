import type { RunRow } from '#main/workspace/runs.ts'
import type { Followed, RunnerState } from './state.ts'
import { appendFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { requireRun, setReason } from '#main/workspace/runs.ts'
import { killGroup } from '#shared/process-identity.ts'
import { activeStates } from '#shared/run-states.ts'
import { applyEvents, eventsPath, readEvents } from './follow.ts'
import { move } from './state.ts'
import { wordEnd, wordLatePause } from './word-end.ts'
import { findWorker, goneWorker, isAtWork, logPath, readRequest } from './worker-process.ts'

/** From SIGTERM to SIGKILL. */
const graceMs = 5_000

/** How long one look takes in events of one run; then others have their turn, since a file may hold days that nobody followed. */
export const turnMs = 100

/** Takes in all that a run's event file holds beyond what is known, and tells what changed. */
export async function follow(state: RunnerState, key: string): Promise<RunRow> {
  return (await followFor(state, key, Number.POSITIVE_INFINITY)).row
}

async function followFor(state: RunnerState, key: string, limitMs: number): Promise<{ row: RunRow, isCaughtUp: boolean }> {
  const { workspace: { db, paths }, workers, events } = state
  const startMs = performance.now()
  for (;;) {
    const before = await requireRun(db, key)
    if (performance.now() - startMs > limitMs)
      return { row: before, isCaughtUp: false }
    const chunk = readEvents(eventsPath(paths.runDir(key)), before.events_offset)
    if (chunk.offset === before.events_offset)
      return { row: before, isCaughtUp: true }
    const { row, metrics, movedTo } = await db.transaction().execute(async trx => applyEvents(trx, await requireRun(trx, key), chunk))
    if (chunk.unreadable > 0)
      tellUnreadable(paths.runDir(key), chunk.unreadable)
    const worker = workers.get(key)
    if (worker)
      worker.silentMs = 0
    if (metrics.length > 0)
      events.metrics(key, metrics)
    if (movedTo.length > 0) {
      state.isQueueDirty = true
      events.changed(row)
    }
    else if (chunk.events.some(event => event.type === 'progress' || event.type === 'heartbeat')) {
      events.progress(row)
    }
  }
}

/** Says in the log that people read what no row of the database can say. */
function tellUnreadable(runDir: string, count: number): void {
  appendFileSync(logPath(runDir), `${new Date().toISOString()} warning: ${count} ${count === 1 ? 'line' : 'lines'} of ${eventsPath(runDir)} cannot be read: damaged, or from another version of Facet. What they said is missing.\n`)
}

/**
 * Looks at a worker: takes in its events, records its end, ends it where it is silent or does not stop.
 *
 * @returns whether it has been seen to; false where there are more events than one look takes in
 */
export async function watch(state: RunnerState, key: string, worker: Followed, elapsedMs: number): Promise<boolean> {
  worker.silentMs += elapsedMs
  const { isCaughtUp } = await followFor(state, key, turnMs)
  if (!isCaughtUp)
    return false
  if (!isAtWork(worker)) {
    await settle(state, key, worker)
    return true
  }
  if (worker.pauseBy !== null && performance.now() > worker.pauseBy) {
    worker.pauseBy = null
    await tellLatePause(state, key)
  }
  const isSilent = worker.silentMs >= state.silentMs
  const isLate = worker.stopBy !== null && performance.now() > worker.stopBy
  if (isSilent || isLate) {
    const isLast = isSilent || performance.now() > worker.stopBy! + graceMs
    killGroup(worker.pid, worker.started, isLast ? 'SIGKILL' : 'SIGTERM')
  }
  return true
}

/** A step may rightly take long, so a worker that does not pause is not ended: its run says that it is late. */
async function tellLatePause(state: RunnerState, key: string): Promise<void> {
  const { workspace: { db, paths }, pauseMs, events } = state
  const row = await requireRun(db, key)
  if (row.state !== 'pausing' || row.reason !== null)
    return
  await setReason(db, key, wordLatePause(row, paths.runDir(key), pauseMs))
  events.changed(await requireRun(db, key))
}

/** Takes over a run that an earlier host left at work; its worker may be gone, which the next look records. */
export async function adopt(state: RunnerState, row: RunRow): Promise<void> {
  const runDir = state.workspace.paths.runDir(row.key)
  const worker = findWorker(runDir, row)
  if (!worker) {
    state.workers.set(row.key, { ...goneWorker, silentMs: 0, stopBy: null, pauseBy: null })
    return
  }
  const request = readRequest(runDir)
  if (request !== null && row.state === 'running')
    await move(state, row.key, 'pausing')
  state.workers.set(row.key, {
    ...worker,
    silentMs: 0,
    stopBy: request === 'stop'
      ? performance.now() + state.stopMs
      : null,
    pauseBy: request === 'pause'
      ? performance.now() + state.pauseMs
      : null,
  })
}

/** Records the end of an adopted run's worker at once, where it is gone. */
export async function settleIfGone(state: RunnerState, key: string): Promise<void> {
  const worker = state.workers.get(key)
  if (worker && !isAtWork(worker))
    await settle(state, key, worker)
}

/** A worker is gone: what it wrote last counts, and a run that it left unfinished is interrupted. */
async function settle(state: RunnerState, key: string, worker: Followed): Promise<void> {
  const row = await follow(state, key)
  state.workers.delete(key)
  state.isQueueDirty = true
  // An earlier host may have died before it recorded the worker that it had started; this one has left the run to that.
  if (activeStates.includes(row.state) && findWorker(state.workspace.paths.runDir(key), row)) {
    await adopt(state, row)
    return
  }
  const wasAskedToStop = worker.stopBy !== null
  // It paused just before it was asked to stop: the later wish counts.
  if (wasAskedToStop && row.state === 'paused') {
    await move(state, key, 'cancelled')
    return
  }
  if (!activeStates.includes(row.state))
    return
  const reason = wordEnd(row, state.workspace.paths.runDir(key), { exit: worker.exit, silentMs: worker.silentMs, wasAskedToStop })
  await move(state, key, wasAskedToStop ? 'cancelled' : 'interrupted', {
    reason,
    set: {
      finished_at_ms: Date.now(),
    },
  })
}
