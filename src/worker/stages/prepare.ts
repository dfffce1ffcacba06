import type { z } from 'zod'
import type { FaceRow, FacesWriter } from '#shared/files/faces.ts'
import type { Detection, Detector } from '../faces/detect.ts'
import type { Photograph } from '../faces/photograph.ts'
import type { StageContext } from '../stage.ts'
import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import sharp from 'sharp'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { createFaces } from '#shared/files/faces.ts'
import { prepare } from '#shared/stages/prepare.ts'
import { decodeSideBySide } from '../faces/decode.ts'
import { createDetector } from '../faces/detect.ts'
import { alignFace, inPhotograph, openPhotograph } from '../faces/photograph.ts'
import { readyCrop } from '../faces/ready-crop.ts'
import { readUnchanged } from '../faces/unchanged.ts'
import { Leaving, runOf } from '../stage.ts'

/** Photographs that are worked on together; three batches of them are in memory. Larger ones are no faster and cost 300 MB more on 12-megapixel photographs. */
const BATCH = 8
/** Photographs between checkpoints. The rows themselves are safe after each batch. */
const CHECKPOINT_EVERY = 1024

type Config = z.output<typeof prepare.config>
type Context = StageContext<Config>
interface Task { index: number, path: string, sha256: string }
/** A decoded photograph, or the row of one that cannot be read. */
type Opened = { index: number, photograph: Photograph } | { index: number, row: FaceRow }

const NOTHING = {
  box: null,
  landmarks: null,
  score: null,
  meshScore: null,
  faces: 0,
  image: null,
}

/** Prepare: every photograph of a data set becomes an aligned face or the reason why there is none. Vielzeuf et al. 2019, Section 4.1. */
export const run = runOf(prepare, async (context) => {
  const { order, config } = context
  const source = order.sources[0]
  if (!source)
    throw new FacetError('internal', 'internal: the order to prepare names no data set.')
  const dataset = openDataset(source.dataset)
  const hashes = dataset.hashes()
  const tasks = dataset.samples().map(({ path }, index) => ({
    index,
    path: join(source.root, path),
    sha256: hashes[index]!,
  }))
  const aligned = config.aligned || dataset.meta.aligned
  dataset.close()
  decodeSideBySide()
  const writer = createFaces(context.artefact, {
    size: config.size,
    encoding: config.encoding,
    aligned,
    count: tasks.length,
  })
  try {
    await prepareAll(context, tasks, aligned, writer)
  }
  catch (error) {
    writer.close()
    throw error
  }
  const tally = writer.tally()
  writer.seal()
  return {
    summary: {
      photographs: tasks.length,
      ...tally,
      aligned,
      size: config.size,
    },
    evaluations: [],
  }
})

/** All photographs that are not done from an earlier attempt. */
async function prepareAll(context: Context, tasks: Task[], aligned: boolean, writer: FacesWriter): Promise<void> {
  const done = writer.count()
  await context.checkpoint.save({ step: done, tensors: {}, state: null })
  if (done > 0)
    context.report.log(`${done} of ${tasks.length} photographs are done from an earlier attempt.`)
  const left = tasks.filter(({ index }) => !writer.has(index))
  if (aligned)
    await resizeAll(context, left, writer)
  else
    await findAll(context, left, writer)
}

/** Ready crops: only decoded, resized and stored. */
async function resizeAll(context: Context, tasks: Task[], writer: FacesWriter): Promise<void> {
  const { size, encoding } = context.config
  for (const batch of batches(tasks)) {
    const rows = await Promise.all(batch.map(({ index, path, sha256 }) => readUnchanged(path, sha256).then(bytes => readyCrop(bytes, size)).then(
      async (face): Promise<FaceRow> => ({
        ...NOTHING,
        index,
        status: 'found',
        reason: null,
        faces: 1,
        image: await encode(face, size, encoding),
      }),
      error => unreadable(index, error),
    )))
    await keep(context, writer, rows)
  }
}

