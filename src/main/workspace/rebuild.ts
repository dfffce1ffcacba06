import type { WorkspacePaths } from './paths.ts'
import type { RunRow, Trx } from './runs.ts'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { relative } from 'node:path'
import process from 'node:process'
import Database from 'better-sqlite3'
import { eventsPath, insertEvaluations, insertMetrics, readEvents } from '#main/runner/follow.ts'
import { FacetError } from '#shared/errors.ts'
import { syncPath } from '#shared/files/durable.ts'
import { wordMany } from '#shared/words.ts'
import { listBackups } from './backup.ts'
import { damageOf } from './database-damage.ts'
import { openDatabase } from './database.ts'
import { acquireLock, socketPath } from './lock.ts'
import { migrate, missingMigrations, readMigrations, shippedMigrations } from './migrate.ts'
import { artefactName, putSealedFiles } from './sealed-files.ts'
import { createTrash } from './trash.ts'

/** Their numbers are given anew once a row is gone: an older copy may mean another curve by the same one. */
const numbered = ['curves', 'points']

/**
 * Makes a sound database of a damaged one: every row that can still be read, then those that only the newest sound backup has.
 * The damaged file is kept in the trash folder. What neither has is in the event files, and is taken in when a study is run again.
 *
 * @returns what was done, a sentence each
 * @throws FacetError 'conflict' where a process holds the workspace, or another version of Facet made it
 */
export async function rebuildDatabase(paths: WorkspacePaths): Promise<string[]> {
  const lock = acquireLock(paths.lock, { socket: socketPath(paths.socket), title: 'facet doctor --fix' })
  const temporary = `${paths.database}.tmp-${process.pid}`
  try {
    return await rebuild(paths, temporary)
  }
  finally {
    rmSync(temporary, { force: true })
    lock.release()
  }
}

async function rebuild(paths: WorkspacePaths, temporary: string): Promise<string[]> {
  const backup = listBackups(paths.backups).find(path => damageOf(path).length === 0)
  rmSync(temporary, { force: true })
  const whole = new Database(temporary)
  const counts: { name: string, rows: number }[] = []
  try {
    whole.pragma('foreign_keys = off')
    whole.pragma('synchronous = off') // it counts only when it is whole, and reaches the disk then
    migrate(whole, readMigrations(shippedMigrations), { where: temporary, backups: paths.backups })
    counts.push({ name: 'it', rows: copyRows(paths.database, whole, []) })
    if (backup !== undefined)
      counts.push({ name: relative(paths.root, backup), rows: copyRows(backup, whole, numbered) })
    dropDangling(whole)
    whole.pragma('journal_mode = delete')
  }
  finally {
    whole.close()
  }
  await takeInEvents(temporary, paths)
  const [damage] = damageOf(temporary)
  if (damage !== undefined)
    throw new FacetError('internal', `internal: what was saved is not sound: ${damage}`, { where: temporary })
  syncPath(temporary)
  const trash = createTrash(paths)
  const kept = ['', '-wal', '-shm'].map(ending => `${paths.database}${ending}`).filter(path => existsSync(path)).map(path => trash.put(path))
  renameSync(temporary, paths.database)
  syncPath(paths.root)
  return [
    `The database was damaged and has been made anew: ${counts.map(({ name, rows }) => `${wordMany(rows, 'row')} from ${name}`).join(', then ')}, curves and checksums from the event files. The damaged one is ${relative(paths.root, kept[0]!)}.`,
    'Runs and studies that could not be read are taken up from their event files when their recipe is run again, without computing them.',
  ]
}

/** Copies what can be read of each table that both know, rows that are there already excepted; returns how many were new. */
function copyRows(from: string, into: Database.Database, without: readonly string[]): number {
  let source: Database.Database | undefined
  try {
    source = new Database(from, { readonly: true, fileMustExist: true })
    refuseNewer(source, from)
    return tablesOf(into).filter(table => table !== 'migrations' && !without.includes(table)).reduce((sum, table) => sum + copyTable(source!, into, table), 0)
  }
  catch (error) {
    if (!isDamage(error))
      throw error
    return 0 // not even its first page can be read
  }
  finally {
    source?.close()
  }
}

/** What a newer version has written is not understood here; a list of migrations that cannot be read says nothing. */
function refuseNewer(database: Database.Database, where: string): void {
  try {
    missingMigrations(database, readMigrations(shippedMigrations), where)
  }
  catch (error) {
    if (!isDamage(error))
      throw error
  }
}

