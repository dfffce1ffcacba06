import type { FacesPack } from '#shared/files/faces.ts'
import type { InspectInput, InspectResult } from '#shared/inspect.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { openFaces } from '#shared/files/faces.ts'
import { keep } from './kept.ts'
import { reduceFace, reducePhotograph } from './pictures.ts'

type Status = 'found' | 'not-found' | 'unreadable'
interface OpenFaces { pack: FacesPack, lists: Map<Status, Int32Array> }

/** A gallery asks again and again; the list of 100,000 found faces is read once. Sealed packs never change. */
const packs = keep<OpenFaces>({ most: 4, idleMs: 60_000, close: ({ pack }) => pack.close() })

function withFaces<R>(path: string, work: (open: OpenFaces) => Promise<R>): Promise<R> {
  return packs.use(path, () => {
    const pack = openFaces(path)
    return { pack, lists: new Map<Status, Int32Array>([['found', pack.indexes]]) }
  }, work)
}

/** A range of the faces of one status, with small pictures: of the face, or of the photograph where none was found. */
export function facesPage({ faces, dataset, root, status, from, count, side }: InspectInput<'facesPage'>): Promise<InspectResult<'facesPage'>> {
  return withFaces(faces, async ({ pack, lists }) => {
    const indexes = lists.get(status) ?? pack.indexesOf(status)
    lists.set(status, indexes)
    const wanted = [...indexes.subarray(from, from + count)]
    const cells = status === 'found'
      ? await Promise.all(wanted.map(async index => ({
          index,
          image: await reduceFace(pack.read(index), pack.meta, side),
          reason: null,
        })))
      : await withoutFace(pack, wanted, { dataset, root, side })
    return { total: indexes.length, cells }
  })
}

/** Photographs without a face: a picture of the whole, and why. */
async function withoutFace(pack: FacesPack, wanted: number[], { dataset, root, side }: { dataset: string, root: string, side: number }): Promise<InspectResult<'facesPage'>['cells']> {
  const samples = openDataset(dataset)
  try {
    return await Promise.all(wanted.map(async (index) => {
      const picture = await reducePhotograph(samples.sample(index).path, side, root)
      return {
        index,
        image: 'image' in picture
          ? picture.image
          : null,
        reason: pack.status(index).reason,
      }
    }))
  }
  finally {
    samples.close()
  }
}

/** One photograph, reduced, with the face that was cut out of it. Box and key points are in the whole photograph's pixels. */
export async function photograph({ path, faces, index, side }: InspectInput<'photograph'>): Promise<InspectResult<'photograph'>> {
  const picture = await reducePhotograph(path, side)
  const looked = 'image' in picture
    ? { width: picture.decoded.fullWidth, height: picture.decoded.fullHeight, image: picture.image, problem: null }
    : { width: 0, height: 0, image: null, problem: picture.reason }
  if (faces === null)
    return { ...looked, face: null, status: null, reason: null, box: null, landmarks: [], score: null, faces: 0 }
  return withFaces(faces, async ({ pack }) => {
    const { status, reason, box, landmarks, score, faces: count } = pack.status(index)
    return {
      ...looked,
      face: status === 'found'
        ? await reduceFace(pack.read(index), pack.meta, pack.size)
        : null,
      status,
      reason,
      box,
      landmarks: landmarks ?? [],
      score,
      faces: count,
    }
  })
}
