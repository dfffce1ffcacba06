import type { Tensor2D } from '#worker/engine/tf.ts'
import type { EmbeddingRows } from './embedding-rows.ts'
import type { SourceFaces, SourceSamples } from './unlabelled.ts'
import { isHeldOut } from '#shared/dataset.ts'
import { tf } from '#worker/engine/tf.ts'
import { eachBlock, embeddingRows } from './embedding-rows.ts'

/** An unlabelled face and the held-out one that it shows again. */
export interface NearCopy { source: string, index: number, path: string, of: string, cosine: number }

/** Faces compared at once on either side. */
const block = 1024

/**
 * Unlabelled faces that show a held-out photograph again, compressed, resized or cut otherwise, so that its content hash is another:
 * those whose embeddings are as close as `cosine` to a held-out face's, by the mean of the teachers' cosines. Both sides are read and
 * multiplied block by block; memory does not grow with them.
 *
 * @param learn    faces that nobody keeps back so far
 * @param sources  all that the study has; those with embeddings have their held-out faces compared
 * @param options  what counts as a copy
 * @param options.cosine    least mean cosine, 0..1
 * @param options.teachers  whose embeddings are compared
 * @returns by source and index, each with the closest held-out face
 */
export function findNearCopies(learn: readonly SourceFaces[], sources: readonly SourceSamples[], { cosine, teachers }: { cosine: number, teachers: string[] }): NearCopy[] {
  const heldOut = sources.flatMap(({ source, samples, hashes, found }): SourceFaces[] => {
    const indexes = source.embeddings ? found.filter(index => isHeldOut(samples[index]!)) : found.subarray(0, 0)
    return indexes.length > 0 ? [{ source, indexes, hashes: [...indexes].map(index => hashes[index]!) }] : []
  })
  if (heldOut.length === 0 || learn.length === 0)
    return []
  const [own, other] = [embeddingRows(learn, teachers), embeddingRows(heldOut, teachers)]
  try {
    const [ownFace, otherFace] = [faceOf(learn, sources), faceOf(heldOut, sources)]
    const { places, values } = closest(own, other)
    const copies: NearCopy[] = []
    values.forEach((value, row) => {
      if (value < cosine)
        return
      const copied = otherFace(places[row]!)
      copies.push({ ...ownFace(row), of: `${copied.source}/${copied.path}`, cosine: value })
    })
    return copies
  }
  finally {
    own.close()
    other.close()
  }
}

/** The closest row of `other` to each row of `own`, and its cosine. */
function closest(own: EmbeddingRows, other: EmbeddingRows): { places: Int32Array, values: Float32Array } {
  const best = { places: new Int32Array(own.count), values: new Float32Array(own.count).fill(-1) }
  eachBlock(other, (rows, count, from) => {
    const theirs = directions(rows, count, other)
    eachBlock(own, (ours, ownCount, ownFrom) => {
      const [values, places] = tf.tidy(() => {
        const cosines = tf.matMul(directions(ours, ownCount, own), theirs, false, true)
        return [cosines.max(1).dataSync(), cosines.argMax(1).dataSync()]
      })
      for (let i = 0; i < ownCount; i++) {
        if (values![i]! > best.values[ownFrom + i]!) {
          best.values[ownFrom + i] = values![i]!
          best.places[ownFrom + i] = from + places![i]!
        }
      }
    }, block)
    theirs.dispose()
  }, block)
  return best
}

/** Each teacher's part of a row brought to length 1 / sqrt(teachers): a product of two rows is then the mean of their cosines. */
function directions(rows: Float32Array, count: number, { width, teachers }: EmbeddingRows): Tensor2D {
  const scaled = rows.slice()
  let first = 0
  for (const { dimension } of teachers) {
    for (let at = first; at < count * width; at += width) {
      let squares = 0
      for (let i = at; i < at + dimension; i++)
        squares += scaled[i]! ** 2
      const factor = squares > 0 ? 1 / Math.sqrt(squares * teachers.length) : 0
      for (let i = at; i < at + dimension; i++)
        scaled[i]! *= factor
    }
    first += dimension
  }
  return tf.tensor2d(scaled, [count, width])
}

/** The face of a row. */
function faceOf(faces: readonly SourceFaces[], sources: readonly SourceSamples[]): (row: number) => { source: string, index: number, path: string } {
  const starts = faces.map((_, i) => faces.slice(0, i).reduce((sum, { indexes }) => sum + indexes.length, 0))
  return (row) => {
    const part = starts.findLastIndex(start => start <= row)
    const { source, indexes } = faces[part]!
    const index = indexes[row - starts[part]!]!
    return { source: source.name, index, path: sources.find(each => each.source.name === source.name)!.samples[index]!.path }
  }
}
