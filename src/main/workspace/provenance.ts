import type { Environment } from '#shared/provenance.ts'
import type { Db, ProvenanceTable } from './database.ts'
import type { Trx } from './runs.ts'
import { createHash } from 'node:crypto'
import { Provenance, RecipeState } from '#shared/provenance.ts'

/** Changes what is known of where a run came from; what is left out stays. */
export async function putProvenance(db: Db | Trx, run: string, change: Partial<Omit<ProvenanceTable, 'run'>>): Promise<void> {
  await db.insertInto('run_provenance').values({ run, ...change }).onConflict(conflict => conflict.column('run').doUpdateSet(change)).execute()
}

/** Records the recipe's folder as it is now for runs that are about to be computed. */
export async function putRecipeState(trx: Trx, runs: readonly string[], state: RecipeState): Promise<void> {
  const text = JSON.stringify(RecipeState.parse(state))
  const id = createHash('sha256').update(text).digest('hex')
  await trx.insertInto('recipe_states').values({ id, state: text }).onConflict(conflict => conflict.doNothing()).execute()
  for (const run of runs)
    await putProvenance(trx, run, { recipe: id })
}

/** Records what a run's worker said of itself when it started. */
export function putEnvironment(trx: Trx, run: string, environment: Environment): Promise<void> {
  return putProvenance(trx, run, { environment: JSON.stringify(environment) })
}

/** Where a run came from; parts are null where an older Facet ran it. */
export async function readProvenance(db: Db, run: string): Promise<Provenance> {
  const row = await db.selectFrom('run_provenance').leftJoin('recipe_states', 'recipe_states.id', 'run_provenance.recipe').select(['environment', 'state']).where('run', '=', run).executeTakeFirst()
  return Provenance.parse({
    environment: row?.environment ? JSON.parse(row.environment) : null,
    recipe: row?.state ? JSON.parse(row.state) : null,
  })
}

/** The GPU of each run's newest attempt, of those that had one. */
export async function listDevices(db: Db): Promise<Map<string, string>> {
  const rows = await db.selectFrom('run_provenance').select(['run', 'device']).where('device', 'is not', null).execute()
  return new Map(rows.map(({ run, device }) => [run, device!]))
}

/** Forgets folders' states that no run refers to any more. */
export async function removeUnusedRecipeStates(db: Db): Promise<void> {
  await db.deleteFrom('recipe_states').where('id', 'not in', db.selectFrom('run_provenance').select('recipe').where('recipe', 'is not', null).$castTo<{ recipe: string }>()).execute()
}
