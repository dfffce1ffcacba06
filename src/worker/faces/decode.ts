import type { ProbeResult } from '#shared/dataset.ts'
import type { Box, RgbImage } from './image.ts'
import { constants, open, readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { FacetError } from '#shared/errors.ts'
import { parseArchivedPath, readArchivedImage } from '#shared/files/archived-image.ts'

/** Most pixels of a photograph that is opened: above any camera, below what a forged header can cost. */
const PIXEL_LIMIT = 250_000_000
/** Above so many pixels a photograph has at least a byte for a thousand; a forged header has hardly any, and costs seconds. */
const UNPROVEN_PIXELS = 16_000_000
const PIXELS_A_BYTE = 1000
/** Most bytes of a file that is opened. */
const BYTE_LIMIT = 1_000_000_000

/** A named pipe would be waited for without end otherwise. */
const WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK

const READABLE = 'JPEG, PNG, WebP, GIF, TIFF and AVIF are read'

/** The decoder's names of those; AVIF is a kind of HEIF. */
const DECODED = new Set(['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif', 'avif'])

/** What the first bytes say, whatever the name says. Formats that run code or fetch files (SVG, PDF) are not among the readable. */
const SIGNATURES: { format: string, readable: boolean, fits: (head: Buffer) => boolean }[] = [
  {
    format: 'jpeg',
    readable: true,
    fits: head => head.subarray(0, 3).equals(Buffer.from([0xFF, 0xD8, 0xFF])),
  },
  {
    format: 'png',
    readable: true,
    fits: head => head.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1A\n', 'latin1')),
  },
  {
    format: 'webp',
    readable: true,
    fits: head => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP',
  },
  {
    format: 'gif',
    readable: true,
    fits: head => /^GIF8[79]a/.test(head.toString('latin1', 0, 6)),
  },
  {
    format: 'tiff',
    readable: true,
    fits: head => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(head.toString('latin1', 0, 4)),
  },
  {
    format: 'avif',
    readable: true,
    // Its first box is short. "<!--ftyp--><svg ..." is an SVG to the decoder, which takes the first format whose look fits.
    fits: head => head.toString('latin1', 4, 8) === 'ftyp' && head[0] === 0 && head[1] === 0,
  },
  {
    format: 'PDF',
    readable: false,
    fits: head => head.toString('latin1', 0, 5) === '%PDF-',
  },
  {
    format: 'BMP',
    readable: false,
    fits: head => head.toString('latin1', 0, 2) === 'BM',
  },
  {
    format: 'SVG or XML',
    readable: false,
    fits: head => /^(?:\xEF\xBB\xBF)?\s*<(?:\?xml|svg|!--|!DOCTYPE)/i.test(head.toString('latin1')),
  },
  {
    format: 'HTML',
    readable: false,
    fits: head => /^\s*<(?:html|head|body)/i.test(head.toString('latin1')),
  },
]

export interface DecodedImage extends RgbImage {
  /** Size of the upright photograph in the file; the pixels may be fewer. */
  fullWidth: number
  fullHeight: number
  /** The part of the photograph that the pixels show, in whole pixels of it. */
  part: Box
}

/**
 * Reads a photograph to upright 8-bit RGB, whatever its depth, colour space, orientation or number of frames (the first is taken);
 * transparency becomes white. JPEG files are reduced while they are decoded, so that memory follows `maxSide`.
 *
 * @param source    path, or the file's bytes
 * @param options   which pixels
 * @param options.maxSide  longest side of the result in pixels; smaller photographs keep their size
 * @param options.region   only this part of the upright photograph, in its own pixels
 * @throws FacetError `bad-input` with the reason when it is no readable image
 */
export async function decodeImage(source: string | Buffer, options: { maxSide?: number, region?: Box } = {}): Promise<DecodedImage> {
  const where = typeof source === 'string'
    ? source
    : undefined
  try {
    const bytes = typeof source === 'string'
      ? await readImageFile(source)
      : source
    recognise(bytes, bytes.length)
    return await decodeBytes(bytes, options)
  }
  catch (error) {
    throw new FacetError('bad-input', reasonOf(error), { where, hint: 'Replace or remove the file; the other photographs are not affected.', cause: error })
  }
}

/** Reads only the header. Never throws for a bad image: the reason is the answer. */
export async function probeImage(path: string): Promise<ProbeResult> {
  try {
    const { input, size } = await lookAtHead(path)
    const header = await sharp(input, { limitInputPixels: PIXEL_LIMIT }).metadata()
    checkHeader(header, size)
    return {
      ok: true,
      width: header.autoOrient.width,
      height: header.autoOrient.height,
      format: header.format,
      pages: header.pages ?? 1,
    }
  }
  catch (error) {
    return {
      ok: false,
      reason: reasonOf(error),
    }
  }
}

/** Recognises a photograph by its first bytes; what the decoder is to open, and its size. An archived one is read whole: it is small. */
async function lookAtHead(path: string): Promise<{ input: string | Buffer, size: number }> {
  if (parseArchivedPath(path)) {
    const bytes = await readImageFile(path)
    recognise(bytes, bytes.length)
    return { input: bytes, size: bytes.length }
  }
  const file = await open(path, WITHOUT_WAITING)
  try {
    const { size } = await regularFile(file)
    const head = Buffer.alloc(64)
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    recognise(head.subarray(0, bytesRead), size)
    return { input: path, size }
  }
  finally {
    await file.close()
  }
}

/** Many photographs at once use one thread each: sharp's own threads would only add memory and switching. */
export function decodeSideBySide(): void {
  sharp.concurrency(1)
  sharp.cache(false)
}

async function decodeBytes(bytes: Buffer, { maxSide, region }: { maxSide?: number, region?: Box }): Promise<DecodedImage> {
  const input = { limitInputPixels: PIXEL_LIMIT, failOn: 'error', sequentialRead: true } as const
  const header = await sharp(bytes, input).metadata()
  checkHeader(header, bytes.length)
  const { width: fullWidth, height: fullHeight } = header.autoOrient
  let picture = sharp(bytes, input).autoOrient()
  const part = region
    ? insideBox(region, fullWidth, fullHeight)
    : {
        left: 0,
        top: 0,
        width: fullWidth,
        height: fullHeight,
      }
  if (region)
    picture = picture.extract(part)
  if (maxSide !== undefined && Math.max(part.width, part.height) > maxSide) {
    picture = picture.resize({
      width: maxSide,
      height: maxSide,
      fit: 'inside',
      kernel: 'cubic',
    })
  }
  if (header.hasAlpha)
    picture = picture.flatten({ background: '#ffffff' })
  const { data, info } = await picture.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return {
    data: toRgb(pixels, info.channels),
    width: info.width,
    height: info.height,
    fullWidth,
    fullHeight,
    part,
  }
}

/** Gray values three times over; anything above three channels is cut. */
function toRgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3)
    return data
  const count = data.length / channels
  const rgb = new Uint8Array(count * 3)
  for (let i = 0; i < count; i++) {
    const from = i * channels
    rgb[3 * i] = data[from]!
    rgb[3 * i + 1] = data[channels < 3
      ? from
      : from + 1]!
    rgb[3 * i + 2] = data[channels < 3
      ? from
      : from + 2]!
  }
  return rgb
}

