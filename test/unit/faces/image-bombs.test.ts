import { Buffer } from 'node:buffer'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync, gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, expect, it } from 'vitest'
import { decodeImage, probeImage } from '#worker/faces/decode.ts'

const folder = mkdtempSync(join(tmpdir(), 'facet-bombs-'))
afterAll(() => rmSync(folder, { recursive: true }))
const small = () => sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } })

/** A PNG that says what it likes of its size, with as few pixels as `data` holds. */
function png(width: number, height: number, data = Buffer.alloc(100)): Buffer {
  const chunk = (type: string, content: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), content])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(content.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', deflateSync(data)), chunk('IEND', Buffer.alloc(0))])
}

/** A file with the bytes at a place replaced. */
function forged(bytes: Buffer, at: number, ...values: number[]): Buffer {
  const copy = Buffer.from(bytes)
  copy.set(values, at)
  return copy
}

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect width="20" height="20" fill="red"/></svg>'
const bombs: [name: string, make: () => Promise<Buffer>, reason: RegExp][] = [
  ['a PNG of 100,000 x 100,000', async () => png(100_000, 100_000), /100000 x 100000|million pixels/],
  ['a PNG of 2^31 - 1 squared', async () => png(2 ** 31 - 1, 2 ** 31 - 1), /cannot be decoded|million pixels/],
  ['a PNG of 15,000 x 15,000 in a hundred bytes', async () => png(15_000, 15_000), /no photograph is so small/],
  ['a PNG of nothing', async () => png(0, 0), /cannot be decoded/],
  ['a JPEG of 65,500 x 65,500', async () => {
    const bytes = await small().jpeg().toBuffer()
    const frame = bytes.indexOf(Buffer.from([0xFF, 0xC0])) // then length, depth, height, width
    return forged(bytes, frame + 5, 0xFF, 0xDC, 0xFF, 0xDC)
  }, /million pixels/],
  ['a GIF of 65,535 x 65,535', async () => {
    const bytes = await small().gif().toBuffer()
    const frame = bytes.indexOf(0x2C, 13) // then left, top, width, height
    return forged(forged(bytes, 6, 0xFF, 0xFF, 0xFF, 0xFF), frame + 5, 0xFF, 0xFF, 0xFF, 0xFF)
  }, /million pixels/],
  ['a TIFF of 2^31 columns', async () => {
    const bytes = await small().tiff({ compression: 'none' }).toBuffer()
    const entry = bytes.indexOf(Buffer.from([0x00, 0x01, 0x03, 0x00, 0x01, 0x00, 0x00, 0x00])) // ImageWidth, short, one
    return forged(bytes, entry, 0x00, 0x01, 0x04, 0x00, 0x01, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x7F)
  }, /cannot be decoded|million pixels|is no image/],
  ['an SVG that begins as an AVIF does', async () => Buffer.from(`<!--ftyp-->${svg}`), /is SVG/],
  ['an SVG behind a signature of GIF', async () => Buffer.from(`GIF89a${svg}`), /cannot be decoded|It is SVG/],
  ['an SVG in a comment of PNG', async () => Buffer.from(`\x89PNG\r\n\x1A\n${svg}`, 'latin1'), /cannot be decoded|It is SVG/],
  ['a compressed SVG', async () => gzipSync(svg), /is no image/],
  ['an SVG that names a file', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'), /is SVG/],
]

it.each(bombs)('refuses %s before it is decoded', async (name, make, reason) => {
  const bytes = await make()
  const path = join(folder, `${name.replaceAll(/\W/g, '-')}.jpg`)
  writeFileSync(path, bytes)
  const before = process.memoryUsage().rss
  await expect(decodeImage(bytes)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(reason) })
  expect(await probeImage(path)).toEqual({ ok: false, reason: expect.stringMatching(reason) })
  expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20)
})

it('takes one frame of 2,000, and memory for one', async () => {
  const frame = await small().gif().toBuffer()
  const at = frame.indexOf(0x2C) // the image's descriptor; the file ends with 3B
  const many = Buffer.concat([frame.subarray(0, -1), ...Array.from<Buffer>({ length: 1_999 }).fill(frame.subarray(at, -1)), Buffer.from([0x3B])])
  const path = join(folder, 'many.gif')
  writeFileSync(path, many)
  expect(await probeImage(path)).toMatchObject({ ok: true, width: 16, height: 16, pages: 2_000 })
  expect(await decodeImage(many)).toMatchObject({ width: 16, height: 16 })
})

it('takes memory for what it shows of a picture that grows a thousandfold, not for all of it', async () => {
  const [width, height] = [12_000, 12_000]
  const bytes = png(width, height, Buffer.alloc((3 * width + 1) * height)) // 432 MB of black in some 400 KB
  expect(bytes.length).toBeLessThan(1 << 20)
  const before = process.resourceUsage().maxRSS
  expect(await decodeImage(bytes, { maxSide: 64 })).toMatchObject({ width: 64, height: 64 })
  expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(300 << 20)
})
