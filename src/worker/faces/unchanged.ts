import type { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { FacetError } from '#shared/errors.ts'
import { readImageFile } from './decode.ts'

/**
 * Reads a photograph that has to be the one that its data set was read with: keys of runs are made of its content, so another one
 * under the same name would give results that belong to none.
 *
 * @param file    the photograph
 * @param sha256  of its content when the data set was read, in hex
 * @returns its bytes, so that what is decoded is what was looked at
 * @throws FacetError 'not-found' or 'conflict', naming the photograph
 */
export async function readUnchanged(file: string, sha256: string): Promise<Buffer> {
  const content = await readImageFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new FacetError('not-found', `This photograph cannot be read any more (${cause.code ?? cause.message}); it could when its data set was read.`, {
      where: file,
      hint: 'Put it back and resume the run, or run the study again: that reads the data set as it is now.',
      cause,
    })
  })
  if (hash('sha256', content, 'hex') !== sha256) {
    throw new FacetError('conflict', 'This photograph has changed since its data set was read.', {
      where: file,
      hint: 'Put it back as it was and resume the run, or run the study again: that reads the data set as it is now.',
    })
  }
  return content
}
