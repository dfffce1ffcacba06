/** Pixels as every part of the face code passes them: upright, 8 bits, red green blue, rows from the top. */
export interface RgbImage {
  data: Uint8Array
  width: number
  height: number
}

/** A place in an image, in pixels; (0, 0) is the outer corner of the first pixel, whose centre is (0.5, 0.5). */
export type Point = readonly [x: number, y: number]

/** A rectangle in an image, in pixels. */
export interface Box {
  left: number
  top: number
  width: number
  height: number
}