function tablesOf(database: Database.Database): string[] {
  return database.prepare(`select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by rowid`).pluck().all() as string[]
}

function columnsOf(database: Database.Database, table: string): string[] {
  return (database.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
}

/** Reads a table from its start to the first page that cannot be read, and from its end backwards to the last one. */
function copyTable(source: Database.Database, into: Database.Database, table: string): number {
  const columns = columnsOf(into, table)
  const known = columnsOf(source, table).filter(column => columns.includes(column))
  if (known.length === 0)
    return 0
  const names = known.map(name => `"${name}"`).join(', ')
  const insert = into.prepare(`insert or ignore into "${table}" (${names}) values (${known.map(() => '?').join(', ')})`)
  const order = orderOf(source, table)
  let count = 0
  into.exec('begin')
  for (const direction of ['asc', 'desc']) {
    try {
      for (const row of source.prepare(`select ${names} from "${table}" order by ${order.map(column => `${column} ${direction}`).join(', ')}`).raw().iterate() as Iterable<unknown[]>)
        count += insertReadable(insert, row)
      break
    }
    catch (error) {
      if (!isDamage(error))
        throw error
    }
  }
  into.exec('commit')
  return count
}

/** 1 where the row is new, 0 where it is there already or has become something that the table does not allow. */
function insertReadable(insert: Database.Statement, row: unknown[]): number {
  try {
    return insert.run(...row).changes
  }
  catch (error) {
    if (isDamage(error))
      return 0
    throw error
  }
}

/** What a table's rows lie by on the disk, so that no index has to be read for their order. */
function orderOf(database: Database.Database, table: string): string[] {
  const [{ wr }] = database.pragma(`table_list(${table})`) as [{ wr: number }]
  if (wr === 0)
    return ['rowid']
  return (database.pragma(`table_info(${table})`) as { name: string, pk: number }[]).filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk).map(({ name }) => `"${name}"`)
}

function isDamage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^SQLITE_(?:CORRUPT|NOTADB|CONSTRAINT|MISMATCH|IOERR)/.test(String(error.code))
}

/** Rows whose parents could not be read refer to nothing: they go, until nothing of the kind is left. */
function dropDangling(database: Database.Database): void {
  for (;;) {
    const dangling = database.pragma('foreign_key_check') as { table: string, rowid: number | null, parent: string, fkid: number }[]
    if (dangling.length === 0)
      return
    for (const key of new Map(dangling.map(one => [`${one.table}/${one.fkid}`, one])).values()) {
      const parts = (database.pragma(`foreign_key_list(${key.table})`) as { id: number, from: string, to: string }[]).filter(({ id }) => id === key.fkid)
      database.exec(`delete from "${key.table}" where ${parts.map(({ from }) => `"${from}" is not null`).join(' and ')} and not exists (select 1 from "${key.parent}" p where ${parts.map(({ from, to }) => `p."${to}" = "${key.table}"."${from}"`).join(' and ')})`)
    }
  }
}

/** Event files have every metric that a run ever told, and what it sealed, and say so line by line: where there is one, both come from there. */
async function takeInEvents(path: string, paths: WorkspacePaths): Promise<void> {
  const { connection, db } = openDatabase(path, { journal: 'delete' })
  connection.pragma('synchronous = off')
  try {
    for (const run of await db.selectFrom('runs').select(['key', 'state', 'stage']).execute())
      await db.transaction().execute(trx => takeInRun(trx, run, eventsPath(paths.runDir(run.key))))
  }
  finally {
    await db.destroy()
    connection.close()
  }
}

async function takeInRun(trx: Trx, { key, state, stage }: Pick<RunRow, 'key' | 'state' | 'stage'>, path: string): Promise<void> {
  if (readEvents(path, 0).offset > 0)
    await trx.deleteFrom('curves').where('run', '=', key).execute()
  for (let offset = 0; ;) {
    const chunk = readEvents(path, offset)
    if (chunk.offset === offset)
      return
    offset = chunk.offset
    await insertMetrics(trx, key, chunk.events)
    const done = chunk.events.findLast(event => event.type === 'done')
    if (!done || state !== 'done')
      continue
    await insertEvaluations(trx, key, done.result)
    // A run of before checksums were kept tells none; what a repair has kept of it since stays.
    if (done.files)
      await putSealedFiles(trx, artefactName(stage, key), done.files)
  }
}
