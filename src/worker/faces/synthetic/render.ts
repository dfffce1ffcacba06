import type { Scene } from './look.ts'
import { Buffer } from 'node:buffer'
import sharp from 'sharp'
import { createRandom } from './random.ts'

const QUALITY = 92
/** Normal numbers drawn once and read from a random place: a photograph's noise in a millisecond. */
const NOISE_TABLE = 1 << 16
let noiseTable: Float32Array | undefined

/** Rasterises a drawing and does what light and camera do to it. The same drawing and scene give the same bytes. */
export async function renderPhotograph(drawing: string, scene: Scene, { size, seed }: { size: number, seed: string }): Promise<Buffer> {
  let picture = sharp(Buffer.from(drawing)).removeAlpha()
  if (scene.blur > 0)
    picture = picture.blur(Math.max(0.3, scene.blur * size / 128))
  const { data } = await picture.raw().toBuffer({ resolveWithObject: true })
  expose(data, scene, { size, seed })
  return await sharp(data, {
    raw: { width: size, height: size, channels: 3 },
  }).jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' }).toBuffer()
}

/** Light from one side, its colour, exposure and the sensor's noise, in place. */
function expose(data: Buffer, { lightAngleDegrees, shade, exposure, warmth, noise }: Scene, { size, seed }: { size: number, seed: string }): void {
  const table = noiseTable ??= createNoise()
  let at = createRandom(seed).whole(0, NOISE_TABLE - 1)
  const [dx, dy] = [
    Math.cos(lightAngleDegrees * Math.PI / 180),
    Math.sin(lightAngleDegrees * Math.PI / 180),
  ]
  const gains = [exposure * (1 + 0.09 * warmth), exposure, exposure * (1 - 0.12 * warmth)]
  for (let y = 0, i = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const away = 0.5 + 0.5 * (dx * (2 * x / size - 1) + dy * (2 * y / size - 1))
      const light = 1 - shade * Math.max(0, Math.min(1, away))
      for (let channel = 0; channel < 3; channel++, i++) {
        const value = data[i]! * gains[channel]! * light + noise * table[at]!
        at = (at + 1) % NOISE_TABLE
        data[i] = value < 0
          ? 0
          : value > 255
            ? 255
            : value
      }
    }
  }
}

function createNoise(): Float32Array {
  const random = createRandom('noise')
  return Float32Array.from({ length: NOISE_TABLE }, () => random.around(0, 1))
}