/** While a batch is in the graph, sharp's threads decode the next and encode the one before: three batches in memory. */
async function findAll(context: Context, tasks: Task[], writer: FacesWriter): Promise<void> {
  const detector = createDetector()
  try {
    const queue = batches(tasks)
    let opened = begun(openAll(queue[0] ?? []))
    let rows = begun(Promise.resolve<FaceRow[]>([]))
    for (let i = 0; i < queue.length; i++) {
      const photographs = await opened
      opened = begun(openAll(queue[i + 1] ?? []))
      const before = rows
      rows = begun(findFaces(detector, photographs, context.config))
      await keep(context, writer, await before)
    }
    await keep(context, writer, await rows)
  }
  finally {
    detector.dispose()
  }
}

/** Work that is awaited later: a failure is thrown there, and does not end the process as unhandled before. */
function begun<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {})
  return work
}

function openAll(tasks: Task[]): Promise<Opened[]> {
  return Promise.all(tasks.map(({ index, path, sha256 }) => readUnchanged(path, sha256).then(openPhotograph).then(
    (photograph): Opened => ({ index, photograph }),
    (error): Opened => ({
      index,
      row: unreadable(index, error),
    }),
  )))
}

async function findFaces(detector: Detector, opened: Opened[], config: Config): Promise<FaceRow[]> {
  const images = opened.flatMap(each => 'photograph' in each
    ? [each]
    : [])
  const detections = await detector.detect(images.map(({ photograph }) => photograph.image), config)
  return Promise.all([
    ...opened.flatMap(each => 'row' in each
      ? [each.row]
      : []),
    ...images.map(({ index, photograph }, i) => rowOf(index, photograph, detections[i]!, config)),
  ])
}

async function rowOf(index: number, photograph: Photograph, detection: Detection, { size, encoding, minDetection, minMesh }: Config): Promise<FaceRow> {
  const [face] = detection.faces
  if (!face) {
    const reason = detection.bestScore === 0
      ? `No face was found: nothing scores above ${minDetection}.`
      : `No face was found: the best place scores ${detection.bestScore.toFixed(2)}, its mesh ${detection.bestMeshScore.toFixed(2)} of more than ${minMesh} wanted.`
    return {
      ...NOTHING,
      index,
      status: 'not-found',
      reason,
    }
  }
  try {
    const { box, landmarks, score, meshScore } = inPhotograph(photograph, face)
    const image = await encode(await alignFace(photograph, face, size), size, encoding)
    return {
      index,
      status: 'found',
      reason: null,
      box,
      landmarks: landmarks.map(([x, y]) => [x, y]),
      score,
      meshScore,
      faces: detection.faces.length,
      image,
    }
  }
  catch (error) {
    return unreadable(index, error)
  }
}

function unreadable(index: number, error: unknown): FaceRow {
  if (!(error instanceof FacetError) || error.code !== 'bad-input')
    throw error
  return {
    ...NOTHING,
    index,
    status: 'unreadable',
    reason: error.message,
  }
}

async function encode(face: Uint8Array, size: number, encoding: Config['encoding']): Promise<Buffer> {
  if (encoding === 'raw')
    return Buffer.from(face.buffer, face.byteOffset, face.byteLength)
  return sharp(face, {
    raw: { width: size, height: size, channels: 3 },
  }).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer()
}

async function keep({ report, checkpoint, isLeaving }: Context, writer: FacesWriter, rows: FaceRow[]): Promise<void> {
  const before = writer.count()
  writer.add(rows)
  const after = before + rows.length
  report.progress(after, writer.total, 'photographs')
  if (Math.floor(after / CHECKPOINT_EVERY) > Math.floor(before / CHECKPOINT_EVERY))
    await checkpoint.save({ step: after, tensors: {}, state: null })
  if (!isLeaving())
    return
  await checkpoint.save({ step: after, tensors: {}, state: null })
  throw new Leaving()
}

function batches(tasks: Task[]): Task[][] {
  return Array.from({
    length: Math.ceil(tasks.length / BATCH),
  }, (_, i) => tasks.slice(i * BATCH, (i + 1) * BATCH))
}
