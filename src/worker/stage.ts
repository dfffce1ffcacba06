import type { z } from 'zod'
import type { Order, RunResult } from '#shared/order.ts'
import type { StageDeclaration, StageName } from '#shared/stages/declare.ts'

/** A named array of numbers of a checkpoint or model. */
export interface TensorData { dtype: 'float32' | 'int32' | 'uint8', shape: number[], data: Float32Array | Int32Array | Uint8Array }

/** All that is needed to go on as if never stopped: weights, optimizer, best weights as tensors; step, best score, position in the data as plain data. */
export interface Checkpoint { step: number, tensors: Record<string, TensorData>, state: unknown }

/** Thrown by `leaveIfAsked` after the checkpoint is written; the worker turns it into `paused` or `stopped`. */
export class Leaving extends Error {}

/** What a stage's run function is given. */
export interface StageContext<Config> {
  order: Order
  config: Config
  seed: number
  /** Temporary path (file or folder, the stage's choice) that is sealed by rename when the run returns. */
  artefact: string
  report: {
    metrics: (step: number, values: Record<string, number>) => void
    /** Throttled; throughput and ETA are made of it. */
    progress: (done: number, total: number, unit: string) => void
    log: (text: string, level?: 'info' | 'warning' | 'error') => void
  }
  /** Whether somebody asked to pause or stop; cheap enough for every step. Save a checkpoint, then throw Leaving. */
  isLeaving: () => boolean
  checkpoint: {
    /** The newest whole checkpoint of an earlier attempt, or null. A damaged one is passed over with a warning for the older generation. */
    load: () => Promise<Checkpoint | null>
    /** Temporary name, fsync, rename; keeps one older generation. */
    save: (checkpoint: Checkpoint) => Promise<void>
  }
}

export type StageRun<Config> = (context: StageContext<Config>) => Promise<RunResult>

/** Ties a declaration to its run function; exists for its types. */
export function runOf<Name extends StageName, Config extends z.ZodType>(_stage: StageDeclaration<Name, Config>, run: StageRun<z.output<Config>>): StageRun<z.output<Config>> {
  return run
}
