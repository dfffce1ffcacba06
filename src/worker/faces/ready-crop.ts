import { decodeImage } from './decode.ts'
import { warp } from './warp.ts'

/**
 * A photograph that is a ready crop (or shows no face): its middle square, resized.
 *
 * @param source  path, or the file's bytes
 * @param size    side of the result in pixels
 * @returns u8 [size, size, 3]
 * @throws FacetError `bad-input` with the reason when it is no readable image
 */
export async function readyCrop(source: string | Buffer, size: number): Promise<Uint8Array> {
  const image = await decodeImage(source, { maxSide: 4 * size })
  const side = Math.min(image.width, image.height)
  return warp(image, {
    a: side / size,
    b: 0,
    c: (image.width - side) / 2,
    d: (image.height - side) / 2,
  }, size)
}
