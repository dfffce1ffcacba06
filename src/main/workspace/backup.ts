import type DatabaseFile from 'better-sqlite3'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import Database from 'better-sqlite3'
import { FacetError, toProblem } from '#shared/errors.ts'
import { syncPath } from '#shared/files/durable.ts'
import { damageOf } from './database-damage.ts'
import { findDamage } from './integrity.ts'

/** A copy of a workspace's database: one file, looked through after it was written. */
export interface Backup { path: string, bytes: number }

/** Where a copy made at this moment goes, by default. */
export function backupPath(folder: string, now: Date = new Date()): string {
  return join(folder, `facet-${now.toISOString().replaceAll(':', '-')}.sqlite`)
}

/** Copies in a workspace's folder of backups, newest first. */
export function listBackups(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder).filter(name => /^facet-.*\.sqlite$/.test(name)).sort().reverse().map(name => join(folder, name))
    : []
}

/**
 * Copies a database that is in use: its connection goes on writing meanwhile, and the copy has what was in it at the end. The
 * copy appears under its name only whole, looked through and on the disk.
 *
 * @throws FacetError 'conflict' where there is such a file already, 'disk' where there is no room, 'bad-input' where the database is damaged
 */
export async function backUp(connection: DatabaseFile.Database, path: string): Promise<Backup> {
  const temporary = beside(path)
  try {
    await connection.backup(temporary)
    asOneFile(temporary)
    return keep(temporary, path, await findDamage(temporary))
  }
  catch (error) {
    throw wordFailure(error, path)
  }
  finally {
    rmSync(temporary, { force: true })
  }
}

/** As backUp, before anything else may use the database: what a migration is about to change. */
export function backUpBefore(connection: DatabaseFile.Database, path: string): Backup {
  const temporary = beside(path)
  try {
    connection.prepare('vacuum into ?').run(temporary)
    asOneFile(temporary)
    return keep(temporary, path, damageOf(temporary))
  }
  catch (error) {
    throw wordFailure(error, path)
  }
  finally {
    rmSync(temporary, { force: true })
  }
}

/** The name that a copy has while it is written: beside its own, and never one that is there. */
function beside(path: string): string {
  if (existsSync(path))
    throw new FacetError('conflict', 'There is such a file already; a backup replaces none.', { where: path, hint: 'Choose another name.' })
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.tmp-${process.pid}`
  rmSync(temporary, { force: true }) // of an earlier process with this number
  return temporary
}

/** A copy of a database in WAL mode asks for two files beside it as soon as it is opened. */
function asOneFile(path: string): void {
  const connection = new Database(path)
  connection.pragma('journal_mode = delete')
  connection.close()
}

function keep(temporary: string, path: string, damage: string[]): Backup {
  if (damage.length > 0)
    throw new FacetError('bad-input', `The database is damaged, and so would be its copy: ${damage[0]!.split('\n')[0]}`, { where: path, hint: 'facet doctor --fix saves what can be read.' })
  syncPath(temporary)
  renameSync(temporary, path)
  syncPath(dirname(path))
  return { path, bytes: statSync(path).size }
}

function wordFailure(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'SQLITE_FULL' || code === 'ENOSPC')
    return new FacetError('disk', 'The disk is full: the backup was not kept.', { where: path, hint: 'Free some space (facet gc lists what can go), or name a file on another disk.', cause: error })
  if (typeof code === 'string' && code.startsWith('SQLITE_CORRUPT'))
    return new FacetError('bad-input', `The database is damaged, and so would be its copy: ${toProblem(error).message}`, { where: path, hint: 'facet doctor --fix saves what can be read.', cause: error })
  return error
}
