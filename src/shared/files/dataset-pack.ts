import type { Pair, Rejected } from '../dataset.ts'
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { z } from 'zod'
import { Sample, Task } from '../dataset.ts'
import { FacetError } from '../errors.ts'

/** "FcDs": marks the file as ours. */
const APPLICATION_ID = 0x46634473
const VERSION = 1

/** What a data set is, as sealed with its samples. */
export const DatasetMeta = z.strictObject({
  format: z.string(),
  root: z.string().describe('Absolute folder of the photographs when it was added'),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  tasks: z.record(z.string(), Task),
  aligned: z.boolean().describe('The images are ready crops or no faces'),
  licence: z.string(),
  notes: z.array(z.string()),
})
export type DatasetMeta = z.infer<typeof DatasetMeta>

/** A sample with what identifies its file. */
export interface PackedSample extends Sample { bytes: number, sha256: string }

/** How many samples of a data set there are of each kind, counted without reading them into memory. */
export interface DatasetCounts { splits: Record<'train' | 'validation' | 'test' | 'none', number>, subjects: number, unseen: number, pairs: number, folds: number }

/** A sealed data set. `samples()[i]` is the sample with index i. */
export interface Dataset {
  meta: DatasetMeta
  count: number
  samples: () => Sample[]
  /** Samples with the sizes and hashes of their files. */
  packed: () => PackedSample[]
  /** The same one by one, for packs of millions. */
  each: () => IterableIterator<PackedSample>
  /** One sample, without reading the others. */
  sample: (index: number) => Sample
  counts: () => DatasetCounts
  /** Labels of samples by their paths, those that the pack has. */
  labelsOf: (paths: readonly string[]) => Map<string, Sample['labels']>
  /** Indexes of samples by their paths, those that the pack has. */
  indexesOf: (paths: readonly string[]) => Map<string, number>
  pairs: () => Pair[]
  rejected: () => Rejected[]
  /** SHA-256 of the sample's file, in hex. */
  hash: (index: number) => string
  /** The same for all samples, by index. */
  hashes: () => string[]
  close: () => void
}

const SCHEMA = `
  create table meta (value text not null) strict;
  create table samples (idx integer primary key, path text not null, labels text not null, split text check (split in ('train', 'validation', 'test')),
    subject text, unseen integer not null, bytes integer not null, sha256 text not null) strict;
  create table rejected (path text not null, reason text not null) strict;
  create table pairs (a integer not null references samples, b integer not null references samples, same integer not null, fold integer not null, unseen integer not null) strict;
`

/** A data set pack in the making. */
export interface DatasetWriter {
  /** Adds a sample; its index. */
  add: (sample: PackedSample) => number
  /** Seals the pack under its name: fsync, rename, fsync of the folder. What stands under the name before is replaced. */
  seal: (file: string, rest: { meta: DatasetMeta, rejected: Rejected[], pairs: Pair[] }) => void
  /** Removes what was not sealed; nothing after `seal`. */
  discard: () => void
}

let made = 0

/** Begins a pack in a folder, under a temporary name: its own is that of its fingerprint, which is known at the end. What killed processes left there is removed. */
export function createDatasetWriter(folder: string): DatasetWriter {
  for (const name of readdirSync(folder)) {
    if (/^adding-\d+-\d+\.sqlite\.tmp(?:-journal)?$/.test(name) && !name.startsWith(`adding-${process.pid}-`))
      rmSync(path.join(folder, name))
  }
  const temporary = path.join(folder, `adding-${process.pid}-${made++}.sqlite.tmp`)
  for (const left of [temporary, `${temporary}-journal`]) // of a killed process whose number this one has
    rmSync(left, { force: true })
  return writePack(temporary)
}