function insideBox(box: Box, width: number, height: number): Box {
  const left = clamp(Math.floor(box.left), 0, width - 1)
  const top = clamp(Math.floor(box.top), 0, height - 1)
  const right = clamp(Math.ceil(box.left + box.width), left + 1, width)
  const bottom = clamp(Math.ceil(box.top + box.height), top + 1, height)
  return {
    left,
    top,
    width: right - left,
    height: bottom - top,
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}

/** All bytes of a photograph, or of one inside an archive. Waits for no pipe, and refuses what is no file or larger than any photograph. */
export async function readImageFile(path: string): Promise<Buffer> {
  const archived = parseArchivedPath(path)
  if (archived) {
    const bytes = await readArchivedImage(archived)
    if ('reason' in bytes)
      throw new Unreadable(bytes.reason)
    return bytes
  }
  const file = await open(path, WITHOUT_WAITING)
  try {
    await regularFile(file)
    return await readFile(file)
  }
  finally {
    await file.close()
  }
}

async function regularFile(file: Awaited<ReturnType<typeof open>>): Promise<{ size: number }> {
  const stat = await file.stat()
  if (!stat.isFile())
    throw new Unreadable('It is a folder or a device, not a file.')
  if (stat.size > BYTE_LIMIT)
    throw new Unreadable(`The file has ${stat.size} bytes; at most ${BYTE_LIMIT} are read.`)
  return stat
}

function recognise(head: Buffer, size: number): void {
  if (size === 0)
    throw new Unreadable('The file is empty (0 bytes).')
  const known = SIGNATURES.find(({ fits }) => fits(head))
  if (!known)
    throw new Unreadable(`It is no image: it starts with ${head.subarray(0, 4).toString('hex')}. ${READABLE}.`)
  if (!known.readable)
    throw new Unreadable(`It is ${known.format}. ${READABLE}.`)
}

/** Before a pixel is decoded. The decoder's word on the format counts as well: it might take the bytes for another one than we do. */
function checkHeader({ width, height, format }: { width: number, height: number, format: string }, bytes: number): void {
  if (!DECODED.has(format))
    throw new Unreadable(`It is ${format.toUpperCase()}. ${READABLE}.`)
  if (width * height > PIXEL_LIMIT)
    throw new Unreadable(`The header says ${width} x ${height} pixels; at most ${PIXEL_LIMIT / 1e6} million are read.`)
  if (width * height > Math.max(UNPROVEN_PIXELS, PIXELS_A_BYTE * bytes))
    throw new Unreadable(`The header says ${width} x ${height} pixels, in ${bytes} bytes: no photograph is so small.`)
}

/** A reason made here, as opposed to the decoder's own words. */
class Unreadable extends Error {}

function reasonOf(error: unknown): string {
  if (error instanceof Unreadable)
    return error.message
  if (error instanceof Error && 'code' in error) {
    const reasons: Record<string, string> = {
      ENOENT: 'There is no such file.',
      EACCES: 'Reading it is not permitted.',
      EISDIR: 'It is a folder.',
      ELOOP: 'Its symbolic links lead in a circle.',
    }
    const reason = reasons[String(error.code)]
    if (reason)
      return reason
  }
  const words = error instanceof Error
    ? error.message
    : String(error)
  if (/pixel limit/.test(words))
    return `It has more than ${PIXEL_LIMIT / 1e6} million pixels.`
  return `It cannot be decoded: ${words.trim().split('\n').at(-1)}`
}
