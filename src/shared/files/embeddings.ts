import { closeSync, fsyncSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'
import { z } from 'zod'
import { FacetError } from '../errors.ts'

/** Faces in one blob; a killed writer loses at most what lies after the last whole chunk. */
const chunkRows = 512

const Header = z.strictObject({
  format: z.literal('facet-embeddings-1'),
  teachers: z.array(z.strictObject({
    name: z.string(),
    dimension: z.int().positive(),
  })).min(1),
  /** Faces that will be in the pack. */
  size: z.int().min(0),
})

/** One column block of the pack: a teacher's embedding of `dimension` numbers. */
export interface EmbeddingColumn { name: string, dimension: number }

/** Mean and population standard deviation of each of a teacher's units over all faces of the pack. */
export interface EmbeddingStatistics { mean: Float32Array, std: Float32Array }

export interface EmbeddingsWriter {
  /** Rows safely stored: 0 in a new pack, a multiple of 512 in one that was left unfinished. */
  stored: number
  /**
   * Adds n rows. `indexes` are sample indexes, ascending over the whole pack; `rows` hold [n, dimension] numbers per teacher.
   * Throws a FacetError for a missing teacher, a wrong length, a falling index or a number that is not finite.
   */
  append: (indexes: Int32Array, rows: Record<string, Float32Array>) => void
  /** Stores the last rows, the statistics and `meta`, syncs and closes. Throws where rows are missing. */
  seal: (meta?: Record<string, unknown>) => void
  /** Closes an unfinished pack; whole chunks stay. */
  close: () => void
}

export interface Embeddings {
  teachers: EmbeddingColumn[]
  /** Sample index of each row, ascending. */
  indexes: Int32Array
  statistics: Record<string, EmbeddingStatistics>
  meta: Record<string, unknown>
  /** All rows, f32 [rows, sum of the dimensions], teachers side by side in the order asked (default: the pack's). */
  read: (names?: string[]) => Float32Array
  /** Rows from (included) to (excluded), laid out like `read`. */
  readRows: (names: string[] | undefined, from: number, to: number) => Float32Array
  close: () => void
}

function bytesOf(array: Float32Array | Int32Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength)
}

/** Copies, since SQLite's buffers need not be aligned to four bytes. */
function floatsOf(bytes: Buffer): Float32Array {
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

function readMeta(db: Database.Database, key: string): unknown {
  const row = db.prepare('select value from meta where key = ?').pluck().get(key)
  return typeof row === 'string'
    ? JSON.parse(row)
    : undefined
}

const layout = `
create table if not exists meta (key text primary key, value text not null) strict;
create table if not exists chunks (chunk integer not null, teacher integer not null, data blob not null, primary key (chunk, teacher)) strict;
create table if not exists indexes (chunk integer primary key, data blob not null) strict;
create table if not exists statistics (teacher integer primary key, mean blob not null, std blob not null) strict;
`

/** Opens the file of an earlier attempt's pack, or starts one; a file that holds something else is refused. */
function openForWriting(path: string, header: z.infer<typeof Header>): Database.Database {
  const db = new Database(path)
  db.pragma('journal_mode = delete') // one writer, also on a network file system
  db.exec(layout)
  const before = readMeta(db, 'header')
  if (before === undefined) {
    db.prepare('insert into meta (key, value) values (?, ?)').run('header', JSON.stringify(header))
  }
  else if (JSON.stringify(before) !== JSON.stringify(header)) {
    db.close()
    throw new FacetError('conflict', 'an embeddings pack of other teachers or faces lies here.', { where: path, hint: 'Delete it to compute the embeddings anew.' })
  }
  return db
}

function checkRows(path: string, teachers: EmbeddingColumn[], indexes: Int32Array, rows: Record<string, Float32Array>, last: number): void {
  for (const [i, index] of indexes.entries()) {
    const previous = i === 0
      ? last
      : indexes[i - 1]!
    if (index <= previous)
      throw new FacetError('internal', `internal: sample ${index} follows sample ${previous}; a pack's indexes rise.`, { where: path })
  }
  for (const { name, dimension } of teachers) {
    const values = rows[name]
    if (values?.length !== indexes.length * dimension)
      throw new FacetError('internal', `internal: teacher "${name}" gave ${values?.length ?? 0} numbers for ${indexes.length} faces of ${dimension}.`, { where: path })
    let broken = 0
    while (broken < values.length && Number.isFinite(values[broken]))
      broken++
    if (broken < values.length)
      throw new FacetError('bad-input', `teacher "${name}" gave ${values[broken]} for unit ${broken % dimension} of sample ${indexes[Math.floor(broken / dimension)]}; an embedding must be finite.`, { where: path, hint: 'Check mean, std and colour order in the teacher\'s manifest.' })
  }
}

/** Exact two-pass mean and standard deviation of each unit, in double precision. Plain loops: they take half the time of a whole pack's writing otherwise. */
function statisticsOf(db: Database.Database, teacher: number, dimension: number, rows: number): EmbeddingStatistics {
  const select = db.prepare('select data from chunks where teacher = ? order by chunk').pluck()
  const mean = new Float64Array(dimension)
  const squares = new Float64Array(dimension)
  const count = Math.max(1, rows)
  for (const bytes of select.iterate(teacher)) {
    const values = floatsOf(bytes as Buffer)
    for (let row = 0; row < values.length; row += dimension) {
      for (let unit = 0; unit < dimension; unit++)
        mean[unit]! += values[row + unit]! / count
    }
  }
  for (const bytes of select.iterate(teacher)) {
    const values = floatsOf(bytes as Buffer)
    for (let row = 0; row < values.length; row += dimension) {
      for (let unit = 0; unit < dimension; unit++) {
        const distance = values[row + unit]! - mean[unit]!
        squares[unit]! += distance * distance / count
      }
    }
  }
  return {
    mean: Float32Array.from(mean),
    std: Float32Array.from(squares, Math.sqrt),
  }
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  }
  finally {
    closeSync(file)
  }
}

