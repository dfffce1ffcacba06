import type { Buffer } from 'node:buffer'
import type { DecodedImage } from '../faces/decode.ts'
import sharp from 'sharp'
import { FacetError } from '#shared/errors.ts'
import { fileWithin } from '#shared/files/within.ts'
import { decodeImage } from '../faces/decode.ts'

/** JPEG in base64, small enough for pages of many. */
export async function toJpeg(pixels: Uint8Array, width: number, height: number, { side, quality = 82 }: { side?: number, quality?: number } = {}): Promise<string> {
  const picture = sharp(pixels, { raw: { width, height, channels: 3 } })
  const sized = side !== undefined && Math.max(width, height) > side
    ? picture.resize(side, side, { fit: 'inside' })
    : picture
  return (await sized.jpeg({ quality }).toBuffer()).toString('base64')
}

/** A stored face as a smaller JPEG in base64. */
export async function reduceFace(data: Buffer, { size, encoding }: { size: number, encoding: 'jpeg' | 'raw' }, side: number): Promise<string> {
  const picture = encoding === 'raw'
    ? sharp(data, { raw: { width: size, height: size, channels: 3 } })
    : sharp(data)
  return (await picture.resize(Math.min(side, size), Math.min(side, size)).jpeg({ quality: 82 }).toBuffer()).toString('base64')
}

/** A photograph reduced to a longest side; the reason where it is no readable image, or a path leaves the folder that it starts from. */
export async function reducePhotograph(source: string | Buffer, side: number, folder?: string): Promise<{ image: string, decoded: DecodedImage } | { reason: string }> {
  try {
    const file = typeof source === 'string' && folder !== undefined ? fileWithin(folder, source) : source
    const decoded = await decodeImage(file, { maxSide: side })
    return { image: await toJpeg(decoded.data, decoded.width, decoded.height), decoded }
  }
  catch (error) {
    if (error instanceof FacetError)
      return { reason: error.message }
    throw error
  }
}

/** Small pictures of files, one answer each. */
export function thumbnails({ paths, side }: { paths: string[], side: number }): Promise<({ image: string } | { reason: string })[]> {
  return Promise.all(paths.map(async (path) => {
    const picture = await reducePhotograph(path, side)
    return 'image' in picture
      ? { image: picture.image }
      : picture
  }))
}
