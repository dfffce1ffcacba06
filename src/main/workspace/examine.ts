import type { RunState } from '#shared/order.ts'
import type { SealedFile } from '#shared/sealed-file.ts'
import type { StageName } from '#shared/stages/declare.ts'
import type { Db } from './database.ts'
import type { Leftover } from './leftovers.ts'
import type { WorkspacePaths } from './paths.ts'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSafetensors } from '#shared/files/safetensors.ts'
import { describeSealed, listSealed } from '#shared/files/sealed.ts'
import { wordBytes } from '#shared/words.ts'
import { findDamage, findPackDamage } from './integrity.ts'
import { findOrphans, findTemporaries } from './leftovers.ts'
import { artefactName, sealedFilesByArtefact } from './sealed-files.ts'

/** A finished run whose artefact is not what it was. */
export interface BadArtefact { key: string, stage: StageName, label: string, path: string, why: string }

/** What a look at a workspace's files has found. Everything in it can be repaired (repair.ts). */
export interface Findings {
  /** Finished runs looked at, and how many bytes of theirs were read. */
  artefacts: number
  bytes: number
  bad: BadArtefact[]
  /** Sealed before checksums were kept, and sound as far as can be seen: their checksums can be kept from now on. */
  unrecorded: { name: string, path: string }[]
  /** Data set packs that are not what their fingerprint says. */
  packs: Leftover[]
  orphans: Leftover[]
  recoverable: string[]
  temporaries: Leftover[]
}

interface ExamineOptions {
  /** Reads every byte and compares checksums; else names and sizes alone. */
  isThorough: boolean
  onProgress?: (done: number, total: number) => void
}

/** Compares a workspace's files with what its database says of them. Reads only, so that others may work meanwhile. */
export async function examineFiles(db: Db, paths: WorkspacePaths, { isThorough, onProgress }: ExamineOptions): Promise<Findings> {
  const runs = await db.selectFrom('runs').select(['key', 'stage', 'label', 'state', 'bytes']).orderBy('position').execute()
  const states = new Map<string, RunState>(runs.map(({ key, state }) => [key, state]))
  const sealed = await sealedFilesByArtefact(db)
  const findings: Findings = { artefacts: 0, bytes: 0, bad: [], unrecorded: [], packs: [], ...findOrphans(paths, states), temporaries: findTemporaries(paths, states) }
  const done = runs.filter(({ state }) => state === 'done')
  for (const { key, stage, label, bytes } of done) {
    const name = artefactName(stage, key)
    const path = paths.artefactPath(stage, key)
    const known = sealed.get(name)
    const why = known
      ? await compare(path, known, isThorough)
      : await lookThrough(path, bytes, isThorough)
    findings.artefacts++
    findings.bytes += isThorough ? bytes ?? 0 : 0
    if (why !== null)
      findings.bad.push({ key, stage, label, path, why })
    else if (!known)
      findings.unrecorded.push({ name, path })
    onProgress?.(findings.artefacts, done.length)
  }
  findings.packs = await examinePacks(db, paths, isThorough)
  return findings
}

/** Why an artefact is not what was sealed, or null. */
async function compare(path: string, known: readonly SealedFile[], isThorough: boolean): Promise<string | null> {
  if (!existsSync(path))
    return 'it is not there'
  const found = new Map((isThorough ? await describeSealed(path) : listSealed(path)).map(file => [file.path, file]))
  for (const file of known) {
    const is = found.get(file.path)
    const name = file.path === '.' ? 'it' : file.path
    if (!is)
      return `${name} is missing from it`
    if (is.bytes !== file.bytes)
      return `${name} has ${wordBytes(is.bytes)}, and ${wordBytes(file.bytes)} were sealed`
    if ('sha256' in is && is.sha256 !== file.sha256)
      return `${name} has changed since it was sealed`
  }
  return null
}

/** As compare, for what was sealed before checksums were kept: whether it can be read as what it is. */
async function lookThrough(path: string, bytes: number | null, isThorough: boolean): Promise<string | null> {
  if (!existsSync(path))
    return 'it is not there'
  const size = listSealed(path).reduce((sum, file) => sum + file.bytes, 0)
  if (bytes !== null && size !== bytes)
    return `it has ${wordBytes(size)}, and ${wordBytes(bytes)} were sealed`
  if (!isThorough)
    return null
  if (path.endsWith('.sqlite'))
    return (await findDamage(path))[0]?.split('\n')[0] ?? null
  try {
    const names = listSealed(path).map(file => file.path)
    if (names.includes('manifest.json'))
      JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8'))
    if (names.includes('tensors.safetensors'))
      readSafetensors(join(path, 'tensors.safetensors'))
    return null
  }
  catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function examinePacks(db: Db, paths: WorkspacePaths, isThorough: boolean): Promise<Leftover[]> {
  const datasets = await db.selectFrom('datasets').select(['name', 'fingerprint']).orderBy('name').execute()
  const packs: Leftover[] = []
  for (const [fingerprint, names] of Map.groupBy(datasets, dataset => dataset.fingerprint)) {
    const path = paths.datasetPath(fingerprint)
    const why = await whyNoPack(path, fingerprint, isThorough)
    if (why !== null)
      packs.push({ path, why: `the labels of ${names.map(({ name }) => name).join(', ')}: ${why}` })
  }
  return packs
}

/** Why a file is not the data set pack of a fingerprint, which covers its samples, labels, splits and pairs; null where it is. */
export async function whyNoPack(path: string, fingerprint: string, isThorough = true): Promise<string | null> {
  if (!existsSync(path))
    return 'it is not there'
  if (!isThorough)
    return null
  return (await findPackDamage(path, fingerprint))[0]?.split('\n')[0] ?? null
}
