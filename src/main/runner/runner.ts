import type { RunRow, Trx } from '#main/workspace/runs.ts'
import type { Workspace } from '#main/workspace/workspace.ts'
import type { Problem } from '#shared/errors.ts'
import type { Order, RunState } from '#shared/order.ts'
import type { PlannedRun } from './planned-run.ts'
import type { QueuedRun } from './schedule.ts'
import type { WorkerProcess, WorkerSetup } from './worker-process.ts'
import { existsSync } from 'node:fs'
import { listRuns, moveRun, needsOf, nextPosition, putPlannedRun, requireRun } from '#main/workspace/runs.ts'
import { requireStudy, setStudyRuns } from '#main/workspace/studies.ts'
import { FacetError } from '#shared/errors.ts'
import { killGroup } from '#shared/process-identity.ts'
import { activeStates } from '#shared/run-states.ts'
import { applyEvents, eventsPath, readEvents } from './follow.ts'
import { blockersOf, chooseStarts } from './schedule.ts'
import { createSerial } from './serial.ts'
import { wordEnd } from './word-end.ts'
import { askWorker, findWorker, isAtWork, startWorker } from './worker-process.ts'

/** What the runner tells whoever listens, beside the rows of the database. */
export interface RunnerEvents {
  changed: (row: RunRow) => void
  metrics: (key: string, rows: { metric: string, step: number, value: number }[]) => void
  progress: (row: RunRow) => void
}

export interface RunnerOptions {
  workspace: Workspace
  worker: WorkerSetup
  /** Threads of a run that uses all cores, and how many others run side by side. */
  cores: number
  events: RunnerEvents
  pollMs?: number
  /** A worker that writes nothing for so long counts as gone. It writes a heartbeat every 5 s. */
  silentMs?: number
  /** A worker asked to stop gets so long to reach the end of a step before it is ended. */
  stopMs?: number
}

/** How a study (or everything) stands once nothing of it can go on by itself. */
export interface IdleReport {
  counts: Partial<Record<RunState, number>>
  /** Runs that are not done, with their reasons. */
  open: RunRow[]
}

interface Followed extends WorkerProcess {
  silentMs: number
  stopBy: number | null
}

/** The local queue: starts workers, follows their event files into the database, and is the only one that moves runs. */
export interface Runner {
  /** Takes over what earlier hosts left: catches up with event files, follows workers that are still there, marks the others interrupted. */
  start: () => Promise<void>
  /** Records a study's runs in their order and starts what can be; `putStudy` comes first. */
  enqueue: (study: string, planned: readonly PlannedRun[]) => Promise<{ cached: string[], queued: string[] }>
  /** Lets everything queued start, whichever host queued it. */
  advance: () => Promise<void>
  pause: (key: string) => Promise<RunRow>
  stop: (key: string) => Promise<RunRow>
  resume: (key: string) => Promise<RunRow>
  /** Waits until nothing of a study (or of everything) is at work or about to start. */
  idle: (study?: string) => Promise<IdleReport>
  /** Stops following; workers go on and the next host catches up. */
  close: () => Promise<void>
}

