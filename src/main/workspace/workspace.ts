import type Database from 'better-sqlite3'
import type { Db } from './database.ts'
import type { Holder, Lock } from './lock.ts'
import type { WorkspacePaths } from './paths.ts'
import { existsSync, mkdirSync, readdirSync, statfsSync, statSync } from 'node:fs'
import { FacetError } from '#shared/errors.ts'
import { openDatabase } from './database.ts'
import { acquireLock, socketPath } from './lock.ts'
import { migrate, missingMigrations, readMigrations, shippedMigrations } from './migrate.ts'
import { workspacePaths } from './paths.ts'

/** A workspace open in this process. `lock` is null where it may only be read. */
export interface Workspace {
  paths: WorkspacePaths
  db: Db
  connection: Database.Database
  lock: Lock | null
  holder: Holder | null
  /** What the person should know: network mount, migrations applied. */
  notes: string[]
  close: () => Promise<void>
}

/** Whether a folder is a workspace already. */
export function isWorkspace(folder: string): boolean {
  return existsSync(workspacePaths(folder).database)
}

/** Makes a workspace of a folder that is empty, missing or one already; idempotent. @throws FacetError 'bad-input' where the folder holds something else, or is a file */
export function createWorkspace(folder: string, title: string): Workspace {
  const { root, database, lock } = workspacePaths(folder)
  if (existsSync(root) && !statSync(root).isDirectory())
    throw new FacetError('bad-input', 'This is a file, and a workspace is a folder.', { where: root, hint: 'Give an empty or new folder.' })
  if (!existsSync(database) && existsSync(root) && readdirSync(root).some(name => name !== lock && !name.startsWith('facet.') && !name.startsWith('.')))
    throw new FacetError('bad-input', 'The folder is not empty and is no workspace.', { where: root, hint: 'Give an empty or new folder.' })
  mkdirSync(root, { recursive: true })
  return open(folder, title)
}

/** Opens a workspace for writing: takes the lock, then migrates. @throws FacetError 'not-found', or 'conflict' naming who holds it */
export function openWorkspace(folder: string, title: string): Workspace {
  requireWorkspace(folder)
  return open(folder, title)
}

/** Opens a workspace that somebody else holds, for reading alone. @throws FacetError 'conflict' where another version of Facet made it */
export function openReadOnly(folder: string, holder: Holder): Workspace {
  requireWorkspace(folder)
  const paths = workspacePaths(folder)
  const { connection, db } = openDatabase(paths.database, { readonly: true })
  try {
    requireSameVersion(connection, paths)
  }
  catch (error) {
    connection.close()
    throw error
  }
  return {
    paths,
    db,
    connection,
    lock: null,
    holder,
    notes: [],
    close: () => closeDatabase(db, connection),
  }
}

/** Who may only read cannot bring a database up to date, and would ask it for what it has not got. */
function requireSameVersion(connection: Database.Database, { database }: WorkspacePaths): void {
  const [missing] = missingMigrations(connection, readMigrations(shippedMigrations), database)
  if (missing)
    throw new FacetError('conflict', `The workspace was made by an older version of Facet: it has not got ${missing.name} yet, and while somebody else holds it, it cannot be brought up to date.`, { where: database, hint: 'End the process that holds it, then open it again; a copy from before is kept.' })
}

/** Kysely's `destroy` leaves a connection open that it was never asked a query on. */
async function closeDatabase(db: Db, connection: Database.Database): Promise<void> {
  await db.destroy()
  connection.close()
}

function requireWorkspace(folder: string): void {
  if (!isWorkspace(folder))
    throw new FacetError('not-found', 'There is no Facet workspace here.', { where: workspacePaths(folder).root, hint: 'Make one with facet init, or name one with --workspace DIR.' })
}

function open(folder: string, title: string): Workspace {
  const paths = workspacePaths(folder)
  const lock = acquireLock(paths.lock, {
    socket: socketPath(paths.socket),
    title,
  })
  let connection: Database.Database | undefined
  try {
    const isNetwork = isNetworkMount(paths.root)
    const database = openDatabase(paths.database, {
      journal: isNetwork ? 'delete' : 'wal',
    })
    const { db } = database
    connection = database.connection
    const { applied, copy } = migrate(connection, readMigrations(shippedMigrations), { where: paths.database, backups: paths.backups })
    for (const part of [
      'artefacts/datasets',
      'artefacts/faces',
      'artefacts/embeddings',
      'artefacts/models',
      'runs',
      'teachers',
    ])
      mkdirSync(`${paths.root}/${part}`, { recursive: true })
    const notes = isNetwork
      ? ['The workspace lies on a network mount: one host at a time, and slower writes.']
      : []
    const close = async (): Promise<void> => {
      try {
        await closeDatabase(db, database.connection)
      }
      finally {
        lock.release()
      }
    }
    return {
      paths,
      db,
      connection,
      lock,
      holder: lock.holder,
      notes: [
        ...notes,
        ...applied.map(name => `Applied ${name}.`),
        ...copy ? [`The database as it was before is ${copy}.`] : [],
      ],
      close,
    }
  }
  catch (error) {
    connection?.close()
    lock.release()
    throw error
  }
}

/** NFS, CIFS, SMB2 and FUSE have no shared memory that WAL could use (statfs(2) magic numbers). */
function isNetworkMount(folder: string): boolean {
  return [
    0x6969,
    0xFF534D42,
    0xFE534D42,
    0x65735546,
  ].includes(statfsSync(folder).type)
}