/**
 * Starts an embeddings pack at `path`, or goes on with the one there (`stored` says from which row). One that an attempt sealed just
 * before it was killed lacks nothing and takes nothing: it only waits to be sealed again. Rows of 512 faces are written at a time,
 * each in one transaction, f32.
 *
 * @param path the pack's (temporary) file
 * @param options what the pack will hold
 * @param options.teachers in the order in which they are concatenated
 * @param options.size number of faces that will be appended in all
 */
export function createEmbeddings(path: string, options: { teachers: EmbeddingColumn[], size: number }): EmbeddingsWriter {
  const { teachers, size } = options
  const db = openForWriting(path, Header.parse({
    format: 'facet-embeddings-1',
    teachers: teachers.map(({ name, dimension }) => ({ name, dimension })),
    size,
  }))
  const isSealed = readMeta(db, 'sealed') === true
  let chunk = db.prepare('select count(*) from indexes').pluck().get() as number
  const lastIndexes = db.prepare('select data from indexes order by chunk desc limit 1').pluck().get() as Buffer | undefined
  let last = lastIndexes?.readInt32LE(lastIndexes.length - 4) ?? -1
  let pending = 0
  const indexBuffer = new Int32Array(chunkRows)
  const buffers = teachers.map(({ dimension }) => new Float32Array(chunkRows * dimension))
  const addIndexes = db.prepare('insert into indexes (chunk, data) values (?, ?)')
  const addChunk = db.prepare('insert into chunks (chunk, teacher, data) values (?, ?, ?)')

  const writer: EmbeddingsWriter = {
    stored: Math.min(chunk * chunkRows, size), // the last chunk may be a part, written just before a kill
    append(indexes, rows) {
      if (isSealed)
        throw new FacetError('conflict', 'the embeddings pack is sealed; it never changes.', { where: path })
      checkRows(path, teachers, indexes, rows, last)
      if (writer.stored + pending + indexes.length > size)
        throw new FacetError('internal', `internal: row ${writer.stored + pending + indexes.length} of a pack of ${size} faces.`, { where: path })
      for (let from = 0; from < indexes.length;) {
        const to = Math.min(indexes.length, from + chunkRows - pending)
        indexBuffer.set(indexes.subarray(from, to), pending)
        for (const [t, { name, dimension }] of teachers.entries())
          buffers[t]!.set(rows[name]!.subarray(from * dimension, to * dimension), pending * dimension)
        pending += to - from
        from = to
        if (pending === chunkRows)
          flush()
      }
      last = indexes.at(-1) ?? last
    },
    seal(meta = {}) {
      if (writer.stored + pending !== size)
        throw new FacetError('internal', `internal: sealed with ${writer.stored + pending} of ${size} rows.`, { where: path })
      if (pending > 0)
        flush()
      if (!isSealed)
        addStatistics(meta)
      db.close()
      syncFile(path)
    },
    close: () => db.close(),
  }
  function addStatistics(meta: object): void {
    db.transaction(() => {
      for (const [t, { dimension }] of teachers.entries()) {
        const { mean, std } = statisticsOf(db, t, dimension, size)
        db.prepare('insert into statistics (teacher, mean, std) values (?, ?, ?)').run(t, bytesOf(mean), bytesOf(std))
      }
      const add = db.prepare('insert into meta (key, value) values (?, ?)')
      add.run('meta', JSON.stringify(meta))
      add.run('sealed', 'true')
    })()
  }
  function flush(): void {
    db.transaction(() => {
      addIndexes.run(chunk, bytesOf(indexBuffer.subarray(0, pending)))
      for (const [t, { dimension }] of teachers.entries())
        addChunk.run(chunk, t, bytesOf(buffers[t]!.subarray(0, pending * dimension)))
    })()
    chunk++
    writer.stored += pending
    pending = 0
  }
  return writer
}

