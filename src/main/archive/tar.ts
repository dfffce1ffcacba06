import type { FileHandle } from 'node:fs/promises'
import { Buffer } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { FacetError } from '#shared/errors.ts'

/**
 * Tar as POSIX ustar has it, plain files alone: any tar reads what is written here. What is read comes from strangers, so that the
 * reader knows nothing else: no links, no devices, no extended headers, no names that leave the folder.
 */
const block = 512
const partBytes = 1 << 20

/** Largest size in a header's 11 octal digits: 8 GiB less one byte. */
export const maxEntryBytes = 8 ** 11 - 1

/** A plain name of folders and a file: no empty, hidden or parent part, nothing that a shell or file system takes for something else. */
const plainName = /^\w[\w.-]*(?:\/\w[\w.-]*)*$/

/** One file of an archive while it is read. `content` has to be read to its end before the next one. */
export interface TarEntry { name: string, bytes: number, content: AsyncIterable<Buffer> }

/** Appends one file. @throws FacetError 'internal' for a name or size that ustar cannot hold */
export async function appendFile(archive: FileHandle, name: string, bytes: number, content: AsyncIterable<Uint8Array>): Promise<void> {
  await archive.appendFile(header(name, bytes))
  let written = 0
  for await (const part of content) {
    written += part.length
    await archive.appendFile(part)
  }
  if (written !== bytes)
    throw new FacetError('conflict', `The file changed while it was written to the archive: ${written} bytes instead of ${bytes}.`, { where: name })
  await archive.appendFile(Buffer.alloc(padding(bytes)))
}

/** Ends an archive: two empty blocks. */
export async function appendEnd(archive: FileHandle): Promise<void> {
  await archive.appendFile(Buffer.alloc(2 * block))
}

/** The files of an archive of `size` bytes, in their order. @throws FacetError 'bad-input' for what is cut short, damaged, or no plain file */
export async function* readTar(archive: FileHandle, size: number): AsyncGenerator<TarEntry> {
  const read = async (from: number, length: number): Promise<Buffer> => {
    const bytes = Buffer.alloc(length)
    const { bytesRead } = await archive.read(bytes, 0, length, from)
    if (bytesRead < length)
      throw broken('The archive is cut short.')
    return bytes
  }
  let at = 0
  for (;;) {
    const head = await read(at, block)
    if (head.every(byte => byte === 0))
      break
    const { name, bytes } = parseHeader(head)
    const from = at + block
    if (from + bytes + padding(bytes) > size)
      throw broken(`The archive is cut short in ${name}.`)
    let isRead = bytes === 0
    yield {
      name,
      bytes,
      content: (async function* () {
        for (let done = 0; done < bytes; done += partBytes)
          yield await read(from + done, Math.min(partBytes, bytes - done))
        isRead = true
      })(),
    }
    if (!isRead)
      throw new FacetError('internal', `internal: ${name} of the archive was not read to its end.`)
    at = from + bytes + padding(bytes)
  }
  if (!(await read(at + block, block)).every(byte => byte === 0))
    throw broken('The archive does not end as one does.')
}

/** A file in parts, for appendFile. */
export function readParts(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: partBytes }) as AsyncIterable<Buffer>
}

function padding(bytes: number): number {
  return (block - bytes % block) % block
}

function header(name: string, bytes: number): Buffer {
  const { prefix, rest } = splitName(name)
  if (bytes > maxEntryBytes)
    throw new FacetError('disk', `A file of ${bytes} bytes does not fit into an archive; at most ${maxEntryBytes} do.`, { where: name, hint: 'Copy the whole workspace instead: a copy of its folder is a workspace.' })
  const head = Buffer.alloc(block)
  head.write(rest, 0)
  head.write('0000644\0', 100)
  head.write('0000000\0', 108)
  head.write('0000000\0', 116)
  head.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124)
  head.write('00000000000\0', 136)
  head.write('0', 156)
  head.write('ustar\x0000', 257)
  head.write(prefix, 345)
  head.write(`${checksum(head).toString(8).padStart(6, '0')}\0 `, 148)
  return head
}

function splitName(name: string): { prefix: string, rest: string } {
  const at = name.length <= 100 ? -1 : name.indexOf('/', name.length - 101)
  const rest = name.slice(at + 1)
  const prefix = at < 0 ? '' : name.slice(0, at)
  if (!plainName.test(name) || rest.length > 100 || prefix.length > 155)
    throw new FacetError('internal', `internal: "${name}" is no name for a file of an archive.`)
  return { prefix, rest }
}

function parseHeader(head: Buffer): { name: string, bytes: number } {
  if (head.toString('latin1', 257, 262) !== 'ustar' || octal(head, 148, 8) !== checksum(head))
    throw broken('This is no tar archive, or it is damaged.')
  const prefix = text(head, 345, 155)
  const name = prefix === '' ? text(head, 0, 100) : `${prefix}/${text(head, 0, 100)}`
  const type = text(head, 156, 1)
  if (!plainName.test(name))
    throw broken(`The archive holds a file called ${JSON.stringify(name.slice(0, 200))}, which would leave its folder or is no plain name.`)
  if (type !== '0' && type !== '')
    throw broken(`${name} of the archive is no plain file (type ${JSON.stringify(type)}): links and devices are refused.`)
  return { name, bytes: octal(head, 124, 12) }
}

/** The sum of a header's bytes, its own field taken as spaces. */
function checksum(head: Buffer): number {
  return head.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0)
}

function text(head: Buffer, from: number, length: number): string {
  const field = head.toString('latin1', from, from + length)
  const end = field.indexOf('\0')
  return end < 0 ? field : field.slice(0, end)
}

function octal(head: Buffer, from: number, length: number): number {
  const digits = text(head, from, length).trim()
  if (!/^[0-7]{1,11}$/.test(digits))
    throw broken('This is no tar archive, or it is damaged.')
  return Number.parseInt(digits, 8)
}

function broken(message: string): FacetError {
  return new FacetError('bad-input', message, { hint: 'Make it again with facet study export, or copy it again.' })
}
