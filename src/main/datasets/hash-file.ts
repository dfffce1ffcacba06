import type { FileHandle } from 'node:fs/promises'
import { createHash, hash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { parseArchivedPath, readArchivedImage } from '#shared/files/archived-image.ts'
import { codeOf } from './listing.ts'

/** Larger files are no photographs; decoding them is refused anyway. */
const MAX_BYTES = 512 * 2 ** 20

/** Up to here a file is read at once: a stream costs more than it brings, which shows with 100,000 small files. */
const ONE_READ_BYTES = 2 ** 21

/** Size and SHA-256 of a file, or of an image inside an archive, or why it cannot be used. Never waits on a pipe. */
export async function hashFile(file: string): Promise<{ bytes: number, sha256: string } | { reason: string }> {
  try {
    const archived = parseArchivedPath(file)
    if (archived) {
      const content = await readArchivedImage(archived)
      return 'reason' in content ? content : { bytes: content.length, sha256: hash('sha256', content, 'hex') }
    }
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { size } = await handle.stat()
      if (size === 0)
        return { reason: 'file is empty (0 bytes)' }
      if (size > MAX_BYTES)
        return { reason: `file has ${size} bytes, the limit is ${MAX_BYTES}` }
      return {
        bytes: size,
        sha256: size <= ONE_READ_BYTES
          ? hash('sha256', await readWhole(handle, size), 'hex')
          : await hashParts(handle),
      }
    }
    finally {
      await handle.close()
    }
  }
  catch (error) {
    return { reason: `file cannot be read (${codeOf(error)})` }
  }
}

async function readWhole(handle: FileHandle, size: number): Promise<Buffer> {
  const content = Buffer.allocUnsafe(size)
  const { bytesRead } = await handle.read(content, 0, size, 0)
  return content.subarray(0, bytesRead)
}

async function hashParts(handle: FileHandle): Promise<string> {
  const whole = createHash('sha256')
  for await (const part of handle.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 }))
    whole.update(part)
  return whole.digest('hex')
}
