import type { Header } from 'tar-stream'
import { Buffer } from 'node:buffer'
import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { extract, pack } from 'tar-stream'
import { FacetError } from '#shared/errors.ts'
import { fileWithin } from '#shared/files/within.ts'

const again = { hint: 'Make it again with facet study export, or copy it again.' }

/** What every archive ends with: two empty blocks of 512 bytes. */
const endBytes = 1024

/** One file of an archive. Where it is read, `content` has to be read to its end before the next one. */
export interface TarEntry { name: string, bytes: number, content: AsyncIterable<Uint8Array> }

/**
 * Writes files in their order as a new tar archive, and the archive to the disk.
 *
 * @throws FacetError 'conflict' where a file has another size than was said; the system's error where the archive cannot be written
 */
export async function writeTar(path: string, files: Iterable<TarEntry>): Promise<void> {
  const packed = pack()
  const written = pipeline(packed, createWriteStream(path, { flags: 'wx', flush: true }))
  written.catch(() => {}) // awaited below
  try {
    for (const { name, bytes, content } of files)
      await pipeline(ofSize(name, bytes, content), packed.entry({ name, size: bytes, mtime: new Date(0) }))
    packed.finalize()
  }
  catch (error) {
    packed.destroy(error as Error)
    await written // the file is closed; where it could not be written, this is why
    throw error
  }
  await written
}

async function* ofSize(name: string, bytes: number, content: TarEntry['content']): AsyncGenerator<Uint8Array> {
  let written = 0
  for await (const part of content) {
    written += part.length
    if (written > bytes)
      break
    yield part
  }
  if (written !== bytes)
    throw new FacetError('conflict', `The file changed while it was written to the archive: ${written} bytes instead of ${bytes}.`, { where: name })
}

/**
 * The files of an archive in their order. It comes from strangers: plain files alone are read, no links, devices or names that
 * leave the folder in which they are meant to lie.
 *
 * @throws FacetError 'bad-input' for what is cut short, damaged, or no plain file
 */
export async function* readTar(path: string, folder: string): AsyncGenerator<TarEntry> {
  await checkEnd(path)
  const file = createReadStream(path)
  const entries = extract()
  const read = pipeline(file, entries)
  read.catch(() => {}) // told where the entries are read
  try {
    for await (const entry of entries as AsyncIterable<Entry>)
      yield check(entry, folder)
  }
  catch (error) {
    throw broken(error)
  }
  finally {
    file.destroy()
    entries.destroy()
  }
}

async function checkEnd(path: string): Promise<void> {
  const archive = await open(path, 'r')
  try {
    const { size } = await archive.stat()
    const end = Buffer.alloc(endBytes, 1)
    await archive.read(end, 0, endBytes, Math.max(0, size - endBytes))
    if (end.some(byte => byte !== 0))
      throw new FacetError('bad-input', 'The archive is cut short.', again)
  }
  finally {
    await archive.close()
  }
}

type Entry = AsyncIterable<Uint8Array> & { header: Header }

function check(entry: Entry, folder: string): TarEntry {
  const { name, type, size = 0 } = entry.header
  fileWithin(folder, name, { what: 'The archive\'s file', where: name, ...again })
  if (type !== 'file')
    throw new FacetError('bad-input', `${name} of the archive is no plain file (${type}): links and devices are refused.`, again)
  return { name, bytes: size, content: contentOf(entry) }
}

async function* contentOf(entry: Entry): AsyncGenerator<Uint8Array> {
  try {
    yield* entry
  }
  catch (error) {
    throw broken(error)
  }
}

/** The library's words for what is no archive are for its own users. */
function broken(error: unknown): unknown {
  if (error instanceof FacetError || !(error instanceof Error) || 'code' in error)
    return error
  return new FacetError('bad-input', /end of data|closed/i.test(error.message) ? 'The archive is cut short.' : 'This is no tar archive, or it is damaged.', { ...again, cause: error })
}
