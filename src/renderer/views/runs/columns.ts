import type { Column } from '#renderer/components/data-table.ts'
import type { RunItem } from '#shared/run-views.ts'
import { shortKey } from '#renderer/format.ts'
import { RunState } from '#shared/order.ts'
import { stageNames } from './filter.ts'

/** The columns of the list; `runOf` gives a row's run, or null for a heading. */
export function columnsOf<Row>(runOf: (row: Row) => RunItem | null): Column<Row>[] {
  const of = <V extends string | number | null>(read: (run: RunItem) => V) => (row: Row): V | null => {
    const run = runOf(row)
    return run && read(run)
  }
  return [
    { key: 'key', title: 'Run', width: '92px', value: of(({ key }) => shortKey(key)), help: 'First digits of the run\'s key' },
    { key: 'stage', title: 'Stage', width: '86px', value: of(({ stage }) => stage) },
    { key: 'label', title: 'What', width: 'minmax(220px, 3fr)', value: of(({ label }) => label) },
    { key: 'seed', title: 'Seed', width: '58px', align: 'right', value: of(({ seed, usesSeed }) => usesSeed ? seed : null) },
    { key: 'state', title: 'State', width: '160px', value: of(({ state }) => state) },
    { key: 'figure', title: 'Result', width: '96px', align: 'right', value: of(({ figure }) => figure?.value ?? null), help: 'Accuracy, error, cosine or nRMSE, whichever the run was for' },
    { key: 'time', title: 'Time', width: '104px', align: 'right', value: of(({ durationMs }) => durationMs) },
    { key: 'when', title: 'Last change', width: '150px', align: 'right', value: of(({ finishedAtMs, startedAtMs, queuedAtMs }) => finishedAtMs ?? startedAtMs ?? queuedAtMs) },
    { key: 'studies', title: 'Studies', width: 'minmax(100px, 1fr)', value: of(({ studies }) => studies.join(', ') || null) },
  ]
}

/** The order of stages and states in filters: the way of the data, and of a run's life. */
export const filterStages: readonly string[] = stageNames
export const filterStates: readonly RunState[] = RunState.options
