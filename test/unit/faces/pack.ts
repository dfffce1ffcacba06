import type { FaceStatus } from '#shared/files/faces.ts'
import sharp from 'sharp'
import { createFaces } from '#shared/files/faces.ts'

/** What a found face's row says besides its picture. */
export const FOUND: FaceStatus = {
  status: 'found',
  reason: null,
  box: {
    left: 10,
    top: 20,
    width: 100,
    height: 120,
  },
  landmarks: [
    [40, 60],
    [80, 60],
    [60, 85],
    [45, 110],
    [75, 110],
  ],
  score: 0.9,
  meshScore: 0.8,
  faces: 1,
}

/** A smooth picture that is another for each number: red grows to the right, green downwards, blue is the number. u8 [size, size, 3] */
export function ramp(size: number, number: number): Uint8Array {
  return Uint8Array.from({ length: size * size * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return [
      Math.round(255 * (pixel % size) / (size - 1)),
      Math.round(255 * Math.floor(pixel / size) / (size - 1)),
      number % 256,
    ][i % 3]!
  })
}

/** A sealed pack of `count` ramps, all found. */
export async function writePack(path: string, count: number, { size = 60, encoding = 'raw' as 'raw' | 'jpeg', firstNumber = 0 } = {}): Promise<string> {
  const writer = createFaces(path, {
    size,
    encoding,
    aligned: false,
    count,
  })
  for (let index = 0; index < count; index++) {
    const raw = ramp(size, firstNumber + index)
    const image = encoding === 'raw'
      ? Buffer.from(raw)
      : await sharp(raw, {
          raw: { width: size, height: size, channels: 3 },
        }).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer()
    writer.add([
      { index, ...FOUND, image },
    ])
  }
  writer.seal()
  return path
}
