import type { Selectable } from 'kysely'
import type { Db, StudyTable } from './database.ts'
import type { Trx } from './runs.ts'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'
import { setField } from '#shared/recipe-edit/edit-text.ts'
import { StudyDetail } from '#shared/study-detail.ts'

export type StudyRow = Selectable<StudyTable>

/** Records a study as it was last asked for. `detail` is plain data of the planner's own (resolved recipe, cells). */
export async function putStudy(db: Db | Trx, { name, recipe, detail }: { name: string, recipe: string, detail: unknown }, now: number): Promise<void> {
  const values = {
    recipe,
    detail: JSON.stringify(detail),
    updated_at_ms: now,
  }
  await db.insertInto('studies').values({ name, created_at_ms: now, ...values }).onConflict(conflict => conflict.column('name').doUpdateSet(values)).execute()
}

/** A study by name, if it was ever asked for. */
export function findStudy(db: Db | Trx, name: string): Promise<StudyRow | undefined> {
  return db.selectFrom('studies').selectAll().where('name', '=', name).executeTakeFirst()
}

/** A study by name. @throws FacetError 'not-found' with the nearest name */
export async function requireStudy(db: Db | Trx, name: string): Promise<StudyRow> {
  const row = await findStudy(db, name)
  if (row)
    return row
  const names = (await listStudies(db)).map(study => study.name)
  throw new FacetError('not-found', `There is no study "${name}" in this workspace.`, {
    hint: names.length > 0
      ? suggestName(name, names)
      : 'facet run STUDY.yaml makes one.',
  })
}

/** All studies, the one changed last first. */
export function listStudies(db: Db | Trx): Promise<StudyRow[]> {
  return db.selectFrom('studies').selectAll().orderBy('updated_at_ms', 'desc').execute()
}

/** Forgets a study. Its runs and what they made stay until `facet gc`. */
export async function removeStudy(db: Db, name: string): Promise<void> {
  await db.deleteFrom('studies').where('name', '=', name).execute()
}

/** Gives a study another name; its runs go with it. `change` says what becomes of the planner's data. */
export async function renameStudy(db: Db, name: string, as: string, change: (detail: StudyDetail) => StudyDetail): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { detail, recipe, ...row } = await requireStudy(trx, name)
    await trx.insertInto('studies').values({
      ...row,
      name: as,
      recipe: setField(recipe, ['study'], as),
      detail: JSON.stringify(change(StudyDetail.parse(JSON.parse(detail)))),
    }).execute()
    await trx.updateTable('study_runs').set({ study: as }).where('study', '=', name).execute()
    await trx.updateTable('saved_tables').set({ study: as }).where('study', '=', name).execute()
    await trx.deleteFrom('studies').where('name', '=', name).execute()
  })
}

/** Makes a study consist of exactly these runs, in this order. */
export async function setStudyRuns(trx: Trx, study: string, keys: readonly string[]): Promise<void> {
  await trx.deleteFrom('study_runs').where('study', '=', study).execute()
  const rows = keys.map((run, position) => ({ study, run, position }))
  for (let from = 0; from < rows.length; from += 500)
    await trx.insertInto('study_runs').values(rows.slice(from, from + 500)).execute()
}

/** Keys of the runs of some studies, or of all of them. */
export async function runsOfStudies(db: Db, studies: readonly string[] | 'all'): Promise<Set<string>> {
  if (studies.length === 0)
    return new Set()
  const rows = await db.selectFrom('study_runs').select('run').$if(studies !== 'all', query => query.where('study', 'in', studies as readonly string[])).execute()
  return new Set(rows.map(({ run }) => run))
}
