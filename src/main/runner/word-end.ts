import type { RunRow } from '#main/workspace/runs.ts'
import type { Problem } from '#shared/errors.ts'
import type { WorkerExit } from './worker-process.ts'
import { logPath, logTail } from './worker-process.ts'

/** The sentence for a worker that ended without saying so itself: how, how far it had come, where its log is, what to do. */
export function wordEnd(row: RunRow, runDir: string, { exit, silentMs, wasAskedToStop }: { exit: WorkerExit | null, silentMs: number, wasAskedToStop: boolean }): Problem {
  const where = logPath(runDir)
  const reached = row.progress_done !== null && row.progress_total !== null
    ? ` at ${row.progress_done} of ${row.progress_total} ${row.progress_unit ?? ''}`.trimEnd()
    : ' before it reported progress'
  if (wasAskedToStop) {
    return {
      code: 'interrupted',
      message: `It did not leave when asked to stop and was ended${reached}.`,
      where,
      hint: `facet resume ${row.key.slice(0, 12)} goes on from its last checkpoint.`,
    }
  }
  const cause = silentMs > 10_000
    ? `was silent for ${Math.round(silentMs / 1000)} s and was ended`
    : exit === null
      ? 'is gone (its host was not there to see why)'
      : exit.signal
        ? `was ended by ${exit.signal}${exit.signal === 'SIGKILL'
          ? ' (somebody killed it, or memory ran out)'
          : ''}`
        : exit.code === null
          ? 'could not be started'
          : `left with exit code ${exit.code} and without a word`
  const tail = exit?.code
    ? `\n${logTail(where)}`
    : ''
  return {
    code: 'interrupted',
    message: `The worker${row.pid
      ? ` (process ${row.pid})`
      : ''} ${cause}${reached}.${tail}`,
    where,
    hint: `facet resume ${row.key.slice(0, 12)} goes on from its last checkpoint.`,
  }
}
