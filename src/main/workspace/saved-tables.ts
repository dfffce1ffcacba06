import type { Selectable } from 'kysely'
import type { Db, SavedTableTable } from './database.ts'
import type { Trx } from './runs.ts'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'

export type SavedTableRow = Selectable<SavedTableTable>

/** Saved tables by name, of one study or of all. */
export function listSavedTables(db: Db | Trx, study?: string): Promise<SavedTableRow[]> {
  return db.selectFrom('saved_tables').selectAll().$if(study !== undefined, query => query.where('study', '=', study!)).orderBy('name').execute()
}

/** A saved table by name, or undefined. */
export function findSavedTable(db: Db | Trx, name: string): Promise<SavedTableRow | undefined> {
  return db.selectFrom('saved_tables').selectAll().where('name', '=', name).executeTakeFirst()
}

/** Saves a table under a name that is free. */
export async function insertSavedTable(trx: Trx, { name, study, selection }: { name: string, study: string, selection: unknown }, now: number): Promise<void> {
  await trx.insertInto('saved_tables').values({ name, study, selection: JSON.stringify(selection), created_at_ms: now, updated_at_ms: now }).execute()
}

/**
 * Saves a table under its name.
 *
 * @throws FacetError 'conflict' where the name is taken and `replaces` is not said
 */
export async function putSavedTable(db: Db, { name, study, selection, replaces }: { name: string, study: string, selection: unknown, replaces: boolean }, now: number): Promise<void> {
  const values = { study, selection: JSON.stringify(selection), updated_at_ms: now }
  await db.transaction().execute(async (trx) => {
    if (!replaces && await findSavedTable(trx, name))
      throw new FacetError('conflict', `There is a saved table "${name}" already.`, { hint: 'Choose another name, or say that it is to be replaced (--replace).' })
    await trx.insertInto('saved_tables').values({ name, created_at_ms: now, ...values }).onConflict(conflict => conflict.column('name').doUpdateSet(values)).execute()
  })
}

/** Forgets a saved table and returns what it was. @throws FacetError 'not-found' with the nearest name */
export async function removeSavedTable(db: Db, name: string): Promise<SavedTableRow> {
  return db.transaction().execute(async (trx) => {
    const row = await findSavedTable(trx, name)
    if (!row) {
      const names = (await listSavedTables(trx)).map(table => table.name)
      throw new FacetError('not-found', `There is no saved table "${name}".`, { hint: names.length > 0 ? suggestName(name, names) : 'facet table save NAME saves one.' })
    }
    await trx.deleteFrom('saved_tables').where('name', '=', name).execute()
    return row
  })
}
