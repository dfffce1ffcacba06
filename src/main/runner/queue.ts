import type { RunRow } from '#main/workspace/runs.ts'
import type { Problem } from '#shared/errors.ts'
import type { Order, RunState } from '#shared/order.ts'
import type { GpuDevice } from '#shared/provenance.ts'
import type { QueuedRun, Start } from './schedule.ts'
import type { RunnerState } from './state.ts'
import { existsSync, statSync } from 'node:fs'
import { listDevices, putProvenance } from '#main/workspace/provenance.ts'
import { listRuns, needsOf, requireRun, setBlocked, setWorker } from '#main/workspace/runs.ts'
import { runsOfStudies } from '#main/workspace/studies.ts'
import { RunResult } from '#shared/order.ts'
import { eventsPath, readEvents } from './follow.ts'
import { whyLeftOut } from './left-out.ts'
import { blockersOf, chooseStarts, threadsBesideGpu } from './schedule.ts'
import { move } from './state.ts'
import { startWorker } from './worker-process.ts'

/** How a study (or everything) stands once nothing of it can go on by itself. */
export interface IdleReport {
  counts: Partial<Record<RunState, number>>
  /** Runs that are not done, with their reasons. */
  open: RunRow[]
}

/** Says what blocks queued runs and starts those that can be. */
export async function pump(state: RunnerState): Promise<void> {
  const queue = await readQueue(state)
  for (const run of queue.values()) {
    // What waits for this one may stand before it in the queue, so a change is followed by another look.
    if (run.state === 'queued' && await recordBlockers(state, run, queue))
      state.isQueueDirty = true
  }
  if (state.isQueueDirty)
    return
  const { workers, cores, gpus } = state
  const busy = [
    ...workers.values(),
  ].reduce((sum, worker) => sum + worker.threads, 0)
  const atWork = [...workers.keys()].flatMap(key => queue.get(key) ?? [])
  const taken = new Set(atWork.flatMap(({ lastGpu }) => lastGpu ?? []))
  const isAlone = atWork.some(({ usesAllCores, lastGpu }) => usesAllCores && lastGpu === null)
  // A worker that has just paused may still be leaving: its run starts again when it is gone.
  const free = new Map([...queue].filter(([key, run]) => run.state !== 'queued' || !workers.has(key)))
  for (const start of chooseStarts(free, { cores, gpus, busy, isAlone, taken }))
    await startRun(state, start)
}

/** How a study, one run, or everything stands; null while something of it is at work or about to start. */
export async function reportIdle(state: RunnerState, { study, key }: { study?: string, key?: string }): Promise<IdleReport | null> {
  const rows = await listRuns(state.workspace.db, { study, keys: key === undefined ? undefined : [key] })
  const queue = await readQueue(state)
  const goesOn = (key: string): boolean => {
    const run = queue.get(key)!
    return state.workers.has(key) || (run.state === 'queued' && run.isWanted && !run.isBlocked)
  }
  if (rows.some(({ key }) => goesOn(key)))
    return null
  const counts: IdleReport['counts'] = {}
  for (const row of rows)
    counts[row.state] = (counts[row.state] ?? 0) + 1
  return {
    counts,
    // Without a study, what nobody asked for is not missing.
    open: rows.filter(row => row.state !== 'done' && (study !== undefined || queue.get(row.key)!.isWanted)),
  }
}

async function readQueue({ workspace: { db }, wanted, gpus }: RunnerState): Promise<Map<string, QueuedRun>> {
  const rows = await listRuns(db)
  const needs = await needsOf(db, rows.map(row => row.key))
  const devices = await listDevices(db)
  const inStudies = await runsOfStudies(db, wanted.all
    ? 'all'
    : [...wanted.studies])
  const queue = new Map<string, QueuedRun>(rows.map(row => [
    row.key,
    {
      key: row.key,
      label: row.label,
      state: row.state,
      isBlocked: row.state === 'queued' && row.reason !== null,
      usesAllCores: row.uses_all_cores === 1,
      // One that began on the CPU goes on there, to the same bits.
      usesGpu: row.uses_all_cores === 1 && gpus.length > 0 && !row.engine?.endsWith('-cpu'),
      lastGpu: devices.get(row.key) ?? null,
      needs: needs.get(row.key)!,
      isWanted: false,
    },
  ]))
  for (const row of rows) {
    if (wanted.keys.has(row.key) || whyLeftOut(row, inStudies) === null)
      want(queue, row.key)
  }
  return queue
}