/** Makes the runner of an open workspace. Nothing happens before `start`. */
export function createRunner(options: RunnerOptions): Runner {
  const { workspace, worker: setup, cores, events, pollMs = 200, silentMs = 30_000, stopMs = 30_000 } = options
  const { db, paths } = workspace
  const serial = createSerial()
  const workers = new Map<string, Followed>()
  const wantedStudies = new Set<string>()
  const wantedKeys = new Set<string>()
  const waiting: { study: string | undefined, resolve: (report: IdleReport) => void, reject: (error: unknown) => void }[] = []
  let wantsAll = false
  let isQueueDirty = false
  let timer: NodeJS.Timeout | null = null
  let lastTickMs = 0
  let lastFailure = ''

  const inTransaction = <T>(work: (trx: Trx) => Promise<T>): Promise<T> => db.transaction().execute(work)
  const move = async (key: string, to: RunState, { reason = null, set = {} }: { reason?: Problem | null, set?: Partial<RunRow> } = {}): Promise<RunRow> => {
    const row = await inTransaction(trx => moveRun(trx, key, to, {
      now: Date.now(),
      reason,
      set,
    }))
    isQueueDirty = true
    events.changed(row)
    return row
  }

  /** Takes in what a run's event file holds beyond what is known. */
  async function follow(key: string): Promise<RunRow> {
    for (;;) {
      const before = await requireRun(db, key)
      const chunk = readEvents(eventsPath(paths.runDir(key)), before.events_offset)
      if (chunk.offset === before.events_offset)
        return before
      const { row, metrics, movedTo } = await inTransaction(async trx => applyEvents(trx, await requireRun(trx, key), chunk))
      const followed = workers.get(key)
      if (followed)
        followed.silentMs = 0
      if (metrics.length > 0)
        events.metrics(key, metrics)
      if (movedTo.length > 0) {
        isQueueDirty = true
        events.changed(row)
      }
      else if (chunk.events.some(event => event.type === 'progress' || event.type === 'heartbeat')) {
        events.progress(row)
      }
    }
  }

  async function settle(key: string, worker: Followed | null): Promise<void> {
    const row = await follow(key)
    workers.delete(key)
    isQueueDirty = true
    if (!activeStates.includes(row.state))
      return
    const reason = wordEnd(row, paths.runDir(key), { exit: worker?.exit ?? null, silentMs: worker?.silentMs ?? 0, wasAskedToStop: worker?.stopBy != null })
    await move(key, worker?.stopBy != null
      ? 'cancelled'
      : 'interrupted', {
      reason,
      set: {
        finished_at_ms: Date.now(),
      },
    })
  }

  async function watch(key: string, worker: Followed, elapsedMs: number): Promise<void> {
    worker.silentMs += elapsedMs
    await follow(key)
    if (!isAtWork(worker))
      return settle(key, worker)
    if (worker.silentMs >= silentMs || (worker.stopBy !== null && Date.now() > worker.stopBy)) {
      killGroup(worker.pid, worker.started, worker.stopBy !== null && worker.silentMs < silentMs && Date.now() < worker.stopBy + 5_000
        ? 'SIGTERM'
        : 'SIGKILL')
    }
  }

  async function tick(): Promise<void> {
    const now = performance.now()
    // A machine that slept has not been watching: a long gap counts as one look, not as silence.
    const elapsedMs = Math.min(now - lastTickMs, 5 * pollMs)
    lastTickMs = now
    for (const [key, worker] of [...workers])
      await watch(key, worker, elapsedMs)
    while (isQueueDirty) {
      isQueueDirty = false
      await pump()
    }
    await answerWaiting()
  }
  const wake = (): void => { void serial(tick).catch(failWaiting) }

  async function readQueue(): Promise<Map<string, QueuedRun>> {
    const rows = await listRuns(db)
    const needs = await needsOf(db, rows.map(row => row.key))
    const wanted = await wantedRuns()
    return new Map(rows.map(row => [
      row.key,
      {
        key: row.key,
        label: row.label,
        state: row.state,
        isBlocked: row.state === 'queued' && row.reason !== null,
        usesAllCores: row.uses_all_cores === 1,
        needs: needs.get(row.key)!,
        isWanted: wantsAll || wantedKeys.has(row.key) || wanted.has(row.key),
      },
    ]))
  }
  async function wantedRuns(): Promise<Set<string>> {
    if (wantedStudies.size === 0)
      return new Set()
    const rows = await db.selectFrom('study_runs').select('run').where('study', 'in', [...wantedStudies]).execute()
    return new Set(rows.map(({ run }) => run))
  }

  async function pump(): Promise<void> {
    const queue = await readQueue()
    for (const run of queue.values()) {
      if (run.state === 'queued')
        await recordBlockers(run, queue)
    }
    const busy = [
      ...workers.values(),
    ].reduce((sum, worker) => sum + worker.threads, 0)
    const alone = [
      ...workers.keys(),
    ].some(key => queue.get(key)?.usesAllCores)
    for (const key of chooseStarts(new Map([...queue].filter(([key]) => !workers.has(key) || queue.get(key)!.state !== 'queued')), { cores, busy, alone }))
      await startRun(key)
  }
  async function recordBlockers(run: QueuedRun, queue: Map<string, QueuedRun>): Promise<void> {
    const blockers = blockersOf(run, queue)
    const isBlocked = blockers.length > 0
    if (!isBlocked && !run.isBlocked)
      return
    run.isBlocked = isBlocked
    const reason: Problem | null = isBlocked
      ? { code: 'conflict', message: `It needs ${blockers.map(({ why }) => why).join(' and ')}.`, hint: `facet resume ${blockers[0]!.key.slice(0, 12)} takes that up again.` }
      : null
    const text = reason && JSON.stringify(reason)
    const { numUpdatedRows } = await db.updateTable('runs').set({ reason: text }).where('key', '=', run.key).where('reason', 'is not', text).executeTakeFirst()
    if (numUpdatedRows > 0n)
      events.changed(await requireRun(db, run.key))
  }

  async function startRun(key: string): Promise<void> {
    const row = await requireRun(db, key)
    const runDir = paths.runDir(key)
    // A resume keeps the first attempt's thread count: another one gives other bits.
    const threads = row.threads ?? (row.uses_all_cores === 1
      ? cores
      : 1)
    const order: Order = {
      ...JSON.parse(row.work_order) as Omit<Order, 'runDir' | 'threads'>,
      runDir,
      threads,
    }
    await move(key, 'running', {
      set: {
        threads,
        pid: null,
        pid_started: null,
        started_at_ms: Date.now(),
        finished_at_ms: null,
      },
    })
    try {
      const worker = startWorker(setup, runDir, order, { usesGpu: row.uses_all_cores === 1, onExit: wake })
      workers.set(key, Object.assign(worker, { silentMs: 0, stopBy: null }))
      await db.updateTable('runs').set({ pid: worker.pid, pid_started: worker.started }).where('key', '=', key).execute()
    }
    catch (error) {
      await move(key, 'failed', {
        reason: { code: 'disk', message: `Its worker could not be started: ${error instanceof Error
          ? error.message
          : String(error)}`, where: runDir },
        set: {
          finished_at_ms: Date.now(),
        },
      })
    }
  }

  async function report(study: string | undefined): Promise<IdleReport | null> {
    const rows = await listRuns(db, { study })
    const queue = await readQueue()
    const goesOn = rows.some(({ key, state }) => workers.has(key) || (state === 'queued' && queue.get(key)!.isWanted && !queue.get(key)!.isBlocked))
    if (goesOn)
      return null
    const counts: IdleReport['counts'] = {}
    for (const { state } of rows)
      counts[state] = (counts[state] ?? 0) + 1
    return {
      counts,
      open: rows.filter(({ state }) => state !== 'done'),
    }
  }
  async function answerWaiting(): Promise<void> {
    for (const entry of [...waiting]) {
      const answer = await report(entry.study)
      if (answer) {
        waiting.splice(waiting.indexOf(entry), 1)
        entry.resolve(answer)
      }
    }
  }
  /** A full disk or a damaged page: said once, tried again with the next look, since nothing is taken in but in whole transactions. */
  function failWaiting(error: unknown): void {
    const text = String(error)
    if (text !== lastFailure)
      console.error(error)
    lastFailure = text
    for (const { reject } of waiting.splice(0))
      reject(error)
  }

  async function enqueue(study: string, planned: readonly PlannedRun[]): Promise<{ cached: string[], queued: string[] }> {
    await requireStudy(db, study)
    await inTransaction(async (trx) => {
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
    for (const { key, order } of planned) {
      // A run that an earlier database knew is learnt from its event file.
      const row = workers.has(key)
        ? await requireRun(db, key)
        : await follow(key)
      const isThere = existsSync(order.artefact)
      if (row.state === 'done' && isThere)
        cached.push(key)
      else
        queued.push(key)
      if ((row.state === 'done' && !isThere) || [
        'failed',
        'interrupted',
        'cancelled',
        'paused',
      ].includes(row.state)) {
        await requeue(row)
      }
    }
    wantedStudies.add(study)
    isQueueDirty = true
    return { cached, queued }
  }
  async function requeue(row: RunRow): Promise<RunRow> {
    return move(row.key, 'queued', {
      set: {
        position: await nextPosition(db),
        queued_at_ms: Date.now(),
        progress_done: null,
        progress_total: null,
        per_second: null,
      },
    })
  }

  async function ask(key: string, request: 'pause' | 'stop'): Promise<RunRow> {
    const row = workers.has(key)
      ? await follow(key)
      : await requireRun(db, key)
    const worker = workers.get(key)
    if (request === 'stop' && !activeStates.includes(row.state)) {
      return move(key, 'cancelled', {
        set: {
          finished_at_ms: Date.now(),
        },
      })
    }
    if (request === 'pause' && row.state === 'queued')
      throw new FacetError('conflict', `Run "${row.label}" has not started; only a running one can be paused.`, { where: key, hint: `facet stop ${key.slice(0, 12)} takes it off the queue.` })
    const moved = row.state === 'pausing' && request === 'stop'
      ? row
      : await move(key, 'pausing', {
          reason: request === 'stop'
            ? { code: 'interrupted', message: 'Somebody asked it to stop.' }
            : null,
        })
    askWorker(paths.runDir(key), request)
    if (worker && request === 'stop')
      worker.stopBy = Date.now() + stopMs
    return moved
  }

  async function resume(key: string): Promise<RunRow> {
    const row = workers.has(key)
      ? await follow(key)
      : await requireRun(db, key)
    if (row.state === 'done')
      throw new FacetError('conflict', `Run "${row.label}" is done; there is nothing to resume.`, { where: key })
    wantedKeys.add(key)
    isQueueDirty = true
    return row.state === 'queued'
      ? row
      : requeue(row)
  }

  async function adopt(): Promise<void> {
    for (const row of await listRuns(db, { states: activeStates })) {
      const worker = findWorker(paths.runDir(row.key), row)
      if (worker) {
        workers.set(row.key, {
          ...worker,
          silentMs: 0,
          stopBy: row.state === 'pausing' && row.reason !== null
            ? Date.now() + stopMs
            : null,
        })
      }
      else {
        await settle(row.key, null)
      }
    }
  }

  const command = <T>(work: () => Promise<T>): Promise<T> => {
    const result = serial(work)
    wake()
    return result
  }
  return {
    start: async () => {
      lastTickMs = performance.now()
      await serial(adopt)
      isQueueDirty = true
      timer = setInterval(wake, pollMs)
      await serial(tick)
    },
    enqueue: (study, planned) => command(() => enqueue(study, planned)),
    advance: () => command(async () => {
      wantsAll = true
      isQueueDirty = true
    }),
    pause: key => command(() => ask(key, 'pause')),
    stop: key => command(() => ask(key, 'stop')),
    resume: key => command(() => resume(key)),
    idle: study => new Promise((resolve, reject) => {
      waiting.push({ study, resolve, reject })
      wake()
    }),
    close: async () => {
      if (timer)
        clearInterval(timer)
      await serial(async () => {})
      failWaiting(new FacetError('interrupted', 'The host was closed; workers go on.', { hint: 'Open the workspace again to follow them.' }))
    },
  }
}
