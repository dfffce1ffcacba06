import type { Buffer } from 'node:buffer'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { constants as flush, inflate, inflateSync } from 'node:zlib'
import { FacetError } from '#shared/errors.ts'
import { codeOf } from './listing.ts'
import { count } from './lists.ts'

/** imdb.mat has some 30 MB; what it unpacks to some 300. */
const MOST_FILE_BYTES = 512 * 2 ** 20
const MOST_UNPACKED_BYTES = 2 ** 30
/** Such files unpack to ten times their size; a thousand times is a bomb. */
const MOST_RATIO = 64
const SMALL_BYTES = 64 * 2 ** 20
const HEADER_BYTES = 128
const MOST_VALUES = 20_000_000

const COMPRESSED = 15
const MATRIX = 14
const [CELL, STRUCT, CHAR] = [1, 2, 4]
/** Numeric storage types: bytes of a value, and how it is read. */
const numeric: Record<number, { bytes: number, read: (from: Buffer, at: number) => number }> = {
  1: { bytes: 1, read: (from, at) => from.readInt8(at) },
  2: { bytes: 1, read: (from, at) => from.readUInt8(at) },
  3: { bytes: 2, read: (from, at) => from.readInt16LE(at) },
  4: { bytes: 2, read: (from, at) => from.readUInt16LE(at) },
  5: { bytes: 4, read: (from, at) => from.readInt32LE(at) },
  6: { bytes: 4, read: (from, at) => from.readUInt32LE(at) },
  7: { bytes: 4, read: (from, at) => from.readFloatLE(at) },
  9: { bytes: 8, read: (from, at) => from.readDoubleLE(at) },
  12: { bytes: 8, read: (from, at) => Number(from.readBigInt64LE(at)) },
  13: { bytes: 8, read: (from, at) => Number(from.readBigUInt64LE(at)) },
  16: { bytes: 1, read: (from, at) => from.readUInt8(at) },
  17: { bytes: 2, read: (from, at) => from.readUInt16LE(at) },
}

/** A field of a struct: numbers, or texts of a cell array. */
export type MatField = Float64Array | string[]

/**
 * Reads fields of a struct variable of a MATLAB file of version 5 to 7 (little-endian, compressed or not). Sizes are checked against what is
 * there before anything is reserved, and what is compressed may not grow to more than 64 times its size (64 MB in any case, 1 GB at most).
 *
 * @param file      path
 * @param variable  name of a 1x1 struct
 * @param fields    what is read of it: numeric arrays, or cell arrays of texts; those that it lacks are missing in the result
 * @throws FacetError `bad-input` with the place in the file
 */
export async function readMatStruct(file: string, variable: string, fields: readonly string[]): Promise<Map<string, MatField>> {
  const bytes = await readWhole(file)
  try {
    return await findStruct(bytes, variable, fields)
  }
  catch (error) {
    if (!(error instanceof Malformed))
      throw error
    throw new FacetError('bad-input', `The MATLAB file ${error.message}`, { where: file, hint: 'Take the file as it was published; its copy may be cut off.', cause: error })
  }
}

/** The same of a file's bytes. @throws Malformed */
export async function findStruct(bytes: Buffer, variable: string, fields: readonly string[]): Promise<Map<string, MatField>> {
  requireHeader(bytes)
  const names: string[] = []
  let unpacked = 0
  for (let at = HEADER_BYTES; at < bytes.length;) {
    const tag = readTag(bytes, at, bytes.length)
    const element = tag.type === COMPRESSED ? await unpack(bytes.subarray(tag.from, tag.to), at) : bytes.subarray(at, tag.to)
    unpacked += element.length
    if (unpacked > MOST_UNPACKED_BYTES)
      throw new Malformed(`holds more than ${count(MOST_UNPACKED_BYTES)} bytes before its variable "${variable}".`)
    const matrix = readTag(element, 0, element.length)
    if (matrix.type !== MATRIX)
      throw new Malformed(`holds at byte ${at} something that is no variable (type ${matrix.type}).`)
    const head = readHead(element, matrix)
    names.push(head.name.slice(0, 40))
    if (head.name === variable)
      return readStruct(element, head, fields)
    at = tag.type === COMPRESSED ? tag.to : padded(tag.to)
  }
  throw new Malformed(`has no variable "${variable}"; it has ${names.slice(0, 10).join(', ') || 'none'}.`)
}

/** What is wrong with a file; completes "The MATLAB file ...". */
export class Malformed extends Error {}

