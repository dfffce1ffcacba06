import type { Selectable } from 'kysely'
import type { DatasetTable, Db } from './database.ts'
import type { Trx } from './runs.ts'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'

export type DatasetRow = Selectable<DatasetTable>

/** Records a data set under its name; the same name again replaces the entry, sealed packs stay. */
export async function putDataset(db: Db | Trx, { name, fingerprint, format, root, options, summary, listing }: { name: string, fingerprint: string, format: string, root: string, options: unknown, summary: unknown, listing: string }, now: number): Promise<void> {
  const values = {
    fingerprint,
    format,
    root,
    options: JSON.stringify(options),
    summary: JSON.stringify(summary),
    listing,
    added_at_ms: now,
  }
  await db.insertInto('datasets').values({ name, ...values }).onConflict(conflict => conflict.column('name').doUpdateSet(values)).execute()
}

/** A data set by name. @throws FacetError 'not-found' with the nearest name */
export async function requireDataset(db: Db, name: string): Promise<DatasetRow> {
  const row = await db.selectFrom('datasets').selectAll().where('name', '=', name).executeTakeFirst()
  if (row)
    return row
  const names = (await listDatasets(db)).map(dataset => dataset.name)
  throw new FacetError('not-found', `There is no data set "${name}" in this workspace.`, {
    hint: names.length > 0
      ? suggestName(name, names)
      : 'facet dataset add PATH adds one.',
  })
}

/** The data set of a name, or null. */
export async function findDataset(db: Db | Trx, name: string): Promise<DatasetRow | null> {
  return await db.selectFrom('datasets').selectAll().where('name', '=', name).executeTakeFirst() ?? null
}

/** All data sets by name. */
export function listDatasets(db: Db): Promise<DatasetRow[]> {
  return db.selectFrom('datasets').selectAll().orderBy('name').execute()
}

/** Forgets a data set; its packs go with the next gc. */
export async function removeDataset(db: Db, name: string): Promise<void> {
  await requireDataset(db, name)
  await db.deleteFrom('datasets').where('name', '=', name).execute()
}
