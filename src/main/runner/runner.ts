import type { RunRow } from '#main/workspace/runs.ts'
import type { Workspace } from '#main/workspace/workspace.ts'
import type { GpuDevice, RecipeState } from '#shared/provenance.ts'
import type { PlannedRun } from './planned-run.ts'
import type { IdleReport } from './queue.ts'
import type { RunnerEvents, RunnerState } from './state.ts'
import type { WorkerSetup } from './worker-process.ts'
import { performance } from 'node:perf_hooks'
import { listRuns } from '#main/workspace/runs.ts'
import { FacetError } from '#shared/errors.ts'
import { activeStates } from '#shared/run-states.ts'
import { pump, reportIdle } from './queue.ts'
import { forget, repeat } from './repeat.ts'
import { ask, enqueue, pauseAll, resume } from './requests.ts'
import { createSerial } from './serial.ts'
import { adopt, watch } from './watch.ts'

export interface RunnerOptions {
  workspace: Workspace
  worker: WorkerSetup
  /** Threads of a run that uses all cores, and how many others run side by side. */
  cores: number
  /** One run a GPU, beside those that need none; none, and such runs use all cores. */
  gpus?: readonly GpuDevice[]
  events: RunnerEvents
  pollMs?: number
  /** A worker that writes nothing for so long counts as gone. It writes a heartbeat every 5 s. */
  silentMs?: number
  /** A worker asked to stop gets so long to reach the end of a step before it is ended. */
  stopMs?: number
  /** A worker asked to pause is left to finish its step; one that takes longer than this is told of in the run's reason. */
  pauseMs?: number
}

/** The local queue: starts workers, follows their event files into the database, and is the only one that moves runs. */
export interface Runner {
  /** Takes over what earlier hosts left: catches up with event files, follows workers that are still there, marks the others interrupted. */
  start: () => Promise<void>
  /** Records a study's runs in their order and starts what can be; `putStudy` comes first. `recipe`: what they were asked for with. */
  enqueue: (study: string, planned: readonly PlannedRun[], recipe?: RecipeState) => Promise<{ cached: string[], queued: string[] }>
  /** Lets the queued runs of all studies start, whichever host queued them. */
  advance: () => Promise<void>
  pause: (key: string) => Promise<RunRow>
  /** Asks every run at work to pause and starts no other until somebody asks again. */
  pauseAll: () => Promise<RunRow[]>
  stop: (key: string) => Promise<RunRow>
  resume: (key: string) => Promise<RunRow>
  /** Queues a run that belongs to no study, on as many threads and the same kind of device as the one that it repeats. */
  repeat: (planned: PlannedRun, as: Pick<RunRow, 'threads' | 'engine'>) => Promise<RunRow>
  /** Removes such a run with all that it left. */
  forget: (key: string) => Promise<void>
  /**
   * Works on the files and rows of runs while none starts, is followed or moves; others wait, so it has to be short.
   * `isAtWork` says whether a run has a worker, which a paused one may still have.
   */
  hold: <T>(work: (isAtWork: (key: string) => boolean) => Promise<T>) => Promise<T>
  /** Waits until nothing of a study (of one run, or of everything) is at work or about to start. */
  idle: (study?: string, key?: string) => Promise<IdleReport>
  /** Stops following; workers go on and the next host catches up. */
  close: () => Promise<void>
}

interface Waiting { study: string | undefined, key: string | undefined, resolve: (report: IdleReport) => void, reject: (error: unknown) => void }

/** Makes the runner of an open workspace. Nothing happens before `start`. */
export function createRunner({ workspace, worker, cores, gpus = [], events, pollMs = 200, silentMs = 25_000, stopMs = 30_000, pauseMs = 60_000 }: RunnerOptions): Runner {
  const serial = createSerial()
  const waiting: Waiting[] = []
  let timer: NodeJS.Timeout | null = null
  let isClosed = false
  /** Somebody new waits, so the answer may be known without any change. */
  let isAsked = false
  /** A look that has not begun sees whatever more there is to see. */
  let isLookQueued = false
  let lastLookMs = performance.now()
  let lastFailure = ''

  const state: RunnerState = {
    workspace,
    worker,
    cores,
    gpus,
    events,
    silentMs,
    stopMs,
    pauseMs,
    workers: new Map(),
    wanted: {
      all: false,
      studies: new Set(),
      keys: new Set(),
    },
    isQueueDirty: true,
    wake: () => {
      if (isClosed || isLookQueued)
        return
      isLookQueued = true
      void serial(async () => {
        isLookQueued = false
        await look()
      }).catch(fail)
    },
  }

  async function look(): Promise<void> {
    if (isClosed)
      return
    const now = performance.now()
    // A machine that slept has not been watching: a long gap counts as one look, not as silence.
    const elapsedMs = Math.min(now - lastLookMs, 5 * pollMs)
    lastLookMs = now
    let isBehind = false
    for (const [key, followed] of [...state.workers])
      isBehind = !await watch(state, key, followed, elapsedMs) || isBehind
    if (isBehind)
      setImmediate(state.wake) // after those who waited meanwhile
    const mayAnswer = state.isQueueDirty || isAsked
    isAsked = false
    while (state.isQueueDirty) {
      state.isQueueDirty = false
      await pump(state)
    }
    if (mayAnswer)
      await answerWaiting()
  }

  async function answerWaiting(): Promise<void> {
    for (const entry of [...waiting]) {
      const report = await reportIdle(state, entry)
      if (report) {
        waiting.splice(waiting.indexOf(entry), 1)
        entry.resolve(report)
      }
    }
  }

  /** A full disk or a damaged page: said once, and tried again with the next look, since nothing is taken in but in whole transactions. */
  function fail(error: unknown): void {
    if (String(error) !== lastFailure)
      console.error(error)
    lastFailure = String(error)
    rejectWaiting(error)
  }
  function rejectWaiting(error: unknown): void {
    for (const { reject } of waiting.splice(0))
      reject(error)
  }

  async function request<T>(work: () => Promise<T>): Promise<T> {
    const result = serial(work)
    state.wake()
    return result
  }

  return {
    start: async () => {
      await serial(async () => {
        for (const row of await listRuns(workspace.db, { states: activeStates }))
          await adopt(state, row)
      })
      timer = setInterval(state.wake, pollMs)
      await serial(look)
    },
    enqueue: (study, planned, recipe) => request(() => enqueue(state, study, planned, recipe)),
    advance: () => request(async () => {
      state.wanted.all = true
      state.isQueueDirty = true
    }),
    pause: key => request(() => ask(state, key, 'pause')),
    pauseAll: () => request(() => pauseAll(state)),
    stop: key => request(() => ask(state, key, 'stop')),
    resume: key => request(() => resume(state, key)),
    repeat: (planned, as) => request(() => repeat(state, planned, as)),
    forget: key => request(() => forget(state, key)),
    hold: work => request(async () => {
      state.isQueueDirty = true // what others wait for may be done now
      return work(key => state.workers.has(key))
    }),
    idle: (study, key) => new Promise((resolve, reject) => {
      waiting.push({ study, key, resolve, reject })
      isAsked = true
      state.wake()
    }),
    close: async () => {
      isClosed = true
      if (timer)
        clearInterval(timer)
      await serial(async () => {})
      rejectWaiting(new FacetError('interrupted', 'The host was closed; workers go on.', { hint: 'Open the workspace again to follow them.' }))
    },
  }
}
