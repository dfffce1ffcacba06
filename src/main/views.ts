import type { Problem } from '#shared/errors.ts'
import type { DatasetView, ProgressView, RunView } from '#shared/views.ts'
import type { DatasetRow } from './workspace/datasets.ts'
import type { RunRow } from './workspace/runs.ts'
import { Problem as ProblemSchema } from '#shared/problem-schema.ts'

/** The columns behind a view: orders and inputs are most of a row, and a list of 10,000 rows has no use for them. */
export const viewedColumns = [
  'key',
  'stage',
  'version',
  'label',
  'seed',
  'uses_seed',
  'state',
  'reason',
  'attempt',
  'threads',
  'engine',
  'queued_at_ms',
  'started_at_ms',
  'finished_at_ms',
  'duration_ms',
  'bytes',
  'memory_bytes',
  'progress_done',
  'progress_total',
  'progress_unit',
  'per_second',
] as const

export type ViewedRow = Pick<RunRow, (typeof viewedColumns)[number]>

/** A run's row as clients see it. */
export function viewRun(row: ViewedRow): RunView {
  return {
    key: row.key,
    stage: row.stage,
    version: row.version,
    label: row.label,
    seed: row.seed,
    usesSeed: row.uses_seed === 1,
    state: row.state,
    reason: parseReason(row.reason),
    attempt: row.attempt,
    threads: row.threads,
    engine: row.engine,
    queuedAtMs: row.queued_at_ms,
    startedAtMs: row.started_at_ms,
    finishedAtMs: row.finished_at_ms,
    durationMs: row.duration_ms,
    bytes: row.bytes,
    memoryBytes: row.memory_bytes,
    progress: viewProgress(row),
  }
}

/** How far a run is, or null before it said anything. */
export function viewProgress({ progress_done: done, progress_total: total, progress_unit: unit, per_second: perSecond }: ViewedRow): ProgressView | null {
  if (done === null || total === null)
    return null
  const rate = perSecond ?? 0
  return {
    done,
    total,
    unit: unit ?? '',
    perSecond: rate,
    etaSeconds: rate > 0
      ? Math.max(0, total - done) / rate
      : null,
  }
}

/** A data set's row as clients see it. */
export function viewDataset(row: DatasetRow): DatasetView {
  return {
    name: row.name,
    format: row.format,
    root: row.root,
    fingerprint: row.fingerprint,
    options: JSON.parse(row.options),
    summary: JSON.parse(row.summary) as Record<string, unknown>,
    addedAtMs: row.added_at_ms,
  }
}

/** A reason as it was recorded. */
export function parseReason(text: string | null): Problem | null {
  return text === null
    ? null
    : ProblemSchema.parse(JSON.parse(text))
}
