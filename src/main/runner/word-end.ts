import type { RunRow } from '#main/workspace/runs.ts'
import type { Problem } from '#shared/errors.ts'
import type { WorkerExit } from './worker-process.ts'
import { mainMemoryBytes } from '#shared/main-memory.ts'
import { batchOf, wordOutOfMemory } from '#shared/out-of-memory.ts'
import { logPath, logTail } from './worker-process.ts'

/** The sentence for a worker that was asked to pause and is still at the same step. */
export function wordLatePause(row: RunRow, runDir: string, pauseMs: number): Problem {
  return {
    code: 'conflict',
    message: `It was asked to pause ${Math.round(pauseMs / 1000)} s ago and has not reached the end of its step, ${wordReached(row).trimStart()}.`,
    where: logPath(runDir),
    hint: `It pauses when it does. facet stop ${row.key.slice(0, 12)} ends it now; a resume then goes on from its last checkpoint.`,
  }
}

function wordReached({ progress_done: done, progress_total: total, progress_unit: unit }: RunRow): string {
  return done !== null && total !== null
    ? ` at ${done} of ${total} ${unit ?? ''}`.trimEnd()
    : ' before it reported progress'
}

/** What the runtimes say when they end themselves because no memory is left. */
const memoryWords = /std::bad_alloc|JavaScript heap out of memory|Cannot allocate memory/

/** The system ended a process for lack of memory, and this worker was killed; or its own runtime gave up. */
function ranOutOfMemory(exit: WorkerExit | null, log: string): boolean {
  return exit?.hadMemoryKill === true || (exit?.signal === 'SIGABRT' && memoryWords.test(logTail(log, 8192)))
}

function wordMemoryEnd({ key, stage, config, memory_bytes: memory, pid }: RunRow, reached: string): Pick<Problem, 'message' | 'hint'> {
  const limitBytes = mainMemoryBytes()
  const { message, hint } = wordOutOfMemory({ stage, key, ...batchOf(stage, JSON.parse(config)), limitBytes, gpu: null, tensor: null, fixedBytes: 0 })
  const held = memory === null ? '' : ` It held ${(memory / 1e9).toFixed(1)} GB at most.`
  return { message: `${message} Process ${pid} ended${reached}.${held}`, hint }
}

/** The sentence for a worker that ended without saying so itself: how, how far it had come, where its log is, what to do. */
export function wordEnd(row: RunRow, runDir: string, { exit, silentMs, wasAskedToStop }: { exit: WorkerExit | null, silentMs: number, wasAskedToStop: boolean }): Problem {
  const where = logPath(runDir)
  const reached = wordReached(row)
  if (wasAskedToStop) {
    return {
      code: 'interrupted',
      message: `It did not leave when asked to stop and was ended${reached}.`,
      where,
      hint: `facet resume ${row.key.slice(0, 12)} goes on from its last checkpoint.`,
    }
  }
  if (silentMs <= 10_000 && ranOutOfMemory(exit, where))
    return { code: 'interrupted', where, ...wordMemoryEnd(row, reached) }
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
