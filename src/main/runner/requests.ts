import type { RunRow } from '#main/workspace/runs.ts'
import type { Problem } from '#shared/errors.ts'
import type { RunState } from '#shared/order.ts'
import type { RecipeState } from '#shared/provenance.ts'
import type { RunRequest } from '#shared/run-control.ts'
import type { PlannedRun } from './planned-run.ts'
import type { RunnerState } from './state.ts'
import { existsSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { putRecipeState } from '#main/workspace/provenance.ts'
import { listRuns, nextPosition, putPlannedRun, requireRun, setReason } from '#main/workspace/runs.ts'
import { requireStudy, setStudyRuns } from '#main/workspace/studies.ts'
import { FacetError } from '#shared/errors.ts'
import { activeStates } from '#shared/run-states.ts'
import { wordOldVersion } from './left-out.ts'
import { move } from './state.ts'
import { adopt, follow, settleIfGone } from './watch.ts'
import { askWorker, readRequest } from './worker-process.ts'

/** States that a study which is run again takes up again. */
const leftStates: readonly RunState[] = [
  'failed',
  'interrupted',
  'cancelled',
  'paused',
]

/** Records a study's runs in their order and queues those that are not there already; `recipe` is what these came from. */
export async function enqueue(state: RunnerState, study: string, planned: readonly PlannedRun[], recipe: RecipeState | null = null): Promise<{ cached: string[], queued: string[] }> {
  const { db } = state.workspace
  await requireStudy(db, study)
  await db.transaction().execute(async (trx) => {
    let position = await nextPosition(trx)
    for (const run of planned) {
      await putPlannedRun(trx, run, {
        position: position++,
        now: Date.now(),
      })
    }
    await setStudyRuns(trx, study, planned.map(({ key }) => key))
  })
  const cached: string[] = []
  const queued: string[] = []
  const started: string[] = []
  for (const { key, order } of planned) {
    const row = await catchUp(state, key)
    const isThere = existsSync(order.artefact)
    const isCached = row.state === 'done' && isThere
    if (leftStates.includes(row.state) || (row.state === 'done' && !isThere))
      await requeue(state, row)
    if (!isCached && !activeStates.includes(row.state))
      started.push(key)
    ;(isCached ? cached : queued).push(key)
  }
  if (recipe)
    await db.transaction().execute(trx => putRecipeState(trx, started, recipe))
  state.wanted.studies.add(study)
  state.isQueueDirty = true
  return { cached, queued }
}

/** Asks a run's worker to pause or stop; takes a run that has none off the queue. */
export async function ask(state: RunnerState, key: string, request: RunRequest): Promise<RunRow> {
  const row = await catchUp(state, key)
  if (request === 'stop' && !activeStates.includes(row.state)) {
    return move(state, key, 'cancelled', {
      set: {
        finished_at_ms: Date.now(),
      },
    })
  }
  if (row.state === 'queued')
    throw new FacetError('conflict', `Run "${row.label}" has not started; only a running one can be paused.`, { where: key, hint: `facet stop ${key.slice(0, 12)} takes it off the queue.` })
  const runDir = state.workspace.paths.runDir(key)
  const before = row.state === 'pausing'
    ? readRequest(runDir)
    : null
  if (before === 'stop' && request === 'pause')
    throw new FacetError('conflict', `Run "${row.label}" is being stopped; it cannot be paused any more.`, { where: key, hint: `facet resume ${key.slice(0, 12)} takes it up again when it has left.` })
  if (before === request)
    return row
  // Asked before it is recorded: a host that dies in between leaves a worker that knows, not a run that waits for ever.
  if (activeStates.includes(row.state))
    askWorker(runDir, request)
  const worker = state.workers.get(key)
  if (worker && request === 'stop')
    worker.stopBy = performance.now() + state.stopMs
  if (worker && request === 'pause')
    worker.pauseBy = performance.now() + state.pauseMs
  return recordRequest(state, row, request)
}

/** Lets nothing more start, then asks every run at work to pause; those that are being stopped go on leaving. */
export async function pauseAll(state: RunnerState): Promise<RunRow[]> {
  state.wanted = {
    all: false,
    studies: new Set(),
    keys: new Set(),
  }
  const paused: RunRow[] = []
  for (const { key } of await listRuns(state.workspace.db, { states: ['running'] })) {
    // It may have ended since the last look.
    if ((await catchUp(state, key)).state === 'running')
      paused.push(await ask(state, key, 'pause'))
  }
  return paused
}

async function recordRequest(state: RunnerState, { key, state: current }: RunRow, request: RunRequest): Promise<RunRow> {
  const reason: Problem | null = request === 'stop'
    ? { code: 'interrupted', message: 'Somebody asked it to stop.' }
    : null
  if (current !== 'pausing')
    return move(state, key, 'pausing', { reason })
  await setReason(state.workspace.db, key, reason)
  const row = await requireRun(state.workspace.db, key)
  state.events.changed(row)
  return row
}

/** Queues a run that was left, or starts one that an earlier host queued. */
export async function resume(state: RunnerState, key: string): Promise<RunRow> {
  const row = await catchUp(state, key)
  if (row.state === 'done')
    throw new FacetError('conflict', `Run "${row.label}" is done; there is nothing to resume.`, { where: key })
  if (row.state === 'running')
    return row // somebody else asked first
  const old = wordOldVersion(row)
  if (old !== null && !activeStates.includes(row.state))
    throw new FacetError('conflict', `Run "${row.label}" cannot go on: ${old}.`, { where: key, hint: 'facet run STUDY.yaml, with the recipe of its study.' })
  state.wanted.keys.add(key)
  state.isQueueDirty = true
  return row.state === 'queued'
    ? row
    : requeue(state, row)
}

/** The run as its event file has it, also where this database learns of it only now. */
export async function catchUp(state: RunnerState, key: string): Promise<RunRow> {
  const row = await follow(state, key)
  if (state.workers.has(key) || !activeStates.includes(row.state))
    return row
  await adopt(state, row)
  await settleIfGone(state, key)
  return requireRun(state.workspace.db, key)
}

async function requeue(state: RunnerState, { key, state: before }: RunRow): Promise<RunRow> {
  const position = await nextPosition(state.workspace.db)
  return move(state, key, 'queued', {
    set: {
      position,
      queued_at_ms: Date.now(),
      progress_done: null,
      progress_total: null,
      per_second: null,
      // What was done is done anew, what was left goes on.
      ...(before === 'done'
        ? { duration_ms: null }
        : {}),
    },
  })
}
