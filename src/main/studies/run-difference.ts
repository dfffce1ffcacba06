import type { Core } from '#main/core.ts'
import type { RunRow } from '#main/workspace/runs.ts'
import type { Result } from '#shared/contract.ts'
import { findRun, listRuns } from '#main/workspace/runs.ts'
import { defaultConfig, differencesOf, fieldsOf, nearestRuns } from './difference.ts'

/** Parents that a person may choose among. */
const mostParents = 5

/** What differs between a run and another, its nearest earlier one, or the defaults of its stage. */
export async function differenceOf({ workspace: { db } }: Core, row: RunRow, against: string | undefined): Promise<Result<'runs.difference'>> {
  const nearest = nearestRuns(row, await listRuns(db, { stage: row.stage }), mostParents)
  const chosen = against === 'default'
    ? undefined
    : against === undefined ? nearest[0]?.row : await findRun(db, against)
  const own = fieldsOf(row)
  const other = fieldsOf(chosen ?? {
    ...row,
    config: JSON.stringify(defaultConfig(row.stage, JSON.parse(row.config) as Record<string, unknown>)),
  })
  return {
    against: { key: chosen?.key ?? null, label: chosen?.label ?? 'the defaults' },
    parents: nearest.map(({ row: { key, label }, differing }) => ({ key, label, differing })),
    fields: own.size,
    differences: differencesOf(own, other),
  }
}