/** Writes a data set pack: temporary name, fsync, rename, fsync of the folder. What stands under the name before is replaced, and what a killed writer of it left is removed. */
export function writeDataset(file: string, { meta, samples, rejected, pairs }: { meta: DatasetMeta, samples: PackedSample[], rejected: Rejected[], pairs: Pair[] }): void {
  removeHalves(file)
  const writer = writePack(`${file}.${process.pid}.tmp`)
  try {
    samples.forEach(writer.add)
    writer.seal(file, { meta, rejected, pairs })
  }
  finally {
    writer.discard()
    removeHalves(file)
  }
}

function writePack(temporary: string): DatasetWriter {
  const db = new Database(temporary)
  db.pragma('journal_mode = OFF')
  db.pragma('synchronous = OFF')
  db.pragma(`application_id = ${APPLICATION_ID}`)
  db.pragma(`user_version = ${VERSION}`)
  db.exec(SCHEMA)
  db.exec('begin')
  const addSample = db.prepare('insert into samples values (?, ?, ?, ?, ?, ?, ?, ?)')
  let count = 0
  return {
    add(sample) {
      addSample.run(count, sample.path, JSON.stringify(sample.labels), sample.split, sample.subject, Number(sample.unseen), sample.bytes, sample.sha256)
      return count++
    },
    seal(file, { meta, rejected, pairs }) {
      db.prepare('insert into meta values (?)').run(JSON.stringify(DatasetMeta.parse(meta)))
      const addRejected = db.prepare('insert into rejected values (?, ?)')
      rejected.forEach(row => addRejected.run(row.path, row.reason))
      const addPair = db.prepare('insert into pairs values (?, ?, ?, ?, ?)')
      pairs.forEach(pair => addPair.run(pair.a, pair.b, Number(pair.same), pair.fold, Number(pair.unseen)))
      db.exec('commit')
      db.close()
      sync(temporary)
      renameSync(temporary, file)
      sync(path.dirname(file))
    },
    discard() {
      db.close()
      rmSync(temporary, { force: true })
    },
  }
}

/** A workspace has one writer: no other can be at work on the same pack. */
function removeHalves(file: string): void {
  const folder = path.dirname(file)
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`${path.basename(file)}.`) && /\.tmp(?:-journal)?$/.test(name))
      rmSync(path.join(folder, name))
  }
}

function sync(file: string): void {
  const handle = openSync(file, 'r')
  try {
    fsyncSync(handle)
  }
  finally {
    closeSync(handle)
  }
}

const SampleRow = z.object({
  path: z.string(),
  labels: z.string(),
  split: z.string().nullable(),
  subject: z.string().nullable(),
  unseen: z.int(),
})
const Counts = z.object({ train: z.int(), validation: z.int(), test: z.int(), none: z.int(), subjects: z.int(), unseen: z.int() })
const PairCounts = z.object({ pairs: z.int(), folds: z.int() })
const FileRow = z.object({
  bytes: z.int(),
  sha256: z.string(),
})
const PairRow = z.object({
  a: z.int(),
  b: z.int(),
  same: z.int(),
  fold: z.int(),
  unseen: z.int(),
})

/**
 * Opens a data set pack for reading.
 * @throws FacetError `not-found` when there is none, `bad-input` when the file is damaged or something else
 */
