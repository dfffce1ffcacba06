import type { RunRow } from '#main/workspace/runs.ts'
import type { Followed, RunnerState } from './state.ts'
import { requireRun, setReason } from '#main/workspace/runs.ts'
import { killGroup } from '#shared/process-identity.ts'
import { activeStates } from '#shared/run-states.ts'
import { applyEvents, eventsPath, readEvents } from './follow.ts'
import { move } from './state.ts'
import { wordEnd, wordLatePause } from './word-end.ts'
import { findWorker, isAtWork, readRequest } from './worker-process.ts'

/** From SIGTERM to SIGKILL. */
const graceMs = 5_000

/** Takes in what a run's event file holds beyond what is known, and tells what changed. */
export async function follow(state: RunnerState, key: string): Promise<RunRow> {
  const { workspace: { db, paths }, workers, events } = state
  for (;;) {
    const before = await requireRun(db, key)
    const chunk = readEvents(eventsPath(paths.runDir(key)), before.events_offset)
    if (chunk.offset === before.events_offset)
      return before
    const { row, metrics, movedTo } = await db.transaction().execute(async trx => applyEvents(trx, await requireRun(trx, key), chunk))
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

/** Looks at a worker: takes in its events, records its end, ends it where it is silent or does not stop. */
export async function watch(state: RunnerState, key: string, worker: Followed, elapsedMs: number): Promise<void> {
  worker.silentMs += elapsedMs
  await follow(state, key)
  if (!isAtWork(worker))
    return settle(state, key, worker)
  if (worker.pauseBy !== null && Date.now() > worker.pauseBy) {
    worker.pauseBy = null
    await tellLatePause(state, key)
  }
  const isSilent = worker.silentMs >= state.silentMs
  const isLate = worker.stopBy !== null && Date.now() > worker.stopBy
  if (isSilent || isLate) {
    const isLast = isSilent || Date.now() > worker.stopBy! + graceMs
    killGroup(worker.pid, worker.started, isLast ? 'SIGKILL' : 'SIGTERM')
  }
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

/** Takes over a run that an earlier host left at work: follows its worker, or records that it is gone. */
export async function adopt(state: RunnerState, row: RunRow): Promise<void> {
  const runDir = state.workspace.paths.runDir(row.key)
  const worker = findWorker(runDir, row)
  if (!worker)
    return settle(state, row.key, null)
  const request = readRequest(runDir)
  if (request !== null && row.state === 'running')
    await move(state, row.key, 'pausing')
  state.workers.set(row.key, {
    ...worker,
    silentMs: 0,
    stopBy: request === 'stop'
      ? Date.now() + state.stopMs
      : null,
    pauseBy: request === 'pause'
      ? Date.now() + state.pauseMs
      : null,
  })
}

/** A worker is gone: what it wrote last counts, and a run that it left unfinished is interrupted. */
async function settle(state: RunnerState, key: string, worker: Followed | null): Promise<void> {
  const row = await follow(state, key)
  state.workers.delete(key)
  state.isQueueDirty = true
  const wasAskedToStop = worker !== null && worker.stopBy !== null
  // It paused just before it was asked to stop: the later wish counts.
  if (wasAskedToStop && row.state === 'paused') {
    await move(state, key, 'cancelled')
    return
  }
  if (!activeStates.includes(row.state))
    return
  const reason = wordEnd(row, state.workspace.paths.runDir(key), { exit: worker?.exit ?? null, silentMs: worker?.silentMs ?? 0, wasAskedToStop })
  await move(state, key, wasAskedToStop ? 'cancelled' : 'interrupted', {
    reason,
    set: {
      finished_at_ms: Date.now(),
    },
  })
}
