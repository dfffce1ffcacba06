import { Buffer } from 'node:buffer'
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { endianness } from 'node:os'
import { dirname } from 'node:path'
import { z } from 'zod'
import { FacetError } from '../errors.ts'
import { syncPath } from './durable.ts'

/** A named array of numbers in row-major order. */
export interface NamedArray { dtype: 'float32' | 'int32' | 'uint8', shape: number[], data: Float32Array | Int32Array | Uint8Array }

/** The format's names of the element types, with what holds them here. */
const formats = {
  F32: { dtype: 'float32', bytes: 4, Numbers: Float32Array },
  I32: { dtype: 'int32', bytes: 4, Numbers: Int32Array },
  U8: { dtype: 'uint8', bytes: 1, Numbers: Uint8Array },
} as const
type FormatName = keyof typeof formats

const Entry = z.strictObject({
  dtype: z.enum(['F32', 'I32', 'U8'], { error: 'is none of F32, I32, U8' }),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([
    z.int().min(0),
    z.int().min(0),
  ]),
})
const Header = z.object({
  __metadata__: z.record(z.string(), z.string()).optional(),
}).catchall(Entry)

/** Lengths of the part before the header, and of the longest header the format allows. */
const prefixBytes = 8
const maxHeaderBytes = 100_000_000

/**
 * Writes arrays in the safetensors layout (huggingface.co/docs/safetensors). The file is whole or not there: temporary name, fsync, rename, fsync of the folder.
 *
 * @param path      any file of that name is replaced
 * @param tensors   name -> array
 * @param metadata  texts kept beside them
 */
export function writeSafetensors(path: string, tensors: Record<string, NamedArray>, metadata?: Record<string, string>): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    const file = openSync(temporary, 'w')
    try {
      for (const bytes of parts(tensors, metadata))
        writeWhole(file, bytes)
      fsyncSync(file)
    }
    finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  }
  catch (cause) {
    rmSync(temporary, { force: true })
    throw cause
  }
  syncPath(dirname(path))
}

/**
 * Reads a safetensors file. The header is checked against the file before a number is believed: every array lies inside,
 * its length is its shape's, and arrays fill the file without gap or overlap.
 *
 * @throws FacetError `not-found`, or `bad-input` naming file and array
 */
export function readSafetensors(path: string): { tensors: Record<string, NamedArray>, metadata: Record<string, string> } {
  const file = openForReading(path)
  try {
    const { entries, metadata, start } = readHeader(file, path)
    const tensors = Object.fromEntries(entries.map(([name, { dtype, shape, data_offsets: [begin, end] }]) => {
      const format = formats[dtype]
      const data = new format.Numbers((end - begin) / format.bytes)
      readWhole(file, new Uint8Array(data.buffer), start + begin, path)
      return [
        name,
        { dtype: format.dtype, shape, data },
      ]
    }))
    return { tensors, metadata }
  }
  finally {
    closeSync(file)
  }
}

function* parts(tensors: Record<string, NamedArray>, metadata: Record<string, string> | undefined): Generator<Uint8Array> {
  if (endianness() !== 'LE')
    throw new FacetError('internal', 'internal: safetensors files are little-endian, this machine is not')
  let offset = 0
  const header: Record<string, unknown> = metadata
    ? { __metadata__: metadata }
    : {}
  // Arrays of 4-byte numbers first, so that all of them are aligned.
  const names = Object.keys(tensors).sort((a, b) => tensors[b]!.data.BYTES_PER_ELEMENT - tensors[a]!.data.BYTES_PER_ELEMENT || (a < b
    ? -1
    : 1))
  for (const name of names) {
    const { dtype, shape, data } = tensors[name]!
    const [formatName, format] = Object.entries(formats).find(([, each]) => each.dtype === dtype)! as [FormatName, typeof formats[FormatName]]
    if (!(data instanceof format.Numbers) || data.length !== product(shape))
      throw new FacetError('internal', `internal: "${name}" is said to be ${dtype} [${shape}], its data is a ${data.constructor.name} of ${data.length}`)
    header[name] = {
      dtype: formatName,
      shape,
      data_offsets: [offset, offset + data.byteLength],
    }
    offset += data.byteLength
  }
  const text = Buffer.from(JSON.stringify(header))
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ')
  text.copy(padded)
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeBigUInt64LE(BigInt(padded.length))
  yield prefix
  yield padded
  for (const name of names) {
    const { data } = tensors[name]!
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, 'r')
  }
  catch (cause) {
    throw new FacetError('not-found', 'There is no readable tensor file.', { where: path, cause })
  }
}

function readHeader(file: number, path: string) {
  const refuse = (message: string) => new FacetError('bad-input', message, { where: path, hint: 'The file is damaged or no safetensors file of ours; take an older copy, or make it anew.' })
  const size = fstatSync(file).size
  if (size < prefixBytes)
    throw refuse(`The tensor file has ${size} bytes, fewer than the ${prefixBytes} of its header's length.`)
  const prefix = Buffer.alloc(prefixBytes)
  readWhole(file, prefix, 0, path)
  const length = prefix.readBigUInt64LE()
  if (length > BigInt(Math.min(maxHeaderBytes, size - prefixBytes)))
    throw refuse(`The header says it has ${length} bytes; the file has ${size}.`)
  const text = Buffer.alloc(Number(length))
  readWhole(file, text, prefixBytes, path)
  const header = Header.safeParse(parseJson(text.toString('utf8'), refuse))
  if (!header.success) {
    const { path: field, message } = header.error.issues[0]!
    throw refuse(`The header's ${field.join('.') || 'content'} is wrong: ${message}.`)
  }
  const { __metadata__: metadata = {}, ...arrays } = header.data
  const entries = Object.entries(arrays) as [string, z.infer<typeof Entry>][]
  const start = prefixBytes + Number(length)
  checkLayout(entries, size - start, refuse)
  return { entries, metadata, start }
}

function parseJson(text: string, refuse: (message: string) => FacetError): unknown {
  try {
    return JSON.parse(text)
  }
  catch {
    throw refuse('The header is no JSON.')
  }
}

function checkLayout(entries: [string, z.infer<typeof Entry>][], bytes: number, refuse: (message: string) => FacetError): void {
  let expected = 0
  for (const [name, { dtype, shape, data_offsets: [begin, end] }] of entries.toSorted(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1])) { // an empty array begins where its neighbour does
    if (end > bytes)
      throw refuse(`Array "${name}" ends at byte ${end}; the file has ${bytes} bytes of numbers.`)
    if (begin !== expected)
      throw refuse(`Array "${name}" begins at byte ${begin} instead of ${expected}.`)
    if (end - begin !== product(shape) * formats[dtype].bytes)
      throw refuse(`Array "${name}" of ${dtype} [${shape}] needs ${product(shape) * formats[dtype].bytes} bytes, the header gives it ${end - begin}.`)
    expected = end
  }
  if (expected !== bytes)
    throw refuse(`The header names ${expected} bytes of numbers; the file has ${bytes}.`)
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, side) => all * side, 1)
}

/** One call may write or read fewer bytes than asked: at most 2 GB on Linux. */
function writeWhole(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(file, bytes, done, bytes.length - done)
}

function readWhole(file: number, bytes: Uint8Array, position: number, path: string): void {
  for (let done = 0; done < bytes.length;) {
    const count = readSync(file, bytes, done, bytes.length - done, position + done)
    if (count === 0)
      throw new FacetError('bad-input', `The file ended at byte ${position + done} while it was read.`, { where: path })
    done += count
  }
}
