import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { codeOf } from './listing.ts'

/** Larger files are no photographs; decoding them is refused anyway. */
const MAX_BYTES = 512 * 2 ** 20

/** Size and SHA-256 of a file, or why it cannot be used. Never waits on a pipe. */
export async function hashFile(file: string): Promise<{ bytes: number, sha256: string } | { reason: string }> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { size } = await handle.stat()
      if (size === 0)
        return { reason: 'file is empty (0 bytes)' }
      if (size > MAX_BYTES)
        return { reason: `file has ${size} bytes, the limit is ${MAX_BYTES}` }
      const hash = createHash('sha256')
      for await (const part of handle.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 }))
        hash.update(part)
      return {
        bytes: size,
        sha256: hash.digest('hex'),
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
