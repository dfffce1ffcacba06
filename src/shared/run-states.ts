import type { RunState } from './order.ts'

/** The one table of allowed moves of a run. Screens enable their buttons by it, the host moves by it. */
export const allowedMoves: Record<RunState, readonly RunState[]> = {
  queued: ['running', 'failed', 'cancelled'],
  running: [
    'pausing',
    'paused',
    'done',
    'failed',
    'interrupted',
    'cancelled',
  ],
  pausing: [
    'paused',
    'done',
    'failed',
    'interrupted',
    'cancelled',
  ],
  paused: ['queued', 'cancelled'],
  done: ['queued'], // its artefact was removed
  failed: ['queued', 'cancelled'],
  interrupted: ['queued', 'cancelled'],
  cancelled: ['queued'],
}

/** Whether a run may go from one state to another. */
export function canMove(from: RunState, to: RunState): boolean {
  return allowedMoves[from].includes(to)
}

/** States in which a worker process is at work. */
export const activeStates: readonly RunState[] = ['running', 'pausing']