/** Who wants a run wants what it needs. */
function want(queue: Map<string, QueuedRun>, key: string): void {
  const run = queue.get(key)
  if (!run || run.isWanted)
    return
  run.isWanted = true
  for (const need of run.needs)
    want(queue, need)
}

async function recordBlockers({ workspace: { db }, events }: RunnerState, run: QueuedRun, queue: Map<string, QueuedRun>): Promise<boolean> {
  const blockers = blockersOf(run, queue)
  if (blockers.length === 0 && !run.isBlocked)
    return false
  run.isBlocked = blockers.length > 0
  const reason: Problem | null = blockers.length === 0
    ? null
    : { code: 'conflict', message: `It needs ${blockers.map(({ why }) => why).join(' and ')}.`, hint: `facet resume ${blockers[0]!.key.slice(0, 12)} takes that up again.` }
  if (!await setBlocked(db, run.key, reason))
    return false
  events.changed(await requireRun(db, run.key))
  return true
}

/** How far a run's event file is taken in, in the file as it is now. */
function whatIsKnown({ events_offset, last_seq }: RunRow, path: string): Pick<RunRow, 'events_offset' | 'last_seq'> {
  if (!existsSync(path))
    return { events_offset: 0, last_seq: -1 } // its folder was removed: the worker counts from 0 again
  // A power cut may take lines that are in the database already: the next ones come where the file ends now.
  return statSync(path).size < events_offset
    ? { events_offset: readEvents(path, events_offset).offset, last_seq }
    : { events_offset, last_seq }
}

/** What the candidates of a p-cnn reached on validation: their runs are done by now. */
async function withValidation(db: RunnerState['workspace']['db'], candidates: NonNullable<Order['candidates']>): Promise<Order['candidates']> {
  return Promise.all(candidates.map(async ({ teacher, key }) => {
    const { result } = await requireRun(db, key)
    const validation = result === null ? null : RunResult.parse(JSON.parse(result)).summary.validation
    return { teacher, key, validation: typeof validation === 'number' ? validation : null }
  }))
}

async function startRun(state: RunnerState, { key, gpu }: Start): Promise<void> {
  const { workspace: { db, paths }, workers, worker: setup, wake } = state
  const row = await requireRun(db, key)
  // A resume keeps the first attempt's thread count: another one gives other bits.
  const threads = row.threads ?? threadsOf(state, row, gpu)
  const runDir = paths.runDir(key)
  const known = whatIsKnown(row, eventsPath(runDir))
  const planned = JSON.parse(row.work_order) as Omit<Order, 'runDir' | 'threads'>
  const order: Order = {
    ...planned,
    ...planned.candidates && { candidates: await withValidation(db, planned.candidates) },
    runDir,
    firstSeq: known.last_seq + 1,
    threads,
    device: gpu,
  }
  await putProvenance(db, key, { device: gpu?.id ?? null })
  await move(state, key, 'running', {
    set: {
      ...known,
      threads,
      pid: null,
      pid_started: null,
      started_at_ms: Date.now(),
      finished_at_ms: null,
    },
  })
  try {
    const worker = startWorker(setup, runDir, order, { visibleGpus: visibleTo(state, row, gpu), onExit: wake })
    workers.set(key, Object.assign(worker, { silentMs: 0, stopBy: null, pauseBy: null }))
    await setWorker(db, key, worker)
  }
  catch (error) {
    const message = `Its worker could not be started: ${error instanceof Error
      ? error.message
      : String(error)}`
    await move(state, key, 'failed', {
      reason: { code: 'disk', message, where: runDir },
      set: {
        finished_at_ms: Date.now(),
      },
    })
  }
}

function threadsOf({ cores, gpus }: RunnerState, { uses_all_cores }: RunRow, gpu: GpuDevice | null): number {
  if (gpu)
    return threadsBesideGpu(cores, gpus.length)
  return uses_all_cores === 1 ? cores : 1
}

/**
 * What a worker sees of the GPUs: its own alone, or none. null leaves that to the engine, where nobody could name the GPUs (no
 * nvidia-smi in a container, say) and the run has the machine to itself.
 */
function visibleTo({ gpus }: RunnerState, { uses_all_cores }: RunRow, gpu: GpuDevice | null): string | null {
  if (gpu)
    return gpu.id
  return uses_all_cores === 1 && gpus.length === 0 ? null : ''
}
