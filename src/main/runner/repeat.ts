import type { RunRow } from '#main/workspace/runs.ts'
import type { RunState } from '#shared/order.ts'
import type { PlannedRun } from './planned-run.ts'
import type { RunnerState } from './state.ts'
import { existsSync, rmSync } from 'node:fs'
import { nextPosition, putPlannedRun } from '#main/workspace/runs.ts'
import { artefactName, forgetSealedFiles } from '#main/workspace/sealed-files.ts'
import { FacetError } from '#shared/errors.ts'
import { catchUp, resume } from './requests.ts'

/** States from which a repetition goes on; one that failed or was stopped is begun anew. */
const goesOn: readonly RunState[] = ['queued', 'running', 'pausing', 'paused', 'interrupted']

/**
 * Queues a run that belongs to no study, and takes it up where an earlier attempt was left; one that is finished is given as it is.
 * `as` is the run that it repeats: another count of threads, or another kind of device, gives other bits.
 */
export async function repeat(state: RunnerState, planned: PlannedRun, as: Pick<RunRow, 'threads' | 'engine'>): Promise<RunRow> {
  const { db } = state.workspace
  const isKnown = await db.selectFrom('runs').select('key').where('key', '=', planned.key).executeTakeFirst() !== undefined
  if (isKnown) {
    const before = await catchUp(state, planned.key)
    if (before.state === 'done' && existsSync(planned.order.artefact))
      return before
    if (!goesOn.includes(before.state))
      await forget(state, planned.key)
  }
  await db.transaction().execute(async (trx) => {
    await putPlannedRun(trx, planned, { position: await nextPosition(trx), now: Date.now() })
    await trx.updateTable('runs').set({ threads: as.threads, engine: as.engine }).where('key', '=', planned.key).where('threads', 'is', null).execute()
  })
  return resume(state, planned.key)
}

/** Removes a run that belongs to no study with all that it left. @throws FacetError 'conflict' while its worker is there */
export async function forget({ workspace: { db, paths }, workers }: RunnerState, key: string): Promise<void> {
  if (workers.has(key))
    throw new FacetError('conflict', 'A worker is at work on this run.', { where: key, hint: `facet stop ${key.slice(0, 12)} ends it.` })
  const row = await db.selectFrom('runs').select('stage').where('key', '=', key).executeTakeFirst()
  if (!row)
    return
  await db.deleteFrom('runs').where('key', '=', key).execute()
  await forgetSealedFiles(db, artefactName(row.stage, key))
  const artefact = paths.artefactPath(row.stage, key)
  for (const path of [artefact, `${artefact}.partial`, paths.runDir(key)])
    rmSync(path, { recursive: true, force: true })
}
