import type { Buffer } from 'node:buffer'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { codeOf } from './listing.ts'
import { numberOf } from './lists.ts'

const MAGIC = '\x93NUMPY'
/** A file with one value has some 140 bytes; ones with landmarks are not read. */
const MOST_BYTES = 2 ** 16

/**
 * The one value of a small .npy file (NumPy's format, versions 1 to 3): a number, or a text that NumPy kept as characters.
 * AffectNet has one such file for each label of each image.
 * @returns the number, or why there is none
 */
export async function readNpyValue(file: string): Promise<number | { reason: string }> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { size } = await handle.stat()
      if (size > MOST_BYTES)
        return { reason: `has ${size} bytes; one value has fewer than ${MOST_BYTES}` }
      return parseNpyValue(await handle.readFile())
    }
    finally {
      await handle.close()
    }
  }
  catch (error) {
    return { reason: codeOf(error) === 'ENOENT' ? 'is not there' : `cannot be read (${codeOf(error)})` }
  }
}

/** The one value in the bytes of a .npy file. */
export function parseNpyValue(bytes: Buffer): number | { reason: string } {
  if (bytes.toString('latin1', 0, 6) !== MAGIC || bytes.length < 12)
    return { reason: 'is no .npy file' }
  const isLong = bytes[6]! >= 2
  const from = isLong ? 12 : 10
  const length = isLong ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8)
  if (from + length > bytes.length)
    return { reason: `is cut off: its header says ${length} bytes` }
  const header = bytes.toString('latin1', from, from + length)
  const type = /'descr':\s*'([<>|=]?)([a-zA-Z])(\d{1,4})'/.exec(header)
  const shape = /'shape':\s*\(([\d,\s]{0,40})\)/.exec(header)
  if (!type || !shape)
    return { reason: `says no type or shape that is read: ${header.trim().slice(0, 80)}` }
  const count = shape[1]!.split(',').filter(part => part.trim() !== '').reduce((product, part) => product * Number(part), 1)
  if (count !== 1)
    return { reason: `holds ${count} values where one belongs` }
  return valueOf(bytes.subarray(from + length), type[1]!, type[2]!, Number(type[3]))
}

function valueOf(body: Buffer, order: string, kind: string, size: number): number | { reason: string } {
  const bytes = kind === 'U' ? 4 * size : size
  if (body.length !== bytes)
    return { reason: `holds ${body.length} bytes where its type ${kind}${size} has ${bytes}` }
  if (kind === 'U' || kind === 'S') {
    const characters = Array.from({ length: size }, (_, i) => kind === 'S' ? body[i]! : order === '>' ? body.readUInt32BE(4 * i) : body.readUInt32LE(4 * i))
    const end = characters.indexOf(0)
    return parseNumber(characters.slice(0, end < 0 ? size : end).map(code => code < 128 ? String.fromCharCode(code) : '?').join(''))
  }
  const isBig = order === '>'
  const readers: Record<string, (() => number) | undefined> = {
    i1: () => body.readInt8(),
    u1: () => body.readUInt8(),
    i2: () => isBig ? body.readInt16BE() : body.readInt16LE(),
    u2: () => isBig ? body.readUInt16BE() : body.readUInt16LE(),
    i4: () => isBig ? body.readInt32BE() : body.readInt32LE(),
    u4: () => isBig ? body.readUInt32BE() : body.readUInt32LE(),
    i8: () => Number(isBig ? body.readBigInt64BE() : body.readBigInt64LE()),
    u8: () => Number(isBig ? body.readBigUInt64BE() : body.readBigUInt64LE()),
    f4: () => isBig ? body.readFloatBE() : body.readFloatLE(),
    f8: () => isBig ? body.readDoubleBE() : body.readDoubleLE(),
  }
  const read = Object.hasOwn(readers, `${kind}${size}`) ? readers[`${kind}${size}`] : undefined
  const value = read?.() ?? Number.NaN
  return Number.isFinite(value) ? value : { reason: read ? `holds ${value}` : `has the type ${kind}${size}, which is no number` }
}

function parseNumber(text: string): number | { reason: string } {
  return numberOf(text) ?? { reason: `holds "${text.slice(0, 40)}", which is no number` }
}
