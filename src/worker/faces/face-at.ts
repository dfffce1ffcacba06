import type { Buffer } from 'node:buffer'
import sharp from 'sharp'

/** A face as a pack stores it. */
export interface StoredFace { data: Buffer, size: number, encoding: 'jpeg' | 'raw' }

/**
 * Decodes a stored face to another side. Every way into a network goes through here, so that training and prediction see the same pixels.
 * @returns u8 [side, side, 3]
 */
export async function faceAt({ data, size, encoding }: StoredFace, side: number): Promise<Uint8Array> {
  if (encoding === 'raw' && side === size)
    return data
  const picture = encoding === 'raw'
    ? sharp(data, {
        raw: { width: size, height: size, channels: 3 },
      })
    : sharp(data)
  const resized = side === size
    ? picture
    : picture.resize(side, side, { fit: 'fill', kernel: 'cubic', fastShrinkOnLoad: false })
  const raw = await resized.toColourspace('srgb').raw().toBuffer()
  return raw
}
