import type { Buffer } from 'node:buffer'
import type { z } from 'zod'
import type { SyntheticKind } from '#shared/synthetic.ts'
import { mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { FacetError } from '#shared/errors.ts'
import { SyntheticFaces, syntheticKinds, SyntheticObjects, SyntheticObjectsOverrides, SyntheticOverrides } from '#shared/synthetic.ts'
import { drawPhotograph } from './drawing.ts'
import { labelsOf } from './labels.ts'
import { createLook, createScene } from './look.ts'
import { renderSyntheticObject } from './objects.ts'
import { createPerson } from './person.ts'
import { renderPhotograph } from './render.ts'

/** The kinds of images: the file of a folder's parameters, and a version that is raised when the same ones would give another picture or label. */
const KINDS = {
  faces: { file: 'synthetic.json', schema: SyntheticFaces, overrides: SyntheticOverrides, version: 2 },
  objects: { file: 'synthetic-objects.json', schema: SyntheticObjects, overrides: SyntheticObjectsOverrides, version: 1 },
} as const

/** One drawn face: its bytes, and the labels of what is drawn. */
export interface SyntheticFace { jpeg: Buffer, subject: string, labels: Record<string, string | number> }

/** Draws face `index` of a set. Seed, index and number of identities decide everything; the same person has the same geometry at every age and pose. */
export async function renderSyntheticFace({ seed, size, identities }: Pick<SyntheticFaces, 'seed' | 'size' | 'identities'>, index: number): Promise<SyntheticFace> {
  const number = index % identities
  const person = createPerson(seed, number)
  const look = createLook(person, seed, index)
  const scene = createScene(seed, index)
  const jpeg = await renderPhotograph(drawPhotograph(person, look, scene, size), scene, { size, seed: `${seed}/${index}` })
  return {
    jpeg,
    subject: `person-${String(number).padStart(4, '0')}`,
    labels: labelsOf(person, look),
  }
}

export interface GenerateSynthetic extends SyntheticOverrides {
  /** Folder; its file of parameters, where there is one, gives what is not given here. */
  path: string
  kind?: SyntheticKind
  onProgress?: (done: number, total: number) => void
  signal?: AbortSignal
}

/** The same from a message: fields as GenerateSynthetic's, without the functions. */
export async function synthesize(input: Record<string, unknown>, signal?: AbortSignal): Promise<{ drawn: number }> {
  const { path: folder, kind: asked = 'faces', ...parameters } = input
  const kind = syntheticKinds.find(one => one === asked)
  if (typeof folder !== 'string' || !kind)
    throw new FacetError('internal', 'internal: synthesize was asked without a path, or for a kind that there is not')
  const parsed = KINDS[kind].overrides.safeParse(parameters)
  if (!parsed.success)
    throw outOfBounds(parsed.error, folder, kind)
  return await generateSyntheticFolder({ path: folder, kind, ...parsed.data, signal })
}

/**
 * Fills a folder with drawn faces or objects: synthetic.json or synthetic-objects.json (the parameters), images/000000.jpg ..., labels.csv, and drawn.json last, which marks
 * the folder as whole. Drawn already with the same parameters: nothing is done. Where `signal` stops it, what it drew and made is removed.
 * @throws FacetError `bad-input` where the parameters are out of bounds, `conflict` where the folder holds anything that is not ours
 */
export async function generateSyntheticFolder({ path: folder, kind = 'faces', onProgress, signal, ...given }: GenerateSynthetic): Promise<{ drawn: number }> {
  const { file: name, version } = KINDS[kind]
  const parameters = await readParameters(folder, kind, given)
  const { count } = parameters
  const mark = JSON.stringify({ ...parameters, version })
  if (await isDrawn(folder, mark, count))
    return { drawn: 0 }

  const file = path.join(folder, name)
  const before = await readFile(file).catch(() => null)
  const made = await mkdir(folder, { recursive: true })
  await clearImages(folder, name) // from here on the folder is known to be ours
  try {
    await rm(path.join(folder, 'drawn.json'), { force: true })
    await writeWhole(file, JSON.stringify(parameters, null, 2))
    await drawAll(folder, parameters, { onProgress, signal })
    signal?.throwIfAborted()
    await writeWhole(path.join(folder, 'drawn.json'), mark)
  }
  catch (error) {
    if (signal?.aborted)
      await takeBack(folder, { name, before, made })
    throw error
  }
  return { drawn: count }
}

/** An image and its row of labels.csv. */
async function drawOne(parameters: Parameters, index: number): Promise<{ jpeg: Buffer, row: Record<string, string | number> }> {
  if (!('identities' in parameters)) {
    const { jpeg, labels } = await renderSyntheticObject(parameters, index)
    return { jpeg, row: labels }
  }
  const { jpeg, subject, labels } = await renderSyntheticFace(parameters, index)
  return { jpeg, row: { subject, ...labels } }
}

/** Draws the photographs, as many at a time as there are cores, and writes their labels. */
async function drawAll(folder: string, parameters: Parameters, { onProgress, signal }: Pick<GenerateSynthetic, 'onProgress' | 'signal'>): Promise<void> {
  const { count } = parameters
  sharp.concurrency(1) // one photograph per thread is faster than several threads per photograph
  const rows: string[] = Array.from({ length: count })
  let [next, done, columns] = [0, 0, '']
  const draw = async (): Promise<void> => {
    while (next < count) {
      signal?.throwIfAborted()
      const index = next++
      const { jpeg, row } = await drawOne(parameters, index)
      const file = `images/${String(index).padStart(6, '0')}.jpg`
      await writeWhole(path.join(folder, file), jpeg)
      columns = ['path', ...Object.keys(row)].join(',')
      rows[index] = [file, ...Object.values(row)].join(',')
      onProgress?.(++done, count)
    }
  }
  // all of them have ended before anything is taken back
  const lanes = await Promise.allSettled(Array.from({ length: availableParallelism() }, draw))
  const failed = lanes.find(lane => lane.status === 'rejected')
  if (failed)
    throw failed.reason
  await writeWhole(path.join(folder, 'labels.csv'), `${[columns, ...rows].join('\n')}\n`)
}

/** Leaves the folder as it was found, but for photographs that were drawn before: these were removed to make room. */
async function takeBack(folder: string, { name, before, made }: { name: string, before: Buffer | null, made: string | undefined }): Promise<void> {
  const file = path.join(folder, name)
  await clearImages(folder, name)
  await rm(path.join(folder, 'labels.csv'), { force: true })
  if (before)
    await writeWhole(file, before)
  else
    await rm(file, { force: true })
  await rmdir(path.join(folder, 'images')).catch(() => {}) // somebody else's files stay
  for (let own = made && path.resolve(folder); own; own = own === made ? undefined : path.dirname(own))
    await rmdir(own).catch(() => {})
}

type Parameters = SyntheticFaces | SyntheticObjects

async function readParameters(folder: string, kind: SyntheticKind, given: SyntheticOverrides): Promise<Parameters> {
  const file = path.join(folder, KINDS[kind].file)
  const text = await readFile(file, 'utf8').catch(() => '{}')
  const parsed = KINDS[kind].schema.safeParse({
    ...parseJson(text, file),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  })
  if (parsed.success)
    return parsed.data
  throw outOfBounds(parsed.error, file, kind)
}

function outOfBounds(error: z.ZodError, where: string, kind: SyntheticKind): FacetError {
  const issue = error.issues[0]!
  return new FacetError('bad-input', `${issue.path.join('.') || 'The parameters'}: ${issue.message}.`, { where, hint: `Fields: ${Object.keys(KINDS[kind].schema.shape).join(', ')}.`, cause: error })
}

/** Makes room for new images, in a folder that is empty or has our file of parameters; only files that are named like ours go. */
async function clearImages(folder: string, parametersFile: string): Promise<void> {
  const images = path.join(folder, 'images')
  await mkdir(folder, { recursive: true })
  const found = await readdir(folder)
  if (found.length > 0 && !found.includes(parametersFile))
    throw new FacetError('conflict', `The folder holds other things (${found.slice(0, 3).join(', ')}) and no ${parametersFile}.`, { where: folder, hint: 'Images are drawn into an empty folder, or into one that was drawn before.' })
  await mkdir(images, { recursive: true })
  for (const name of await readdir(images)) {
    if (/^\d{6,}\.jpg(?:\.tmp)?$/.test(name))
      await rm(path.join(images, name))
  }
}

function parseJson(text: string, where: string): object {
  try {
    return JSON.parse(text) as object
  }
  catch (error) {
    throw new FacetError('bad-input', `This is no JSON: ${error instanceof Error
      ? error.message
      : String(error)}.`, { where, cause: error })
  }
}

async function isDrawn(folder: string, mark: string, count: number): Promise<boolean> {
  const found = await readFile(path.join(folder, 'drawn.json'), 'utf8').catch(() => '')
  const images = await readdir(path.join(folder, 'images')).catch(() => [])
  return found === mark && images.length === count
}

async function writeWhole(file: string, content: string | Buffer): Promise<void> {
  const temporary = `${file}.tmp`
  const handle = await open(temporary, 'w')
  try {
    await handle.writeFile(content)
  }
  finally {
    await handle.close()
  }
  await rename(temporary, file)
}