function openSealed(path: string): { db: Database.Database, header: z.infer<typeof Header> } {
  let db: Database.Database | undefined
  try {
    db = new Database(path, { readonly: true, fileMustExist: true })
    const header = Header.parse(readMeta(db, 'header'))
    if (readMeta(db, 'sealed') === true)
      return { db, header }
  }
  catch (cause) {
    db?.close()
    throw new FacetError('bad-input', 'this is no embeddings pack, or it is damaged.', { where: path, hint: 'Run the embed stage again.', cause })
  }
  db.close()
  throw new FacetError('bad-input', 'the embeddings pack was never finished.', { where: path, hint: 'Resume the embed run.' })
}

/**
 * Opens a sealed embeddings pack; nothing but the statistics and indexes is read until asked for.
 * Throws a FacetError for a file that is none, damaged or unfinished, and for a teacher it does not hold (naming those it does).
 */
export function openEmbeddings(path: string): Embeddings {
  const { db, header: { teachers } } = openSealed(path)
  const indexBytes = Buffer.concat(db.prepare('select data from indexes order by chunk').pluck().all() as Buffer[])
  const indexes = new Int32Array(indexBytes.buffer.slice(indexBytes.byteOffset, indexBytes.byteOffset + indexBytes.byteLength))
  const select = db.prepare('select data from chunks where chunk = ? and teacher = ?').pluck()
  const column = (name: string): number => {
    const t = teachers.findIndex(teacher => teacher.name === name)
    if (t < 0)
      throw new FacetError('not-found', `the pack has no embeddings of "${name}"; it has ${teachers.map(teacher => teacher.name).join(', ')}.`, { where: path })
    return t
  }
  const readRows = (names: string[] | undefined, from: number, to: number): Float32Array => {
    if (from < 0 || to > indexes.length || from > to)
      throw new FacetError('internal', `internal: rows ${from} to ${to} of ${indexes.length}.`, { where: path })
    const columns = (names ?? teachers.map(teacher => teacher.name)).map(column)
    const width = columns.reduce((sum, t) => sum + teachers[t]!.dimension, 0)
    const out = new Float32Array((to - from) * width)
    for (let chunk = Math.floor(from / chunkRows); chunk * chunkRows < to; chunk++) {
      let left = 0
      for (const t of columns) {
        const { dimension } = teachers[t]!
        const values = floatsOf(select.get(chunk, t) as Buffer)
        const end = Math.min(to, (chunk + 1) * chunkRows)
        for (let row = Math.max(from, chunk * chunkRows); row < end; row++) {
          const source = (row - chunk * chunkRows) * dimension
          out.set(values.subarray(source, source + dimension), (row - from) * width + left)
        }
        left += dimension
      }
    }
    return out
  }
  return {
    teachers,
    indexes,
    statistics: Object.fromEntries(teachers.map(({ name }, t) => {
      const row = db.prepare('select mean, std from statistics where teacher = ?').get(t) as { mean: Buffer, std: Buffer }
      return [
        name,
        {
          mean: floatsOf(row.mean),
          std: floatsOf(row.std),
        },
      ]
    })),
    meta: z.record(z.string(), z.unknown()).parse(readMeta(db, 'meta')),
    read: names => readRows(names, 0, indexes.length),
    readRows,
    close: () => db.close(),
  }
}
