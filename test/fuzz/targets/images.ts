import { Buffer } from 'node:buffer'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { decodeImage, decodeSideBySide, probeImage } from '#worker/faces/decode.ts'
import { changedBytes } from '../inputs.ts'
import { declareTarget, refused } from '../target.ts'
import { scratch } from './folder.ts'

const folder = scratch('images')
decodeSideBySide()
const pixels = Buffer.from(Array.from({ length: 12 * 8 * 3 }, (_, i) => (i * 37) % 256))
const picture = () => sharp(pixels, { raw: { width: 12, height: 8, channels: 3 } })
const samples = await Promise.all([
  picture().jpeg().toBuffer(),
  picture().jpeg({ progressive: true }).withExif({ IFD0: { Orientation: '6' } }).toBuffer(),
  picture().png().toBuffer(),
  picture().png({ palette: true }).toBuffer(),
  picture().webp().toBuffer(),
  picture().webp({ lossless: true }).toBuffer(),
  picture().gif().toBuffer(),
  picture().tiff({ compression: 'lzw' }).toBuffer(),
  picture().avif({ effort: 0 }).toBuffer(),
  Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
])
const mostPixels = 250_000_000

export const images = declareTarget({
  name: 'images',
  input: changedBytes(samples),
  show: bytes => bytes.toString('base64'),
  read: async (bytes) => {
    const path = join(folder(), 'image')
    writeFileSync(path, bytes)
    const probed = await probeImage(path)
    if (probed.ok && probed.width * probed.height > mostPixels)
      throw new Error(`internal: ${probed.width} x ${probed.height} are let through`)
    const decoded = await decodeImage(bytes, { maxSide: 64 }).catch((error: unknown) => {
      if (!probed.ok)
        return null // refused twice
      throw error
    })
    if (!decoded)
      return refused
    if (decoded.data.length !== decoded.width * decoded.height * 3 || Math.max(decoded.width, decoded.height) > 64)
      throw new Error(`internal: ${decoded.data.length} bytes of ${decoded.width} x ${decoded.height}`)
    return { width: decoded.width }
  },
})
