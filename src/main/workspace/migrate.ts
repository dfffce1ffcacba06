import type Database from 'better-sqlite3'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { backUpBefore, backupPath } from './backup.ts'

/** A dated file of plain SQL, never edited after it has shipped; names give the only order. */
export interface Migration { name: string, sql: string, checksum: string }

/** The migrations that this version of Facet ships. */
export const shippedMigrations: string = join(import.meta.dirname, 'migrations')

/** Reads a folder of migrations in their order; a file that is none stops it, since passing over one would leave a hole. */
export function readMigrations(folder: string): Migration[] {
  return readdirSync(folder).sort().map((name) => {
    if (!/^\d{4}-\d{2}-\d{2}-[a-z0-9-]+\.sql$/.test(name))
      throw new FacetError('internal', `internal: "${name}" is no migration; names look like 2026-11-24-create-runs.sql.`, { where: folder })
    const sql = readFileSync(join(folder, name), 'utf8')
    return {
      name,
      sql,
      checksum: createHash('sha256').update(sql).digest('hex'),
    }
  })
}

/** What a migration did: the files that were applied, and the copy from before where there was something to copy. */
export interface Migrated { applied: string[], copy: string | null }

/**
 * Brings a database up to date: each missing migration in one transaction of its own, after one copy of the database.
 *
 * @throws FacetError as `missingMigrations`; as `backUpBefore` where no copy can be made, and then nothing is changed;
 *   'internal' where a migration fails, with its file and the copy's path; the database is then as before that file.
 */
export function migrate(db: Database.Database, migrations: Migration[], { where, backups }: { where: string, backups: string }): Migrated {
  db.exec('create table if not exists migrations (name text primary key not null, checksum text not null, applied_at_ms integer not null) strict')
  const missing = missingMigrations(db, migrations, where)
  const isNew = missing.length === migrations.length
  const copy = missing.length > 0 && !isNew
    ? backUpBefore(db, backupPath(backups)).path
    : null
  for (const migration of missing)
    apply(db, migration, where, copy)
  return { applied: missing.map(({ name }) => name), copy }
}

/**
 * What a database has not got yet; nothing is changed.
 *
 * @throws FacetError 'conflict' where the database was made by a newer version or an applied file was edited since
 */
export function missingMigrations(db: Database.Database, migrations: Migration[], where: string): Migration[] {
  const applied = db.prepare('select name, checksum from migrations order by name').all() as { name: string, checksum: string }[]
  for (const { name, checksum } of applied) {
    const shipped = migrations.find(migration => migration.name === name)
    if (!shipped)
      throw new FacetError('conflict', `The workspace was made by a newer version of Facet: it has the migration ${name}, which this version does not know.`, { where, hint: 'Update Facet, or open another workspace.' })
    if (shipped.checksum !== checksum)
      throw new FacetError('conflict', `The migration ${name} was changed after it had been applied (checksum ${checksum.slice(0, 12)} recorded, ${shipped.checksum.slice(0, 12)} found).`, { where, hint: 'Put the file back as it was, and make the change in a new migration.' })
  }
  return migrations.filter(({ name }) => !applied.some(row => row.name === name))
}

function apply(db: Database.Database, { name, sql, checksum }: Migration, where: string, copy: string | null): void {
  const areForeignKeysOn = db.pragma('foreign_keys', { simple: true }) as number
  // A table that others refer to is changed by making it anew, and dropping the old one must not take their rows along.
  db.pragma('foreign_keys = off')
  try {
    db.transaction(() => {
      db.exec(sql)
      const [dangling] = db.pragma('foreign_key_check') as { table: string, parent: string }[]
      if (dangling)
        throw new Error(`a row of ${dangling.table} refers to none of ${dangling.parent}`)
      db.prepare('insert into migrations values (?, ?, ?)').run(name, checksum, Date.now())
    }).exclusive()
  }
  catch (error) {
    throw new FacetError('internal', `internal: the migration ${name} failed: ${error instanceof Error
      ? error.message
      : String(error)}. Nothing of it was kept.`, {
      where,
      hint: copy
        ? `A copy from before is ${copy}.`
        : undefined,
      cause: error,
    })
  }
  finally {
    db.pragma(`foreign_keys = ${areForeignKeysOn}`)
  }
}