async function readWhole(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { size } = await handle.stat()
      if (size > MOST_FILE_BYTES)
        throw new FacetError('bad-input', `The MATLAB file has ${count(size)} bytes; at most ${count(MOST_FILE_BYTES)} are read.`, { where: file, hint: 'Take the file as it was published.' })
      return await handle.readFile()
    }
    finally {
      await handle.close()
    }
  }
  catch (error) {
    if (error instanceof FacetError)
      throw error
    throw new FacetError('bad-input', `The MATLAB file cannot be read (${codeOf(error)}).`, { where: file, hint: 'Check its permissions.', cause: error })
  }
}

function requireHeader(bytes: Buffer): void {
  const words = bytes.toString('latin1', 0, 116)
  if (words.startsWith('MATLAB 7.3') || bytes.toString('latin1', 0, 4) === '\x89HDF' || bytes.toString('latin1', 512, 516) === '\x89HDF')
    throw new Malformed('is of version 7.3 (HDF5), which is not read. In MATLAB: load it and save it with -v7.')
  if (bytes.length < HEADER_BYTES + 8)
    throw new Malformed(`is cut off: it has ${bytes.length} bytes.`)
  const endian = bytes.toString('latin1', 126, 128)
  if (endian === 'MI')
    throw new Malformed('is big-endian, which is not read. In MATLAB: load it and save it with -v7.')
  if (endian !== 'IM' || bytes.readUInt16LE(124) !== 0x0100)
    throw new Malformed(`is none of version 5 to 7: it begins with ${JSON.stringify(words.slice(0, 20))}.`)
}

interface Tag { type: number, from: number, to: number, next: number }

/** The tag of an element, which may not reach beyond `end`. `next` is where the following one begins. */
function readTag(bytes: Buffer, at: number, end: number): Tag {
  if (at + 8 > end)
    throw new Malformed(`ends in the middle of an element (byte ${at}).`)
  const first = bytes.readUInt32LE(at)
  const smallSize = first >>> 16
  const tag = smallSize > 0
    ? { type: first & 0xFFFF, from: at + 4, to: at + 4 + smallSize, next: at + 8 }
    : { type: first, from: at + 8, to: at + 8 + bytes.readUInt32LE(at + 4), next: 0 }
  if (smallSize > 4 || tag.to > end)
    throw new Malformed(`says at byte ${at} that an element has ${count(tag.to - tag.from)} bytes; ${count(end - tag.from)} are left.`)
  return { ...tag, next: tag.next || Math.min(padded(tag.to), end) }
}

function padded(at: number): number {
  return Math.ceil(at / 8) * 8
}

/** What a compressed element holds. Its own first tag says how large it is; it is unpacked to that size and no further. */
async function unpack(packed: Buffer, at: number): Promise<Buffer> {
  const most = Math.min(MOST_UNPACKED_BYTES, Math.max(SMALL_BYTES, MOST_RATIO * packed.length))
  const broken = (error: unknown): Malformed => new Malformed(`holds at byte ${at} a compressed element that cannot be unpacked (${codeOf(error)}).`)
  let tag: Buffer
  try {
    tag = inflateSync(packed.subarray(0, 4096), { finishFlush: flush.Z_SYNC_FLUSH, maxOutputLength: 8 * 2 ** 20 })
  }
  catch (error) {
    throw broken(error)
  }
  if (tag.length < 8)
    throw broken('nothing in it')
  const size = 8 + tag.readUInt32LE(4)
  if (size > most)
    throw new Malformed(`says at byte ${at} that ${count(packed.length)} bytes unpack to ${count(size)}; at most ${count(most)} are read.`)
  try {
    return await promisify<Buffer, object, Buffer>(inflate)(packed, { maxOutputLength: size + 8 })
  }
  catch (error) {
    throw broken(error)
  }
}

interface Head { classNumber: number, values: number, name: string, at: number, end: number }

/** What stands in front of every matrix: class, dimensions, name. */
function readHead(bytes: Buffer, { from, to }: Tag): Head {
  const flags = readTag(bytes, from, to)
  const dimensions = readTag(bytes, flags.next, to)
  const name = readTag(bytes, dimensions.next, to)
  if (flags.type !== 6 || flags.to - flags.from !== 8 || dimensions.type !== 5 || dimensions.to - dimensions.from > 64 || name.to - name.from > 64)
    throw new Malformed(`holds at byte ${from} a matrix without class, dimensions or name.`)
  let values = 1
  for (let at = dimensions.from; at + 4 <= dimensions.to; at += 4)
    values *= bytes.readInt32LE(at)
  if (!(values >= 0 && values <= MOST_VALUES))
    throw new Malformed(`says at byte ${from} that a matrix has ${count(values)} values; at most ${count(MOST_VALUES)} are read.`)
  return { classNumber: bytes[flags.from]!, values, name: bytes.toString('latin1', name.from, name.to), at: name.next, end: to }
}

