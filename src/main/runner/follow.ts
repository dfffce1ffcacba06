import type { RunRow, Trx } from '#main/workspace/runs.ts'
import type { Problem } from '#shared/errors.ts'
import type { RunEvent, RunState } from '#shared/order.ts'
import { Buffer } from 'node:buffer'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { addPoints } from '#main/workspace/curves.ts'
import { putEnvironment } from '#main/workspace/provenance.ts'
import { moveRun } from '#main/workspace/runs.ts'
import { artefactName, putSealedFiles } from '#main/workspace/sealed-files.ts'
import { parseEvent } from '#shared/event-line.ts'
import { activeStates } from '#shared/run-states.ts'

/** Whole lines of an event file from an offset on. A line that is not finished yet stays for the next time. */
export interface EventChunk { events: RunEvent[], offset: number, unreadable: number }

/** Where a run writes its events. */
export function eventsPath(runDir: string): string {
  return join(runDir, 'events.ndjson')
}

/**
 * Reads what an event file holds beyond `offset`, at most `limitBytes` at once. A file shorter than the offset is read
 * from its start: sequence numbers tell what is known already.
 */
export function readEvents(path: string, offset: number, limitBytes = 1 << 20): EventChunk {
  const size = sizeOf(path)
  const from = size < offset
    ? 0
    : offset
  if (size === from)
    return { events: [], offset: from, unreadable: 0 }
  const bytes = readBytes(path, from, Math.min(size - from, limitBytes))
  const end = bytes.lastIndexOf(10) + 1
  if (end === 0 && bytes.length === limitBytes)
    return readEvents(path, offset, 2 * limitBytes) // one line longer than the limit must not stop all that follow
  const lines = bytes.subarray(0, end).toString('utf8').split('\n').filter(line => line !== '')
  const events = lines.map(parseEvent)
  return {
    events: events.filter(event => event !== null),
    offset: from + end,
    unreadable: events.filter(event => event === null).length,
  }
}

/** What taking in events changed, for whoever listens. */
export interface Applied {
  row: RunRow
  metrics: { metric: string, step: number, value: number }[]
  movedTo: RunState[]
}

/** Takes events into the database, each exactly once: those up to the row's last number are known and passed over. */
export async function applyEvents(trx: Trx, row: RunRow, { events, offset }: EventChunk): Promise<Applied> {
  const fresh = events.filter(event => event.seq > row.last_seq)
  const applied: Applied = { row, metrics: [], movedTo: [] }
  for (const event of fresh)
    await applyEvent(trx, applied, event)
  await insertMetrics(trx, row.key, fresh)
  const last = fresh.at(-1)
  const set = {
    events_offset: offset,
    ...(last
      ? { last_seq: last.seq, last_event_at_ms: last.time }
      : {}),
  }
  await trx.updateTable('runs').set(set).where('key', '=', row.key).execute()
  applied.row = {
    ...applied.row,
    ...set,
  }
  return applied
}

async function applyEvent(trx: Trx, applied: Applied, event: RunEvent): Promise<void> {
  const key = applied.row.key
  const change = async (set: Partial<RunRow>): Promise<void> => {
    if (Object.keys(set).length === 0)
      return
    await trx.updateTable('runs').set(set).where('key', '=', key).execute()
    applied.row = {
      ...applied.row,
      ...set,
    }
  }
  const move = async (to: RunState, set: Partial<RunRow> = {}, reason: Problem | null = null): Promise<void> => {
    if (applied.row.state === to)
      return change(set)
    applied.row = await moveRun(trx, key, to, { now: event.time, set, reason })
    applied.movedTo.push(to)
  }
  switch (event.type) {
    case 'started':
      // Normally the host has recorded the start; a host that knows the run from its event file alone learns it here.
      if (!activeStates.includes(applied.row.state)) {
        if (applied.row.state !== 'queued')
          await move('queued', applied.row.state === 'done' ? { duration_ms: null } : {})
        await move('running')
      }
      if (event.environment)
        await putEnvironment(trx, key, event.environment)
      return change({
        attempt: event.attempt,
        pid: event.pid,
        engine: event.engine,
        threads: event.threads,
        started_at_ms: event.time,
        finished_at_ms: null,
        memory_bytes: null,
      })
    case 'metrics':
      for (const [metric, value] of Object.entries(event.values))
        applied.metrics.push({ metric, step: event.step, value })
      return
    case 'progress':
      return change({
        progress_done: event.done,
        progress_total: event.total,
        progress_unit: event.unit,
        per_second: event.perSecond,
      })
    case 'heartbeat':
      return change({
        memory_bytes: Math.max(event.memoryBytes, applied.row.memory_bytes ?? 0),
      })
    case 'log':
      return // stays in the file: runs.logs reads it there
    case 'paused':
      return move('paused', endOf(applied.row, event))
    case 'stopped':
      return move('cancelled', endOf(applied.row, event))
    case 'failed':
      return move('failed', endOf(applied.row, event), event.problem)
    case 'done':
      await insertEvaluations(trx, key, event.result)
      await putSealedFiles(trx, artefactName(applied.row.stage, key), event.files ?? [])
      return move('done', {
        finished_at_ms: event.time,
        duration_ms: (applied.row.duration_ms ?? 0) + event.durationMs,
        bytes: event.bytes,
        result: JSON.stringify(event.result),
      })
    default:
      event satisfies never
  }
}

/** An attempt that ended before its run was done; its time counts, since the next one goes on from its checkpoint. */
function endOf({ duration_ms: before, started_at_ms: started }: RunRow, { time, durationMs = Math.max(0, time - (started ?? time)) }: { time: number, durationMs?: number }): Partial<RunRow> {
  return {
    finished_at_ms: time,
    duration_ms: (before ?? 0) + durationMs,
  }
}

/** Records the metrics of some events; those that are known stay as they are. */
export async function insertMetrics(trx: Trx, run: string, events: RunEvent[]): Promise<void> {
  const rows = events.flatMap(event => event.type === 'metrics'
    ? Object.entries(event.values).map(([metric, value]) => ({
        metric,
        step: event.step,
        value,
        at_ms: event.time,
      }))
    : [])
  await addPoints(trx, run, rows)
}

/** Records what a finished run was evaluated to, in place of what was known. */
export async function insertEvaluations(trx: Trx, run: string, { evaluations }: Extract<RunEvent, { type: 'done' }>['result']): Promise<void> {
  await trx.deleteFrom('evaluations').where('run', '=', run).execute()
  const rows = evaluations.map(({ scope, metric, value, count, standardError, interval: [low, high] }) => ({
    run,
    scope,
    metric,
    value,
    count,
    standard_error: standardError,
    low,
    high,
  }))
  if (rows.length > 0)
    await trx.insertInto('evaluations').values(rows).execute()
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function readBytes(path: string, from: number, length: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(file, bytes, 0, length, from))
  }
  finally {
    closeSync(file)
  }
}
