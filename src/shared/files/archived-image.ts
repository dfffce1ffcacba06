import type { FileHandle } from 'node:fs/promises'
import { Buffer } from 'node:buffer'
import { constants, open } from 'node:fs/promises'

/** An image that lies inside a larger file as base64: `faces.tsv#OFFSET+LENGTH`, both in bytes of that file. */
export interface ArchivedImage { file: string, offset: number, length: number }

/** Most bytes of base64: 24 MB of image, above any in MS-Celeb-1M. */
export const mostArchivedBytes = 32 * 2 ** 20

const REFERENCE = /^(.+\.tsv)#(\d{1,15})\+(\d{1,9})$/is
/** What stands before and after a field. */
const FENCE = new Set([9, 10, 13])

/** The path by which an archived image is known: a sample's, relative or absolute as its file is. Sorted paths follow the file, so that it is read from front to back. */
export function archivedPath({ file, offset, length }: ArchivedImage): string {
  return [file, '#', String(offset).padStart(12, '0'), '+', length].join('') // one text, of which there may be millions, where a template keeps its parts
}

/** What a path says of an archived image; null where it names a file. */
export function parseArchivedPath(path: string): ArchivedImage | null {
  const match = REFERENCE.exec(path)
  return match && { file: match[1]!, offset: Number(match[2]), length: Number(match[3]) }
}

/**
 * The bytes of an archived image. The path may come from a data set's pack, so nothing in it is believed: the file is a regular one,
 * the place lies in it and is a whole field of base64.
 * @returns the image's bytes, or why there are none
 */
export async function readArchivedImage({ file, offset, length }: ArchivedImage): Promise<Buffer | { reason: string }> {
  if (length === 0 || length > mostArchivedBytes)
    return { reason: `The image has ${length} bytes of base64; 1 to ${mostArchivedBytes} are read.` }
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = await handle.stat()
    if (!stat.isFile())
      return { reason: 'Its archive is a folder or a device, not a file.' }
    if (offset + length > stat.size)
      return { reason: `The archive has ${stat.size} bytes; the image would end at ${offset + length}.` }
    return decodeField(await readAround(handle, offset, length, stat.size), offset, length)
  }
  finally {
    await handle.close()
  }
}

/** The field with a byte before and after, where there are such. */
async function readAround(handle: FileHandle, offset: number, length: number, size: number): Promise<Buffer> {
  const from = Math.max(0, offset - 1)
  const bytes = Buffer.allocUnsafe(Math.min(size, offset + length + 1) - from)
  let read = 0
  while (read < bytes.length) {
    const { bytesRead } = await handle.read(bytes, read, bytes.length - read, from + read)
    if (bytesRead === 0)
      break
    read += bytesRead
  }
  return bytes.subarray(0, read)
}

function decodeField(around: Buffer, offset: number, length: number): Buffer | { reason: string } {
  const from = offset > 0 ? 1 : 0
  const field = around.subarray(from, from + length)
  const after = around[from + length]
  if (field.length < length || (from === 1 && !FENCE.has(around[0]!)) || (after !== undefined && !FENCE.has(after)))
    return { reason: 'The place in the archive is no whole field: the archive has changed.' }
  const text = field.toString('latin1')
  const bytes = Buffer.from(text, 'base64')
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  // Node passes over signs that are no base64, so that fewer bytes come out
  return length % 4 === 0 && bytes.length === length / 4 * 3 - padding
    ? bytes
    : { reason: 'The field of the archive is no base64.' }
}
