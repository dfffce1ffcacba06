import type { Loader } from '#worker/faces/loader.ts'
import type { SourceFaces } from '../stages/unlabelled.ts'
import { FacetError } from '#shared/errors.ts'
import { createLoader } from '#worker/faces/loader.ts'

/** Memory for decoded faces; 96x96 faces of 20,000 photographs fit. */
const cacheBytes = 2 ** 30

/** Starts a loader over faces of one or several data sets; row r is the r-th of them all. */
export function openPixels(faces: readonly Pick<SourceFaces, 'source' | 'indexes'>[], { size, batch, threads }: { size: number, batch: number, threads: number }): Loader {
  return createLoader({
    faces: faces.map(({ source, indexes }) => {
      if (!source.faces)
        throw new FacetError('internal', `internal: data set "${source.name}" came without faces`)
      return { pack: source.faces, indexes }
    }),
    size,
    batch,
    threads: Math.max(1, Math.min(4, threads - 1)),
    cacheBytes,
  })
}

/**
 * Runs a fixed-batch function over faces, the last batch filled up with its own first row.
 *
 * @param loader   faces
 * @param rows     which, in which order
 * @param batch    faces in one call
 * @param compute  u8 [batch, size, size, 3] -> f32 [batch, width]
 * @param onBatch  called with faces done so far
 * @returns f32 [rows, width]
 */
export async function computeOverFaces(loader: Loader, rows: Int32Array, batch: number, compute: (pixels: Uint8Array) => Float32Array, onBatch: (done: number) => void = () => {}): Promise<Float32Array> {
  const plan = Array.from({
    length: Math.ceil(rows.length / batch),
  }, (_, i) => ({
    rows: Int32Array.from({ length: batch }, (_, j) => rows[Math.min(rows.length - 1, i * batch + j)]!),
    seed: 0,
  }))
  let out: Float32Array | undefined
  let done = 0
  for await (const { data } of loader.stream(plan, null)) {
    const values = compute(data)
    const width = values.length / batch
    out ??= new Float32Array(rows.length * width)
    const count = Math.min(batch, rows.length - done)
    out.set(values.subarray(0, count * width), done * width)
    done += count
    onBatch(done)
  }
  return out ?? new Float32Array(0)
}
