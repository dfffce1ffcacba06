import type { Db } from '#main/workspace/database.ts'
import type { RunRow } from '#main/workspace/runs.ts'
import type { Sample } from '#shared/dataset.ts'
import type { Dataset } from '#shared/files/dataset-pack.ts'
import type { Order, OrderSource, OrderTeacher } from '#shared/order.ts'
import { existsSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { parseOptions } from '#main/datasets/add.ts'
import { formats } from '#main/datasets/formats.ts'
import { hashFile } from '#main/datasets/hash-file.ts'
import { listFiles } from '#main/datasets/listing.ts'
import { findDataset } from '#main/workspace/datasets.ts'
import { sealedFilesByArtefact } from '#main/workspace/sealed-files.ts'
import { FacetError } from '#shared/errors.ts'
import { parseArchivedPath } from '#shared/files/archived-image.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { describeSealed } from '#shared/files/sealed.ts'
import { readTeacher } from '#shared/files/teacher.ts'

/** Files hashed at once: more make no disk faster. */
const hashedAtOnce = 16
/** Changes that are named, and as many rest as a number. */
const named = 3

export type OnChecked = (dataset: string, done: number, total: number) => void

/**
 * Looks whether everything that a finished run was computed from is still what it was: photographs and labels of its data sets by
 * content, teachers by checksum, and the artefacts of the runs that it needs.
 *
 * @throws FacetError 'conflict' that names the data set, teacher or run, and what of it has changed or is missing
 */
export async function checkInputs(db: Db, row: RunRow, order: Pick<Order, 'sources' | 'teachers' | 'combiner' | 'student' | 'selection'>, onChecked: OnChecked = () => {}): Promise<void> {
  await checkArtefacts(db, order)
  for (const teacher of order.teachers)
    checkTeacher(teacher)
  const recorded = (JSON.parse(row.inputs) as { data?: { name: string, fingerprint: string }[] }).data ?? []
  for (const source of order.sources)
    await checkDataset(db, source, recorded.find(({ name }) => name === source.name)?.fingerprint, onChecked)
}

function refuse(what: string, where: string, hint: string): FacetError {
  return new FacetError('conflict', `The run cannot be reproduced: ${what}.`, { where, hint })
}

async function checkArtefacts(db: Db, { sources, combiner, student, selection = null }: Pick<Order, 'sources' | 'combiner' | 'student' | 'selection'>): Promise<void> {
  const needed = [...sources.flatMap(({ faces, embeddings }) => [faces, embeddings]), combiner, student, selection].filter(path => path !== null)
  const sealed = await sealedFilesByArtefact(db)
  for (const path of needed) {
    const what = `what run ${basename(path).slice(0, 12)} made, which it builds on,`
    if (!existsSync(path))
      throw refuse(`${what} is gone`, path, 'Run its study again: that makes what is missing anew, and nothing else.')
    const recorded = sealed.get(path.split(sep).slice(-3).join('/'))
    // An older Facet recorded no checksums; its artefacts count as they are.
    if (recorded && JSON.stringify(recorded) !== JSON.stringify(await describeSealed(path)))
      throw refuse(`${what} is not what was sealed`, path, 'facet doctor tells what is damaged, and with --fix sets it aside to be made anew.')
  }
}

function checkTeacher({ name, manifest, sha256 }: OrderTeacher): void {
  const hint = `Put the files of teacher "${name}" back as they were. facet run STUDY.yaml computes with the teacher as it is now, under another key.`
  try {
    if (readTeacher(manifest).sha256 === sha256)
      return
  }
  catch (error) {
    if (!(error instanceof FacetError))
      throw error
    throw refuse(`teacher "${name}" has changed: ${error.message.replace(/\.$/, '')}`, error.where ?? manifest, hint)
  }
  throw refuse(`teacher "${name}" has changed: its manifest and files are others than those of the run (${sha256.slice(0, 12)})`, manifest, hint)
}

async function checkDataset(db: Db, source: OrderSource, fingerprint: string | undefined, onChecked: OnChecked): Promise<void> {
  const { name, root } = source
  const hint = `Put the folder back as it was. facet run STUDY.yaml computes with "${name}" as it is now, under another key.`
  if (!existsSync(source.dataset))
    throw refuse(`what was known of data set "${name}" is gone`, source.dataset, 'Restore the workspace from a backup, or run the study again.')
  if (!existsSync(root))
    throw refuse(`the folder of data set "${name}" is gone`, root, hint)
  const pack = openDataset(source.dataset)
  try {
    if (fingerprint !== undefined && pack.meta.fingerprint !== fingerprint)
      throw refuse(`data set "${name}" is another one (${pack.meta.fingerprint.slice(0, 12)}) than that of the run (${fingerprint.slice(0, 12)})`, source.dataset, hint)
    const changes = await changedFiles(pack, root, (done, total) => onChecked(name, done, total))
    const all = changes.length > 0 ? changes : await changedLists(db, pack, source)
    if (all.length > 0)
      throw refuse(`data set "${name}" has changed: ${wordChanges(all)}`, root, hint)
  }
  finally {
    pack.close()
  }
}

function wordChanges(changes: readonly string[]): string {
  return `${changes.slice(0, named).join(', ')}${changes.length > named ? ` and ${changes.length - named} more` : ''}`
}

/** Photographs that are not what they were, each with the reason. */
async function changedFiles(pack: Dataset, root: string, onProgress: (done: number, total: number) => void): Promise<string[]> {
  const samples = pack.samples()
  const hashes = pack.hashes()
  const changes: string[] = []
  for (let from = 0; from < samples.length; from += hashedAtOnce) {
    const part = samples.slice(from, from + hashedAtOnce)
    const files = await Promise.all(part.map(({ path }) => hashFile(join(root, path))))
    files.forEach((file, i) => {
      const { path } = part[i]!
      if ('reason' in file)
        changes.push(existsSync(join(root, parseArchivedPath(path)?.file ?? path)) ? `${path}: ${file.reason}` : `${path} is missing`)
      else if (file.sha256 !== hashes[from + i])
        changes.push(`${path} has other content`)
    })
    onProgress(from + part.length, samples.length)
  }
  return changes
}

/**
 * What the folder's own lists say otherwise now: labels, splits, photographs that came. Only where the workspace still reads the
 * folder as it did for the run; with other options (other unseen folds, say) the folder itself may be as it was.
 */
async function changedLists(db: Db, pack: Dataset, { name, root }: OrderSource): Promise<string[]> {
  const row = await findDataset(db, name)
  const format = formats.find(one => one.name === pack.meta.format)
  if (!row || !format || row.fingerprint !== pack.meta.fingerprint || row.root !== root)
    return []
  const scan = await format.scan(await listFiles(root), parseOptions(format, JSON.parse(row.options)))
  const known = new Map(pack.samples().map(sample => [sample.path, sample]))
  const rejected = new Set(pack.rejected().map(({ path }) => path))
  return scan.samples.flatMap((sample) => {
    const before = known.get(sample.path)
    if (!before)
      return rejected.has(sample.path) ? [] : [`${sample.path} is new`]
    return describe(before) === describe(sample) ? [] : [`${sample.path} has other labels`]
  })
}

function describe({ labels, split, subject, unseen }: Sample): string {
  return JSON.stringify([Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1), split, subject, unseen])
}
