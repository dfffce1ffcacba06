import { FacetError } from '#shared/errors.ts'
import { largestPhotograph } from '#shared/try-views.ts'
import { wordBytes } from '#shared/words.ts'

/** A file's bytes in base64. @throws FacetError where it is larger than what is taken */
export async function readPhotograph(file: Blob): Promise<string> {
  if (file.size > largestPhotograph)
    throw new FacetError('bad-input', `The file has ${wordBytes(file.size)}; at most ${wordBytes(largestPhotograph)} are taken.`, { hint: 'Reduce the photograph first.' })
  if (file.size === 0)
    throw new FacetError('bad-input', 'The file is empty.', { hint: 'Choose another photograph.' })
  const bytes = new Uint8Array(await file.arrayBuffer())
  let text = ''
  for (let from = 0; from < bytes.length; from += 0x8000)
    text += String.fromCharCode(...bytes.subarray(from, from + 0x8000))
  return btoa(text)
}
