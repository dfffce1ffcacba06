import type { Insertable, Selectable, Transaction, Updateable } from 'kysely'
import type { PlannedRun } from '#main/runner/planned-run.ts'
import type { Problem } from '#shared/errors.ts'
import type { RunState } from '#shared/order.ts'
import type { Db, RunTable, Tables } from './database.ts'
import { FacetError } from '#shared/errors.ts'
import { canMove } from '#shared/run-states.ts'

export type RunRow = Selectable<RunTable>
export type Trx = Transaction<Tables>

/** What a move changes besides the state. */
export type RunChange = Omit<Updateable<RunTable>, 'key' | 'state' | 'reason'>

/**
 * Moves a run to another state and records the move, in the caller's transaction: the only place where a state changes.
 *
 * @throws FacetError 'conflict' where the table of moves does not allow it; 'not-found' for an unknown key
 */
export async function moveRun(trx: Trx, key: string, to: RunState, { now, reason = null, set = {} }: { now: number, reason?: Problem | null, set?: RunChange }): Promise<RunRow> {
  const row = await requireRun(trx, key)
  if (!canMove(row.state, to))
    throw new FacetError('conflict', `Run "${row.label}" is ${row.state}; it cannot become ${to}.`, { where: key })
  const reasonText = reason && JSON.stringify(reason)
  await trx.updateTable('runs').set({ ...set, state: to, reason: reasonText }).where('key', '=', key).execute()
  await trx.insertInto('run_moves').values({
    run: key,
    from_state: row.state,
    to_state: to,
    at_ms: now,
    reason: reasonText,
  }).execute()
  return {
    ...row,
    ...set,
    state: to,
    reason: reasonText,
  } as RunRow
}

/** The run of a key. @throws FacetError 'not-found' */
export async function requireRun(db: Db | Trx, key: string): Promise<RunRow> {
  const row = await db.selectFrom('runs').selectAll().where('key', '=', key).executeTakeFirst()
  if (!row)
    throw new FacetError('not-found', `There is no run ${key}.`, { hint: 'facet runs lists them.' })
  return row
}

/** The run whose key starts with the given digits. @throws FacetError 'not-found', or 'usage' where several do */
export async function findRun(db: Db | Trx, prefix: string): Promise<RunRow> {
  if (!/^[0-9a-f]{4,64}$/.test(prefix))
    throw new FacetError('usage', `"${prefix}" is no run key: at least 4 of its hexadecimal digits are needed.`, { hint: 'facet runs lists them.' })
  const rows = await db.selectFrom('runs').selectAll().where('key', '>=', prefix).where('key', '<', `${prefix}g`).limit(3).execute()
  if (rows.length > 1)
    throw new FacetError('usage', `"${prefix}" is the beginning of several keys: ${rows.map(row => row.key.slice(0, 16)).join(', ')} ...`, { hint: 'Give more digits.' })
  return rows[0] ?? await requireRun(db, prefix)
}

/** Runs in the order of their queue, of one study and in some states where asked. */
export function listRuns(db: Db | Trx, { study, states, stage, keys }: { study?: string, states?: readonly RunState[], stage?: RunTable['stage'], keys?: readonly string[] } = {}): Promise<RunRow[]> {
  return db.selectFrom('runs').selectAll('runs').$if(study !== undefined, query => query.innerJoin('study_runs', 'study_runs.run', 'runs.key').where('study_runs.study', '=', study!).orderBy('study_runs.position')).$if(states !== undefined, query => query.where('runs.state', 'in', states!)).$if(stage !== undefined, query => query.where('runs.stage', '=', stage!)).$if(keys !== undefined, query => query.where('runs.key', 'in', keys!)).orderBy('runs.position').execute()
}

