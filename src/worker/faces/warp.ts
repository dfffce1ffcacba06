import type { Similarity } from './align.ts'
import type { RgbImage } from './image.ts'
import { scaleOf } from './align.ts'

/** From this many source pixels per target pixel on, means are taken first: bilinear sampling alone would skip pixels. */
const REDUCE_FROM = 2

/**
 * Samples a square of `size` pixels from an image, bilinear, with the image's edges repeated outside it.
 *
 * @param image     where from
 * @param toSource  carries places in the target to places in the image
 * @param size      side of the target in pixels
 * @returns u8 [size, size, 3]
 */
export function warp(image: RgbImage, toSource: Similarity, size: number): Uint8Array {
  const factor = Math.floor(scaleOf(toSource))
  if (factor < REDUCE_FROM)
    return sample(image, toSource, size)
  return sample(reduce(image, factor), {
    a: toSource.a / factor,
    b: toSource.b / factor,
    c: toSource.c / factor,
    d: toSource.d / factor,
  }, size)
}

/** Makes an image smaller by a whole factor; each pixel is the mean of factor x factor pixels, a rest at the right and bottom of what is left. */
export function reduce({ data, width, height }: RgbImage, factor: number): RgbImage {
  const smallWidth = Math.ceil(width / factor)
  const smallHeight = Math.ceil(height / factor)
  const small = new Uint8Array(smallWidth * smallHeight * 3)
  const sums = new Uint32Array(smallWidth * 3)
  for (let y = 0; y < smallHeight; y++) {
    const rows = Math.min(factor, height - y * factor)
    sums.fill(0)
    for (let row = 0; row < rows; row++)
      addRow(data, (y * factor + row) * width * 3, width, factor, sums)
    for (let x = 0; x < smallWidth; x++) {
      const count = rows * Math.min(factor, width - x * factor)
      const to = (y * smallWidth + x) * 3
      for (let channel = 0; channel < 3; channel++)
        small[to + channel] = (sums[3 * x + channel]! + (count >> 1)) / count
    }
  }
  return { data: small, width: smallWidth, height: smallHeight }
}

function addRow(data: Uint8Array, start: number, width: number, factor: number, sums: Uint32Array): void {
  let from = start
  for (let x = 0, to = 0; x < width; to += 3) {
    const end = Math.min(width, x + factor)
    let red = 0
    let green = 0
    let blue = 0
    for (; x < end; x++, from += 3) {
      red += data[from]!
      green += data[from + 1]!
      blue += data[from + 2]!
    }
    sums[to]! += red
    sums[to + 1]! += green
    sums[to + 2]! += blue
  }
}

/** Bilinear sampling in 16.16 fixed point: images are below 32,768 pixels a side once they are decoded. */
function sample({ data, width, height }: RgbImage, { a, b, c, d }: Similarity, size: number): Uint8Array {
  const out = new Uint8Array(size * size * 3)
  const rightmost = (width - 1) * 65536
  const lowest = (height - 1) * 65536
  const stride = width * 3
  const stepX = a * 65536
  const stepY = b * 65536
  let to = 0
  for (let row = 0; row < size; row++) {
    // The centre of the first target pixel of the row, as a place between the centres of source pixels.
    let x = (a * 0.5 - b * (row + 0.5) + c - 0.5) * 65536
    let y = (b * 0.5 + a * (row + 0.5) + d - 0.5) * 65536
    for (let column = 0; column < size; column++, x += stepX, y += stepY, to += 3) {
      const inX = x <= 0
        ? 0
        : x >= rightmost
          ? rightmost
          : x | 0
      const inY = y <= 0
        ? 0
        : y >= lowest
          ? lowest
          : y | 0
      const weightX = (inX & 65535) >> 8
      const weightY = (inY & 65535) >> 8
      const from = (inY >> 16) * stride + (inX >> 16) * 3
      const right = inX < rightmost
        ? 3
        : 0
      const below = inY < lowest
        ? stride
        : 0
      const beside = from + right
      const under = from + below
      const across = under + right
      // Written out, since a loop over the channels takes half as long again.
      let top: number
      let bottom: number
      top = (data[from]! << 8) + (data[beside]! - data[from]!) * weightX
      bottom = (data[under]! << 8) + (data[across]! - data[under]!) * weightX
      out[to] = ((top << 8) + (bottom - top) * weightY + 32768) >> 16
      top = (data[from + 1]! << 8) + (data[beside + 1]! - data[from + 1]!) * weightX
      bottom = (data[under + 1]! << 8) + (data[across + 1]! - data[under + 1]!) * weightX
      out[to + 1] = ((top << 8) + (bottom - top) * weightY + 32768) >> 16
      top = (data[from + 2]! << 8) + (data[beside + 2]! - data[from + 2]!) * weightX
      bottom = (data[under + 2]! << 8) + (data[across + 2]! - data[under + 2]!) * weightX
      out[to + 2] = ((top << 8) + (bottom - top) * weightY + 32768) >> 16
    }
  }
  return out
}
