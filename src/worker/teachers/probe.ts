import { createHash } from 'node:crypto'

/** The generated pictures of a manifest's probes. */
export type ProbeImage = 'gradient' | 'face' | 'noise'
export const probeImages: ProbeImage[] = ['gradient', 'face', 'noise']

type Pixel = (x: number, y: number) => [number, number, number]
const side = 300

/** Whole numbers only, so that every machine draws the same bytes. */
function inEllipse(x: number, y: number, cx: number, cy: number, rx: number, ry: number): boolean {
  return ((x - cx) * ry) ** 2 + ((y - cy) * rx) ** 2 <= (rx * ry) ** 2
}

/** A plain face on the places where alignment puts eyes, nose and mouth (FACTS of the template: eyes at y 140, mouth at y 231). */
function face(x: number, y: number): [number, number, number] {
  const shade = Math.floor((x - 150) * (x - 150) / 400)
  if (inEllipse(x, y, 110, 140, 8, 7) || inEllipse(x, y, 189, 140, 8, 7))
    return [30, 20, 15]
  if (inEllipse(x, y, 110, 140, 20, 11) || inEllipse(x, y, 189, 140, 20, 11))
    return [235, 235, 230]
  if (inEllipse(x, y, 110, 115, 28, 5) || inEllipse(x, y, 189, 115, 28, 5))
    return [70, 45, 30]
  if (inEllipse(x, y, 150, 231, 34, 10))
    return [170, 70, 70]
  if (inEllipse(x, y, 150, 185, 13, 16))
    return [190 - shade, 140 - shade, 115 - shade]
  if (inEllipse(x, y, 150, 175, 100, 125))
    return [225 - shade, 175 - shade, 150 - shade]
  return y < 170
    ? [60, 40, 25]
    : [90, 110, 140]
}

const pixels: Record<Exclude<ProbeImage, 'noise'>, Pixel> = {
  gradient: (x, y) => [
    Math.floor(x * 255 / (side - 1)),
    Math.floor(y * 255 / (side - 1)),
    Math.floor((x + y) * 255 / (2 * side - 2)),
  ],
  face,
}

/** SHA-256 in counter mode, over blocks of 4 x 4 pixels: texture that no network was trained on, the same everywhere. */
function noise(): Uint8Array {
  const cells = side / 4
  const image = new Uint8Array(side * side * 3)
  for (let row = 0; row < cells; row++) {
    const bytes = Buffer.concat(Array.from({
      length: Math.ceil(cells * 3 / 32),
    }, (_, i) => createHash('sha256').update(`${row} ${i}`).digest()))
    for (let y = row * 4; y < row * 4 + 4; y++) {
      for (let x = 0; x < side; x++)
        image.set(bytes.subarray(Math.floor(x / 4) * 3, Math.floor(x / 4) * 3 + 3), (y * side + x) * 3)
    }
  }
  return image
}

/** A probe's picture: u8 [300, 300, 3], the same bytes on every machine. */
export function drawProbe(name: ProbeImage): Uint8Array {
  if (name === 'noise')
    return noise()
  const image = new Uint8Array(side * side * 3)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++)
      image.set(pixels[name](x, y), (y * side + x) * 3)
  }
  return image
}
