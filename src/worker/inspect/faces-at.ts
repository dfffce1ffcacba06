import type { InspectInput, InspectResult } from '#shared/inspect.ts'
import { openFaces } from '#shared/files/faces.ts'
import { reduceFace } from './pictures.ts'

/** Small pictures of the faces of some samples, in the order asked for; null where none was found. */
export async function facesAt({ faces, indexes, side }: InspectInput<'facesAt'>): Promise<InspectResult<'facesAt'>> {
  const pack = openFaces(faces)
  try {
    return await Promise.all(indexes.map(async index => pack.status(index).status === 'found'
      ? reduceFace(pack.read(index), pack.meta, side)
      : null))
  }
  finally {
    pack.close()
  }
}