function readStruct(bytes: Buffer, { classNumber, values, at, end, name }: Head, wanted: readonly string[]): Map<string, MatField> {
  if (classNumber !== STRUCT || values !== 1)
    throw new Malformed(`has a variable "${name}" that is no single struct.`)
  const length = readTag(bytes, at, end)
  const nameBytes = length.to - length.from === 4 ? bytes.readInt32LE(length.from) : 0
  const names = readTag(bytes, length.next, end)
  if (nameBytes < 1 || nameBytes > 64 || (names.to - names.from) % nameBytes !== 0)
    throw new Malformed(`has a struct "${name}" whose fields' names cannot be read.`)
  const fields = new Map<string, MatField>()
  let next = names.next
  for (let from = names.from; from < names.to; from += nameBytes) {
    const field = bytes.toString('latin1', from, from + nameBytes).split('\0')[0]!
    const tag = readTag(bytes, next, end)
    if (wanted.includes(field))
      fields.set(field, readField(bytes, tag, field))
    next = tag.next
  }
  return fields
}

function readField(bytes: Buffer, tag: Tag, field: string): MatField {
  const head = requireMatrix(bytes, tag, field)
  if (head.classNumber === CELL)
    return readTexts(bytes, head, field)
  if (head.classNumber < 6 || head.classNumber > 15)
    throw new Malformed(`has a field "${field}" that is neither numbers nor a cell array of texts (class ${head.classNumber}).`)
  if (head.values === 0)
    return new Float64Array(0)
  const data = readTag(bytes, head.at, head.end)
  const reader = readerOf(data, head.values, field)
  return Float64Array.from({ length: head.values }, (_, i) => reader.read(bytes, data.from + i * reader.bytes))
}

function readTexts(bytes: Buffer, { at, end, values }: Head, field: string): string[] {
  if (values > (end - at) / 8)
    throw new Malformed(`has a field "${field}" that says it has ${count(values)} texts; ${count(end - at)} bytes are left.`)
  const texts: string[] = []
  let next = at
  for (let i = 0; i < values; i++) {
    const tag = readTag(bytes, next, end)
    texts.push(readText(bytes, requireMatrix(bytes, tag, field), field))
    next = tag.next
  }
  return texts
}

function readText(bytes: Buffer, { classNumber, values, at, end }: Head, field: string): string {
  if (classNumber !== CHAR && values > 0)
    throw new Malformed(`has a field "${field}" with a cell that is no text (class ${classNumber}).`)
  if (values === 0)
    return ''
  const data = readTag(bytes, at, end)
  if (values > 65_536 || (data.type === 16 ? data.to - data.from < values : false))
    throw new Malformed(`has a field "${field}" with a text of ${count(values)} characters.`)
  if (data.type === 16 || data.type === 2 || data.type === 1)
    return bytes.toString('utf8', data.from, data.to)
  const reader = readerOf(data, values, field)
  return reader.bytes === 2 ? bytes.toString('utf16le', data.from, data.from + 2 * values) : String.fromCharCode(...Array.from({ length: values }, (_, i) => reader.read(bytes, data.from + i * reader.bytes) & 0xFFFF))
}

function requireMatrix(bytes: Buffer, tag: Tag, field: string): Head {
  if (tag.type !== MATRIX)
    throw new Malformed(`has a field "${field}" that is no matrix (type ${tag.type}).`)
  return tag.from === tag.to
    ? { classNumber: CELL, values: 0, name: '', at: tag.to, end: tag.to }
    : readHead(bytes, tag)
}

function readerOf(data: Tag, values: number, field: string): { bytes: number, read: (from: Buffer, at: number) => number } {
  const reader = Object.hasOwn(numeric, data.type) ? numeric[data.type] : undefined
  if (!reader)
    throw new Malformed(`has a field "${field}" of an unknown type ${data.type}.`)
  if (reader.bytes * values !== data.to - data.from)
    throw new Malformed(`has a field "${field}" of ${count(values)} values in ${count(data.to - data.from)} bytes.`)
  return reader
}
