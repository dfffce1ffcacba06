import type { RunChange, RunRow } from '#main/workspace/runs.ts'
import type { Workspace } from '#main/workspace/workspace.ts'
import type { Problem } from '#shared/errors.ts'
import type { RunState } from '#shared/order.ts'
import type { GpuDevice } from '#shared/provenance.ts'
import type { WorkerProcess, WorkerSetup } from './worker-process.ts'
import { moveRun } from '#main/workspace/runs.ts'

/** What the runner tells whoever listens, beside the rows of the database. */
export interface RunnerEvents {
  changed: (row: RunRow) => void
  metrics: (key: string, rows: { metric: string, step: number, value: number }[]) => void
  progress: (row: RunRow) => void
}

/** A worker that this host follows. */
export interface Followed extends WorkerProcess {
  /** How long it has written nothing. */
  silentMs: number
  /** When it is ended if it has not left by then, after somebody asked it to stop. */
  stopBy: number | null
  /** When its run says that it is late, if it has not left by then, after somebody asked it to pause. */
  pauseBy: number | null
}

/** What the runner's parts share. They run one after the other (serial.ts), so nobody sees another's half. */
export interface RunnerState {
  workspace: Workspace
  worker: WorkerSetup
  cores: number
  gpus: readonly GpuDevice[]
  events: RunnerEvents
  silentMs: number
  stopMs: number
  pauseMs: number
  workers: Map<string, Followed>
  /** What somebody asked for in this host's life; what an earlier host queued waits until it is asked for. */
  wanted: { all: boolean, studies: Set<string>, keys: Set<string> }
  /** Something changed that may let a queued run start. */
  isQueueDirty: boolean
  /** Looks again soon. */
  wake: () => void
}

/** Moves a run in a transaction of its own and tells it. */
export async function move(state: RunnerState, key: string, to: RunState, { reason = null, set = {} }: { reason?: Problem | null, set?: RunChange } = {}): Promise<RunRow> {
  const row = await state.workspace.db.transaction().execute(trx => moveRun(trx, key, to, {
    now: Date.now(),
    reason,
    set,
  }))
  state.isQueueDirty = true
  state.events.changed(row)
  return row
}
