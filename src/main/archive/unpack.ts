import type { FileHandle } from 'node:fs/promises'
import type { TarEntry } from './tar.ts'
import { Buffer } from 'node:buffer'
import { createHash, hash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { normalize } from 'node:path/posix'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { syncPath } from '#shared/files/durable.ts'
import { artefactName } from '../workspace/sealed-files.ts'
import { archiveFormats, ArchiveManifest, manifestName, maxManifestBytes, packName, runFiles, sumName } from './manifest.ts'
import { readTar } from './tar.ts'

/** An archive whose manifest is read and judged; its files are still to come. */
export interface OpenArchive {
  manifest: ArchiveManifest
  /** Writes the files below the folder, each checked while it is written. @throws FacetError 'bad-input' for any difference */
  unpack: () => Promise<void>
  close: () => Promise<void>
}

/**
 * Opens an archive of a study and judges its manifest: version, names, that files belong to what the manifest speaks of, and that
 * their sizes are what the archive has room for.
 *
 * @param path
 * @param folder  where its files are to lie; need not exist
 * @throws FacetError 'not-found' without a file, 'conflict' for an archive of another version, 'bad-input' for anything else
 */
export async function openArchive(path: string, folder: string): Promise<OpenArchive> {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat)
    throw new FacetError('not-found', 'There is no such file.', { where: path })
  if (!stat.isFile())
    throw new FacetError('bad-input', 'This is no file.', { where: path })
  const entries = readTar(path, folder)
  const close = async (): Promise<void> => { await entries.return(undefined) }
  try {
    const manifest = await readManifest(entries)
    checkManifest(manifest, stat.size)
    return { manifest, unpack: () => unpack(entries, manifest, folder), close }
  }
  catch (error) {
    await close()
    throw error instanceof FacetError ? new FacetError(error.code, error.message, { where: path, hint: error.hint, cause: error }) : error
  }
}

async function readManifest(entries: AsyncGenerator<TarEntry>): Promise<ArchiveManifest> {
  const first = (await entries.next()).value as TarEntry | undefined
  if (first?.name !== manifestName)
    throw new FacetError('bad-input', `This is no archive of a study: it does not begin with ${manifestName}.`, { hint: 'facet study export makes one.' })
  const bytes = await readWhole(first, maxManifestBytes)
  const second = (await entries.next()).value as TarEntry | undefined
  if (second?.name !== sumName || (await readWhole(second, 64)).toString('latin1') !== hash('sha256', bytes, 'hex'))
    throw new FacetError('bad-input', `${manifestName} of the archive has changed since it was exported: its checksum is another one.`, { hint: 'Copy the archive again, or export it again.' })
  const value = parseJson(bytes.toString('utf8'))
  const format = z.looseObject({ format: z.string(), facet: z.string() }).safeParse(value).data
  if (format && !ArchiveManifest.shape.format.safeParse(format.format).success)
    throw new FacetError('conflict', `The archive was written by Facet ${format.facet.slice(0, 20)} as "${format.format.slice(0, 40)}"; this version reads ${archiveFormats.map(known => `"${known}"`).join(', ')}.`, { hint: 'Use the version of Facet that wrote it, or export it again with this one.' })
  const manifest = ArchiveManifest.safeParse(value)
  if (!manifest.success)
    throw new FacetError('bad-input', `The archive's ${manifestName} is not what it should be: ${z.prettifyError(manifest.error).slice(0, 500)}`)
  return manifest.data
}

async function readWhole({ name, bytes, content }: TarEntry, limit: number): Promise<Buffer> {
  if (bytes > limit)
    throw new FacetError('bad-input', `The archive's ${name} has ${bytes} bytes; at most ${limit} are read.`)
  const parts: Uint8Array[] = []
  for await (const part of content)
    parts.push(part)
  return Buffer.concat(parts)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch {
    throw new FacetError('bad-input', `The archive's ${manifestName} is no JSON.`)
  }
}

function checkManifest({ runs, files, study, teachers }: ArchiveManifest, size: number): void {
  const refuse = (message: string): never => {
    throw new FacetError('bad-input', message, { hint: 'Make it again with facet study export.' })
  }
  const keys = new Set(runs.map(({ key }) => key))
  if (keys.size < runs.length)
    refuse('The archive holds the same run twice.')
  const unmet = runs.find(({ needs }) => needs.some(need => !keys.has(need)))
  if (unmet)
    refuse(`The archive lacks a run that "${unmet.label}" needs.`)
  if (new Set(files.map(({ path }) => path)).size < files.length)
    refuse('The archive names the same file twice.')
  const folders = new Set([...runs.map(({ stage, key }) => artefactName(stage, key)), ...teachers.map(({ name }) => `teachers/${name}`)])
  const others = new Set([...study.detail.datasets.map(({ fingerprint }) => packName(fingerprint)), ...runs.flatMap(({ key }) => runFiles.map(file => `runs/${key}/${file}`))])
  const stray = files.find(({ path }) => path !== normalize(path) || (!others.has(path) && !folders.has(placeOf(path))))
  if (stray)
    refuse(`The archive holds ${stray.path.slice(0, 200)}, which belongs to none of its runs and teachers.`)
  const present = new Set(files.map(({ path }) => placeOf(path)))
  const bare = runs.find(({ stage, key }) => !present.has(artefactName(stage, key)) || !present.has(`runs/${key}/events.ndjson`))
  if (bare)
    refuse(`The archive lacks the artefact or the events of "${bare.label}".`)
  const unlabelled = study.detail.datasets.find(({ fingerprint }) => !present.has(packName(fingerprint)))
  if (unlabelled)
    refuse(`The archive lacks the labels of the data set "${unlabelled.name}".`)
  if (files.reduce((sum, { bytes }) => sum + bytes, 0) > size)
    refuse('The archive is cut short, or its sizes are made up.')
}

/** The artefact that a file is, or lies in (folder, kind and key), or its teacher's folder. */
function placeOf(path: string): string {
  return path.split('/').slice(0, path.startsWith('teachers/') ? 2 : 3).join('/')
}

async function unpack(entries: AsyncGenerator<TarEntry>, { files }: ArchiveManifest, folder: string): Promise<void> {
  let next = 0
  for await (const entry of entries) {
    const file = files[next++]
    if (file?.path !== entry.name || file.bytes !== entry.bytes)
      throw new FacetError('bad-input', `The archive has ${entry.name} (${entry.bytes} bytes) where its manifest names ${file ? `${file.path} (${file.bytes} bytes)` : 'nothing more'}.`, { hint: 'Make it again with facet study export.' })
    const path = join(folder, file.path)
    await mkdir(dirname(path), { recursive: true })
    const target = await open(path, 'wx')
    try {
      await copyChecked(entry, target, file.sha256)
    }
    finally {
      await target.close()
    }
    syncPath(dirname(path))
  }
  if (next < files.length)
    throw new FacetError('bad-input', `The archive ends before ${files[next]!.path}.`, { hint: 'Copy it again: it was cut short.' })
}

async function copyChecked({ name, content }: TarEntry, target: FileHandle, sha256: string): Promise<void> {
  const found = createHash('sha256')
  for await (const part of content) {
    found.update(part)
    await target.appendFile(part)
  }
  if (found.digest('hex') !== sha256)
    throw new FacetError('bad-input', `${name} of the archive has changed since it was exported: its checksum is another one.`, { hint: 'Copy the archive again, or export it again.' })
  await target.sync()
}