/** Records a planned run as queued where it is new, else renews what does not belong to its key (order, label). */
export async function putPlannedRun(trx: Trx, planned: PlannedRun, { position, now }: { position: number, now: number }): Promise<RunRow> {
  const row: Insertable<RunTable> = {
    key: planned.key,
    stage: planned.stage,
    version: planned.version,
    config: JSON.stringify(planned.config),
    inputs: JSON.stringify(planned.inputs),
    seed: planned.seed,
    uses_seed: Number(planned.usesSeed),
    uses_all_cores: Number(planned.usesAllCores),
    label: planned.label,
    work_order: JSON.stringify(planned.order),
    state: 'queued',
    position,
    queued_at_ms: now,
  }
  await trx.insertInto('runs').values(row).onConflict(conflict => conflict.column('key').doUpdateSet({ label: row.label, work_order: row.work_order, uses_all_cores: row.uses_all_cores })).execute()
  await trx.deleteFrom('run_needs').where('run', '=', planned.key).execute()
  if (planned.needs.length > 0)
    await trx.insertInto('run_needs').values(planned.needs.map(need => ({ run: planned.key, need }))).onConflict(conflict => conflict.doNothing()).execute()
  return requireRun(trx, planned.key)
}

/** Keys that a run needs. */
export async function needsOf(db: Db | Trx, keys: readonly string[]): Promise<Map<string, string[]>> {
  const needs = new Map<string, string[]>(keys.map(key => [key, []]))
  for (const { run, need } of await db.selectFrom('run_needs').selectAll().where('run', 'in', keys).execute())
    needs.get(run)!.push(need)
  return needs
}

/** The place after the last of the queue. */
export async function nextPosition(db: Db | Trx): Promise<number> {
  const { last } = await db.selectFrom('runs').select(({ fn }) => fn.max('position').as('last')).executeTakeFirstOrThrow()
  return (last ?? -1) + 1
}

/** Every move of a run, oldest first. */
export function listMoves(db: Db, key: string): Promise<{ from_state: RunState, to_state: RunState, at_ms: number, reason: string | null }[]> {
  return db.selectFrom('run_moves').select([
    'from_state',
    'to_state',
    'at_ms',
    'reason',
  ]).where('run', '=', key).orderBy('id').execute()
}

/** Metric rows of a run by metric, then step. */
export function listMetrics(db: Db, key: string, { metrics, fromStep }: { metrics?: readonly string[], fromStep?: number } = {}): Promise<{ metric: string, step: number, value: number }[]> {
  return db.selectFrom('metrics').select(['metric', 'step', 'value']).where('run', '=', key).$if(metrics !== undefined, query => query.where('metric', 'in', metrics!)).$if(fromStep !== undefined, query => query.where('step', '>=', fromStep!)).orderBy('metric').orderBy('step').execute()
}

/** Evaluation rows of some runs. */
export function listEvaluations(db: Db, keys: readonly string[]): Promise<Selectable<Tables['evaluations']>[]> {
  return db.selectFrom('evaluations').selectAll().where('run', 'in', keys).execute()
}

/** How many runs are in each state, of one study or of all. */
export async function countRuns(db: Db, study?: string): Promise<Partial<Record<RunState, number>>> {
  const rows = await db.selectFrom('runs').select(({ fn }) => [
    'runs.state',
    fn.countAll<number>().as('count'),
  ]).$if(study !== undefined, query => query.innerJoin('study_runs', 'study_runs.run', 'runs.key').where('study_runs.study', '=', study!)).groupBy('runs.state').execute()
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

/** Studies that a run belongs to. */
export async function studiesOf(db: Db, key: string): Promise<string[]> {
  const rows = await db.selectFrom('study_runs').select('study').where('run', '=', key).orderBy('study').execute()
  return rows.map(({ study }) => study)
}

/** Says why a queued run cannot start, or that nothing is in its way any more. Returns whether that is news. */
export async function setBlocked(db: Db, key: string, reason: Problem | null): Promise<boolean> {
  const text = reason && JSON.stringify(reason)
  const { numUpdatedRows } = await db.updateTable('runs').set({ reason: text }).where('key', '=', key).where('state', '=', 'queued').where('reason', 'is not', text).executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Says something of a run without moving it; null takes back what was said. */
export async function setReason(db: Db, key: string, reason: Problem | null): Promise<void> {
  await db.updateTable('runs').set({ reason: reason && JSON.stringify(reason) }).where('key', '=', key).execute()
}

/** Records which process works on a run. */
export async function setWorker(db: Db, key: string, { pid, started }: { pid: number, started: string }): Promise<void> {
  await db.updateTable('runs').set({ pid, pid_started: started }).where('key', '=', key).execute()
}
