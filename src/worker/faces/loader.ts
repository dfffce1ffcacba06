import type { AugmentationConfig } from '#shared/stages/training.ts'
import type { LoaderSetting } from './loader-task.ts'
import { Buffer } from 'node:buffer'
import { FacetError } from '#shared/errors.ts'
import { openFaces } from '#shared/files/faces.ts'
import { PLAIN, renderView } from './augment.ts'
import { faceAt } from './face-at.ts'
import { startCrew } from './loader-crew.ts'

/** Faces are cached this much larger than they are shown, so that a crop seldom has to be stretched. */
const CACHE_MARGIN = 1.15
const DEFAULT_CACHE_BYTES = 2 ** 30

export interface LoaderOptions {
  /** Packs one after the other, and which of their samples (found ones). Row r of the loader is the r-th of them all. */
  faces: { pack: string, indexes: Int32Array }[]
  /** Side in pixels of the faces in a batch. */
  size: number
  /** Faces in a batch of `sequential`. */
  batch: number
  /** Threads that decode and augment; 1 keeps up with a training step on two cores. */
  threads?: number
  /** Shared memory for decoded faces; the rows that do not fit are decoded whenever they are asked for. */
  cacheBytes?: number
}

export interface Batch {
  /** u8 [rows.length, size, size, 3] */
  data: Uint8Array
  rows: Int32Array
}

/** A batch to make: its rows, and the seed of its augmentation. */
export interface BatchPlan { rows: Int32Array, seed: number }

export interface Loader {
  /** Rows: faces of all packs together. */
  count: number
  size: number
  /**
   * The faces of these rows, augmented or (null) as they are. The same rows, augmentation and seed give the same bytes, whatever
   * ran before or beside it; each face depends only on its row and the seed, so give another seed each epoch.
   */
  batch: (rows: Int32Array, augmentation: AugmentationConfig | null, seed: number) => Promise<Uint8Array>
  /** Batches in the order of `plan`, `ahead` of them in the making while the caller works: a training loop. */
  stream: (plan: Iterable<BatchPlan>, augmentation: AugmentationConfig | null, ahead?: number) => AsyncGenerator<Batch, void, undefined>
  /** All rows from `from` on, in order, as they are; the last batch may be smaller. */
  sequential: (from?: number) => AsyncGenerator<Batch, void, undefined>
  /** Decodes into the cache all rows that fit, so that the first epoch is as fast as the others. */
  warm: (onProgress?: (done: number, total: number) => void) => Promise<void>
  /** Stops the threads; what is still in the making is refused. */
  close: () => Promise<void>
}

/**
 * Starts a loader of aligned faces for training and embedding: decoding and augmentation in threads, decoded faces in shared memory.
 * @throws FacetError when a pack cannot be opened or an index is no found face of it
 */
export function createLoader({ faces, size, batch: batchSize, threads = 1, cacheBytes = DEFAULT_CACHE_BYTES }: LoaderOptions): Loader {
  const { packs, count, packSize } = check(faces)
  const faceSize = cachedSide(packSize, size)
  const slots = Math.min(count, Math.floor(cacheBytes / (faceSize * faceSize * 3)))
  const crew = startCrew(threads, {
    packs,
    size,
    faceSize,
    cache: new SharedArrayBuffer(slots * faceSize * faceSize * 3),
    filled: new SharedArrayBuffer(slots * 4),
  })
  const ask = (rows: Int32Array, augmentation: AugmentationConfig | null, seed: number) => {
    const wrong = rows.find(row => !(row >= 0 && row < count))
    if (wrong !== undefined)
      throw new FacetError('internal', `internal: row ${wrong} was asked of a loader with ${count} rows.`)
    return crew.run({
      rows,
      augmentation,
      seed,
      warm: false,
    })
  }
  async function* stream(plan: Iterable<BatchPlan>, augmentation: AugmentationConfig | null, ahead = threads + 1): AsyncGenerator<Batch, void, undefined> {
    const waiting: { rows: Int32Array, data: Promise<Uint8Array> }[] = []
    for (const { rows, seed } of plan) {
      const data = ask(rows, augmentation, seed)
      // A refusal is thrown where the batch is taken, not as an unhandled rejection before.
      data.catch(() => {})
      waiting.push({ rows, data })
      const first = waiting.length > ahead && waiting.shift()
      if (first)
        yield { rows: first.rows, data: await first.data }
    }
    for (const { rows, data } of waiting)
      yield { rows, data: await data }
  }
  return {
    count,
    size,
    batch: async (rows, augmentation, seed) => ask(rows, augmentation, seed),
    stream,
    sequential: (from = 0) => stream(inOrder(from, count, batchSize), null),
    warm: async (onProgress) => {
      let done = 0
      await Promise.all(Array.from(inOrder(0, slots, 64), async ({ rows, seed }) => {
        await crew.run({
          rows,
          augmentation: null,
          seed,
          warm: true,
        })
        onProgress?.(done += rows.length, slots)
      }))
    },
    close: crew.close,
  }
}

/**
 * One face as `sequential` gives it, for prediction.
 * @param face  u8 [side, side, 3]
 * @param side  of the face in pixels
 * @param size  side of the result
 * @returns u8 [size, size, 3]
 */
export async function showFace(face: Uint8Array, side: number, size: number): Promise<Uint8Array> {
  const faceSize = cachedSide(side, size)
  const shown = new Uint8Array(size * size * 3)
  renderView(await faceAt({
    data: Buffer.from(face.buffer, face.byteOffset, face.byteLength),
    size: side,
    encoding: 'raw',
  }, faceSize), faceSize, PLAIN, shown, size)
  return shown
}

function cachedSide(packSize: number, size: number): number {
  return Math.max(size, Math.min(packSize, Math.ceil(size * CACHE_MARGIN)))
}

function* inOrder(from: number, count: number, batch: number): Generator<BatchPlan> {
  for (let first = from; first < count; first += batch) {
    yield {
      rows: Int32Array.from({
        length: Math.min(batch, count - first),
      }, (_, i) => first + i),
      seed: 0,
    }
  }
}

function check(faces: LoaderOptions['faces']): { packs: LoaderSetting['packs'], count: number, packSize: number } {
  const packs: LoaderSetting['packs'] = []
  let count = 0
  let packSize = 0
  for (const { pack: path, indexes } of faces) {
    const pack = openFaces(path)
    try {
      const found = new Set(pack.indexes)
      const missing = indexes.find(index => !found.has(index))
      if (missing !== undefined)
        throw new FacetError('internal', `internal: sample ${missing} is no found face of the pack.`, { where: path })
      packSize = Math.max(packSize, pack.size)
    }
    finally {
      pack.close()
    }
    packs.push({ path, indexes, first: count })
    count += indexes.length
  }
  return { packs, count, packSize }
}
