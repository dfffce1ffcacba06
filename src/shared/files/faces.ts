import type { Buffer } from 'node:buffer'
import { existsSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { z } from 'zod'
import { FacetError } from '../errors.ts'
import { syncPath } from './durable.ts'

/** What is true of the whole pack. */
export const FacesMeta = z.strictObject({
  size: z.int().positive().describe('Side of the faces in pixels'),
  encoding: z.enum(['jpeg', 'raw']).describe('raw: u8 [size, size, 3]'),
  aligned: z.boolean().describe('Resized as they were, nothing detected'),
  count: z.int().min(0).describe('Samples of the data set, the rows the pack has when sealed'),
})
export type FacesMeta = z.infer<typeof FacesMeta>

const FaceDetails = z.object({
  box: z.strictObject({
    left: z.number(),
    top: z.number(),
    width: z.number(),
    height: z.number(),
  }).nullable(),
  landmarks: z.array(z.tuple([
    z.number(),
    z.number(),
  ])).length(5).nullable(),
  score: z.number().nullable(),
  meshScore: z.number().nullable(),
  faces: z.int().min(0),
})

/** What became of one photograph. Box and key points are in the pixels of the upright photograph. */
export interface FaceStatus extends z.infer<typeof FaceDetails> {
  /** not-found: read, but no face in it; unreadable: no image, or a broken one. */
  status: 'found' | 'not-found' | 'unreadable'
  /** Why it was not found or not readable. */
  reason: string | null
}

/** A row to write: index of the sample in its data set, what became of it, and the face where it was found. */
export interface FaceRow extends FaceStatus {
  index: number
  image: Buffer | null
}

export interface FacesWriter {
  /** Whether the sample has its row, from this or an earlier attempt. */
  has: (index: number) => boolean
  /** Rows of the finished pack: samples of the data set. */
  total: number
  /** Rows written so far. */
  count: () => number
  tally: () => Tally
  /** Writes rows as one transaction: all of them or none survive a kill. */
  add: (rows: readonly FaceRow[]) => void
  /** Checks that no sample is missing, settles the file into one piece on the disk and closes it. */
  seal: () => void
  /** Closes without sealing; writing can go on later. */
  close: () => void
}

export interface Tally { found: number, notFound: number, unreadable: number }

export interface FacesPack {
  meta: FacesMeta
  /** Side of the faces in pixels. */
  size: number
  /** Samples of the data set, found or not. */
  count: number
  /** Sample indexes of the found faces, ascending. */
  indexes: Int32Array
  /** Sample indexes of a status, ascending. */
  indexesOf: (status: FaceStatus['status']) => Int32Array
  tally: Tally
  /** What became of a sample's photograph. */
  status: (index: number) => FaceStatus
  /** The face of a sample as stored: a JPEG file, or raw pixels (see `meta.encoding`). */
  read: (index: number) => Buffer
  close: () => void
}

/** The index answers which samples have a face without reading past their pictures. */
const SCHEMA = `
create table if not exists meta (only_row integer primary key check (only_row = 1), json text not null) strict;
create table if not exists sealed (only_row integer primary key check (only_row = 1)) strict;
create table if not exists faces (
  sample integer primary key,
  status text not null check (status in ('found', 'not-found', 'unreadable')),
  reason text,
  details text not null,
  image blob,
  check ((status = 'found') = (image is not null)),
  check ((status = 'found') = (reason is null))
) strict;
create index if not exists faces_by_status on faces (status, sample);`

/**
 * Opens a faces pack for writing at `path`; a pack that an earlier attempt left there is gone on with. One that it sealed just before
 * it was killed lacks nothing and takes nothing: it only waits to be sealed again.
 * @throws FacetError `conflict` when a pack of other settings lies there
 */
export function createFaces(path: string, meta: FacesMeta): FacesWriter {
  // A log without its database would be played into the new one.
  if (!existsSync(path)) {
    rmSync(`${path}-wal`, { force: true })
    rmSync(`${path}-shm`, { force: true })
  }
  const db = new Database(path)
  try {
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = NORMAL')
    db.exec(SCHEMA)
    const json = JSON.stringify(FacesMeta.parse(meta))
    db.prepare('insert into meta (only_row, json) values (1, ?) on conflict do nothing').run(json)
    const found = db.prepare<[], { json: string }>('select json from meta').get()?.json
    if (found !== json)
      throw new FacetError('conflict', `An unfinished faces pack of other settings is in the way: ${found} instead of ${json}.`, { where: path, hint: 'Remove the file and start again.' })
    return writerOf(db, path, meta)
  }
  catch (error) {
    db.close()
    throw error
  }
}

function writerOf(db: Database.Database, path: string, meta: FacesMeta): FacesWriter {
  const has = db.prepare('select 1 from faces where sample = ?')
  const insert = db.prepare('insert into faces (sample, status, reason, details, image) values (?, ?, ?, ?, ?)')
  const count = () => db.prepare<[], { rows: number }>('select count(*) as rows from faces').get()!.rows
  const add = db.transaction((rows: readonly FaceRow[]) => {
    for (const { index, status, reason, image, ...details } of rows) {
      if (index < 0 || index >= meta.count)
        throw new FacetError('internal', `internal: sample ${index} of ${meta.count} does not exist.`, { where: path })
      insert.run(index, status, reason, JSON.stringify(FaceDetails.parse(details)), image)
    }
  })
  return {
    total: meta.count,
    has: index => has.get(index) !== undefined,
    count,
    tally: () => tallyOf(db),
    add: (rows) => {
      if (isSealed(db))
        throw new FacetError('conflict', 'The faces pack is sealed; it never changes.', { where: path })
      add(rows)
    },
    seal: () => {
      if (count() !== meta.count)
        throw new FacetError('internal', `internal: the faces pack has ${count()} of ${meta.count} rows.`, { where: path })
      db.prepare('insert into sealed (only_row) values (1) on conflict do nothing').run()
      db.pragma('wal_checkpoint(TRUNCATE)')
      db.pragma('journal_mode = DELETE')
      db.close()
      syncPath(path)
    },
    close: () => {
      db.close()
    },
  }
}

/**
 * Opens a sealed faces pack for reading.
 * @throws FacetError `not-found`, or `bad-input` when the file is no sealed faces pack
 */
export function openFaces(path: string): FacesPack {
  if (!existsSync(path))
    throw new FacetError('not-found', 'There is no such faces pack.', { where: path, hint: 'Prepare the data set first.' })
  const db = new Database(path, { readonly: true })
  try {
    const meta = readMeta(db, path)
    const ofStatus = db.prepare<[string], number>('select sample from faces where status = ? order by sample').pluck()
    const indexesOf = (status: FaceStatus['status']) => Int32Array.from(ofStatus.all(status))
    const indexes = indexesOf('found')
    const status = db.prepare<[number], { status: FaceStatus['status'], reason: string | null, details: string }>('select status, reason, details from faces where sample = ?')
    const image = db.prepare<[number], Buffer | null>('select image from faces where sample = ?').pluck()
    return {
      meta,
      size: meta.size,
      count: meta.count,
      indexes,
      indexesOf,
      tally: tallyOf(db),
      status: (index) => {
        const row = status.get(index)
        if (!row)
          throw new FacetError('not-found', `The faces pack has no sample ${index}; it has 0 to ${meta.count - 1}.`, { where: path })
        return {
          status: row.status,
          reason: row.reason,
          ...FaceDetails.parse(JSON.parse(row.details)),
        }
      },
      read: (index) => {
        const face = image.get(index)
        if (!face)
          throw new FacetError('not-found', `The faces pack has no face of sample ${index}.`, { where: path, hint: 'Only the samples in its indexes have one.' })
        return face
      },
      close: () => {
        db.close()
      },
    }
  }
  catch (error) {
    db.close()
    throw error
  }
}

function readMeta(db: Database.Database, path: string): FacesMeta {
  try {
    const json = db.prepare<[], { json: string }>('select json from meta').get()?.json
    const meta = FacesMeta.parse(JSON.parse(json ?? 'null'))
    if (!isSealed(db))
      throw new Error('it is not finished')
    return meta
  }
  catch (error) {
    throw new FacetError('bad-input', `This is no finished faces pack: ${error instanceof Error
      ? error.message
      : String(error)}.`, { where: path, hint: 'Prepare the data set again.', cause: error })
  }
}

function isSealed(db: Database.Database): boolean {
  return db.prepare('select 1 from sealed').get() !== undefined
}

function tallyOf(db: Database.Database): Tally {
  const rows = db.prepare<[], { status: FaceStatus['status'], rows: number }>('select status, count(*) as rows from faces group by status').all()
  const of = (status: FaceStatus['status']) => rows.find(row => row.status === status)?.rows ?? 0
  return {
    found: of('found'),
    notFound: of('not-found'),
    unreadable: of('unreadable'),
  }
}