export function openDataset(file: string): Dataset {
  if (!existsSync(file))
    throw new FacetError('not-found', 'The data set\'s pack is not there.', { where: file, hint: 'Add the data set again: facet dataset add PATH.' })
  const db = openPack(file)
  const meta = readMeta(db, file)
  // Indexes run from 0 without a gap; counting 100,000 rows would read them all.
  const count = z.int().parse(db.prepare('select coalesce(max(idx) + 1, 0) from samples').pluck().get())
  let samples: Sample[] | undefined
  const one = db.prepare('select path, labels, split, subject, unseen from samples where idx = ?')
  return {
    meta,
    count,
    samples: () => samples ??= db.prepare('select path, labels, split, subject, unseen from samples order by idx').all().map(parseSample),
    packed: () => db.prepare('select path, labels, split, subject, unseen, bytes, sha256 from samples order by idx').all().map(row => ({ ...parseSample(row), ...FileRow.parse(row) })),
    * each() {
      for (const row of db.prepare('select path, labels, split, subject, unseen, bytes, sha256 from samples order by idx').iterate())
        yield { ...parseSample(row), ...FileRow.parse(row) }
    },
    sample(index) {
      const row = one.get(index)
      if (row === undefined)
        throw new FacetError('not-found', `The data set has no sample ${index}; it has 0 to ${count - 1}.`, { where: file })
      return parseSample(row)
    },
    counts() {
      const row = Counts.parse(db.prepare('select count(*) filter (where split = \'train\') as train, count(*) filter (where split = \'validation\') as validation, count(*) filter (where split = \'test\') as test, count(*) filter (where split is null) as none, count(distinct subject) as subjects, coalesce(sum(unseen), 0) as unseen from samples').get())
      const { subjects, unseen, ...splits } = row
      return { splits, subjects, unseen, ...PairCounts.parse(db.prepare('select count(*) as pairs, count(distinct fold) as folds from pairs').get()) }
    },
    labelsOf(paths) {
      const rows = db.prepare<[string], [string, string]>('select path, labels from samples where path in (select value from json_each(?))').raw().all(JSON.stringify(paths))
      return new Map(rows.map(([path, labels]) => [path, Sample.shape.labels.parse(JSON.parse(labels))]))
    },
    indexesOf(paths) {
      const rows = db.prepare<[string], [string, number]>('select path, idx from samples where path in (select value from json_each(?))').raw().all(JSON.stringify(paths))
      return new Map(rows)
    },
    pairs: () => db.prepare('select a, b, same, fold, unseen from pairs order by rowid').all().map((row) => {
      const pair = PairRow.parse(row)
      return { ...pair, same: pair.same === 1, unseen: pair.unseen === 1 }
    }),
    rejected: () => z.array(z.strictObject({
      path: z.string(),
      reason: z.string(),
    })).parse(db.prepare('select path, reason from rejected order by rowid').all()),
    hash(index) {
      const hash = db.prepare('select sha256 from samples where idx = ?').pluck().get(index)
      if (typeof hash !== 'string')
        throw new FacetError('internal', `internal: sample ${index} of a data set with ${count}`, { where: file })
      return hash
    },
    hashes: () => z.array(z.string()).parse(db.prepare('select sha256 from samples order by idx').pluck().all()),
    close: () => { db.close() },
  }
}

function parseSample(row: unknown): Sample {
  const { labels, unseen, ...rest } = SampleRow.parse(row)
  return Sample.parse({
    ...rest,
    labels: JSON.parse(labels),
    unseen: unseen === 1,
  })
}

function openPack(file: string): Database.Database {
  const damaged = (cause?: unknown): FacetError => new FacetError('bad-input', `This is no data set pack of version ${VERSION}, or it is damaged.`, { where: file, hint: 'Add the data set again: facet dataset add PATH.', cause })
  let db: Database.Database | undefined
  try {
    db = new Database(file, { readonly: true, fileMustExist: true })
    if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID || db.pragma('user_version', { simple: true }) !== VERSION)
      throw damaged()
    return db
  }
  catch (error) {
    db?.close()
    throw error instanceof FacetError
      ? error
      : damaged(error)
  }
}

function readMeta(db: Database.Database, file: string): DatasetMeta {
  const text = db.prepare('select value from meta').pluck().get()
  const meta = DatasetMeta.safeParse(typeof text === 'string'
    ? JSON.parse(text)
    : null)
  if (meta.success)
    return meta.data
  db.close()
  throw new FacetError('bad-input', 'The data set pack\'s description is damaged.', { where: file, hint: 'Add the data set again: facet dataset add PATH.', cause: meta.error })
}
