import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeImage, probeImage } from '#worker/faces/decode.ts'

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'facet-zoo-')) })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function put(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

/** 48 x 32: the left half red (200, 40, 30), the right half green (30, 160, 60), the top left 16 x 16 white. */
function scene() {
  const data = Uint8Array.from({ length: 48 * 32 * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % 48
    const y = Math.floor(i / 144)
    const colour = x < 16 && y < 16
      ? [255, 255, 255]
      : x < 24
        ? [200, 40, 30]
        : [30, 160, 60]
    return colour[i % 3]!
  })
  return sharp(data, {
    raw: { width: 48, height: 32, channels: 3 },
  })
}

async function pixel(path: string | Buffer, x: number, y: number): Promise<number[]> {
  const { data, width } = await decodeImage(path)
  return [
    ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
  ]
}

function near(found: number[], wanted: number[], within: number): void {
  found.forEach((value, i) => expect(Math.abs(value - wanted[i]!), `${found} instead of ${wanted}`).toBeLessThanOrEqual(within))
}

describe('decoding', () => {
  const formats: Record<string, () => Promise<Buffer>> = {
    'jpeg': () => scene().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(),
    'progressive jpeg': () => scene().jpeg({ quality: 95, progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
    'png': () => scene().png().toBuffer(),
    'palette png': () => scene().png({ palette: true }).toBuffer(),
    '16-bit png': () => scene().toColourspace('rgb16').png().toBuffer(),
    '16-bit tiff': () => scene().toColourspace('rgb16').tiff({ compression: 'lzw' }).toBuffer(),
    'webp': () => scene().webp({ lossless: true }).toBuffer(),
    'avif': () => scene().avif({ lossless: true }).toBuffer(),
    'gif': () => scene().gif().toBuffer(),
    'cmyk jpeg': () => scene().toColourspace('cmyk').jpeg({ quality: 98 }).toBuffer(),
    'cmyk tiff': () => scene().toColourspace('cmyk').tiff().toBuffer(),
    'png with alpha': () => scene().ensureAlpha().png().toBuffer(),
  }

  it.each(Object.entries(formats))('reads %s to upright 8-bit RGB', async (name, make) => {
    const bytes = await make()
    const { width, height, data } = await decodeImage(bytes)
    expect([width, height, data.length]).toEqual([48, 32, 48 * 32 * 3])
    // Four inks cannot show every colour of a screen.
    const within = name.startsWith('cmyk')
      ? 45
      : 6
    near(await pixel(bytes, 20, 28), [200, 40, 30], within)
    near(await pixel(bytes, 44, 4), [30, 160, 60], within)
    near(await pixel(bytes, 3, 3), [255, 255, 255], within)
  })

  it('reads gray, with 8 and 16 bits and with alpha, as three equal channels', async () => {
    const gray = scene().grayscale()
    const value = (await pixel(await gray.clone().png().toBuffer(), 20, 28))[0]!
    expect(value).toBeGreaterThan(60)
    expect(value).toBeLessThan(130)
    for (const bytes of [await gray.clone().jpeg({ quality: 98 }).toBuffer(), await gray.clone().toColourspace('grey16').png().toBuffer(), await gray.clone().ensureAlpha().png().toBuffer()])
      near(await pixel(bytes, 20, 28), [value, value, value], 3)
  })

  it('keeps the brightness of 16-bit photographs', async () => {
    const deep = Uint16Array.from({ length: 48 }, (_, i) => [0x8000, 0x4000, 0xFFFF][i % 3]!)
    const bytes = await sharp(deep, {
      raw: { width: 4, height: 4, channels: 3 },
    }).toColourspace('rgb16').png().toBuffer()
    expect((await sharp(bytes).metadata()).depth).toBe('ushort')
    near(await pixel(bytes, 1, 1), [128, 64, 255], 1)
  })

  it('shows transparency as white', async () => {
    const clear = await sharp({
      create: {
        width: 4,
        height: 4,
        channels: 4,
        background: { r: 255, g: 0, b: 0, alpha: 0 },
      },
    }).png().toBuffer()
    expect(await pixel(clear, 0, 0)).toEqual([255, 255, 255])
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns EXIF orientation %i upright', async (orientation) => {
    // The picture is stored so that turning it as EXIF says gives the scene back.
    const stored = {
      1: scene(),
      2: scene().flop(),
      3: scene().rotate(180),
      4: scene().flip(),
      5: sharp(await scene().rotate(90).png().toBuffer()).flop(),
      6: scene().rotate(270),
      7: sharp(await scene().rotate(270).png().toBuffer()).flop(),
      8: scene().rotate(90),
    }[orientation]!
    const bytes = await sharp(await stored.png().toBuffer()).withMetadata({ orientation }).jpeg({ quality: 98, chromaSubsampling: '4:4:4' }).toBuffer()
    const image = await decodeImage(bytes)
    expect([
      image.width,
      image.height,
      image.fullWidth,
      image.fullHeight,
    ]).toEqual([48, 32, 48, 32])
    near(await pixel(bytes, 3, 3), [255, 255, 255], 8)
    near(await pixel(bytes, 3, 28), [200, 40, 30], 8)
    near(await pixel(bytes, 44, 4), [30, 160, 60], 8)
    const path = put(`turned-${orientation}.jpg`, bytes)
    expect(await probeImage(path)).toEqual({
      ok: true,
      width: 48,
      height: 32,
      format: 'jpeg',
      pages: 1,
    })
    const part = await decodeImage(bytes, {
      region: {
        left: 16,
        top: 16,
        width: 16,
        height: 16,
      },
    })
    near([
      ...part.data.subarray(0, 3),
    ], [200, 40, 30], 8)
    near([
      ...part.data.subarray(15 * 3, 16 * 3),
    ], [30, 160, 60], 8)
  })

  it.each(['gif', 'webp'] as const)('takes the first frame of an animated %s', async (format) => {
    const frames = Buffer.concat([
      Buffer.alloc(768, 200),
      Buffer.alloc(768, 20),
    ])
    const bytes = await sharp(frames, {
      raw: {
        width: 16,
        height: 32,
        channels: 3,
        pageHeight: 16,
      },
    }).toFormat(format).toBuffer()
    const path = put(`animated.${format}`, bytes)
    expect(await probeImage(path)).toEqual({
      ok: true,
      width: 16,
      height: 16,
      format,
      pages: 2,
    })
    const image = await decodeImage(path)
    expect([image.width, image.height]).toEqual([16, 16])
    near([
      ...image.data.subarray(0, 3),
    ], [200, 200, 200], 3)
  })

  it('believes the bytes, not the name', async () => {
    const path = put('really-png.jpg', await scene().png().toBuffer())
    expect(await probeImage(path)).toEqual({
      ok: true,
      width: 48,
      height: 32,
      format: 'png',
      pages: 1,
    })
    expect((await decodeImage(path)).width).toBe(48)
  })

  it('reduces while it decodes and says how large the photograph is', async () => {
    const bytes = await sharp({
      create: {
        width: 3000,
        height: 2000,
        channels: 3,
        background: '#336699',
      },
    }).jpeg().toBuffer()
    const image = await decodeImage(bytes, { maxSide: 600 })
    expect([
      image.width,
      image.height,
      image.fullWidth,
      image.fullHeight,
    ]).toEqual([600, 400, 3000, 2000])
    const part = await decodeImage(bytes, {
      region: {
        left: -10,
        top: 1900.5,
        width: 500,
        height: 900,
      },
      maxSide: 100,
    })
    expect(part.part).toEqual({
      left: 0,
      top: 1900,
      width: 490,
      height: 100,
    })
    expect(part.width).toBe(100)
  })
})

describe('what is no photograph', () => {
  const HUGE_PNG = () => {
    const header = Buffer.alloc(25)
    header.writeUInt32BE(13, 0)
    header.write('IHDR', 4)
    header.writeUInt32BE(60_000, 8)
    header.writeUInt32BE(60_000, 12)
    header.set([8, 2, 0, 0, 0], 16)
    header.writeUInt32BE(crc(header.subarray(4, 21)), 21)
    return Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'),
      header,
      Buffer.from([
        0,
        0,
        0,
        0,
        0x49,
        0x44,
        0x41,
        0x54,
        0x35,
        0xAF,
        0x06,
        0x1E,
      ]),
    ])
  }
  const broken: [name: string, make: () => Promise<Uint8Array | string>, reason: RegExp, decodesOnly?: boolean][] = [
    [
      'zero bytes',
      async () => '',
      /empty \(0 bytes\)/,
    ],
    [
      'text',
      async () => 'hello, I am a list of files',
      /no image: it starts with 68656c6c/,
    ],
    [
      'one byte',
      async () => '\xFF',
      /no image/,
    ],
    [
      'svg',
      async () => '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
      /is SVG or XML/,
    ],
    [
      'svg with a declaration',
      async () => '<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg/>',
      /is SVG or XML/,
    ],
    [
      'html',
      async () => '<html>404</html>',
      /is HTML/,
    ],
    [
      'pdf',
      async () => '%PDF-1.7',
      /is PDF/,
    ],
    [
      'a header of 60,000 x 60,000',
      async () => HUGE_PNG(),
      /60000 x 60000|million pixels/,
    ],
    [
      'a jpeg of three bytes',
      async () => Uint8Array.of(0xFF, 0xD8, 0xFF),
      /cannot be decoded/,
    ],
    [
      'a truncated jpeg',
      async () => (await noise().jpeg().toBuffer()).subarray(0, 6000),
      /cannot be decoded/,
      true,
    ],
    [
      'a truncated png',
      async () => (await noise().png().toBuffer()).subarray(0, 6000),
      /cannot be decoded/,
      true,
    ],
    [
      'a truncated webp',
      async () => (await noise().webp().toBuffer()).subarray(0, 4000),
      /cannot be decoded/,
      true,
    ],
    [
      'a jpeg with a hole',
      async () => (await noise().jpeg().toBuffer()).fill(0, 20, 200),
      /cannot be decoded/,
    ],
  ]

  it.each(broken)('refuses %s with the reason', async (name, make, reason, decodesOnly) => {
    const path = put(`${name.replaceAll(/\W/g, '-')}.jpg`, await make())
    await expect(decodeImage(path)).rejects.toMatchObject({
      code: 'bad-input',
      where: path,
      message: expect.stringMatching(reason),
    })
    const probe = await probeImage(path)
    if (!decodesOnly) {
      expect(probe).toEqual({
        ok: false,
        reason: expect.stringMatching(reason),
      })
    }
  })

  it('refuses a folder, a missing file and links that lead in a circle', async () => {
    mkdirSync(join(folder, 'folder.jpg'))
    symlinkSync(join(folder, 'circle.jpg'), join(folder, 'circle.jpg'))
    for (const [name, reason] of [
      ['folder.jpg', /folder/],
      ['missing.jpg', /no such file/],
      ['circle.jpg', /circle/],
    ] as const) {
      await expect(decodeImage(join(folder, name))).rejects.toThrow(reason)
      expect(await probeImage(join(folder, name))).toEqual({
        ok: false,
        reason: expect.stringMatching(reason),
      })
    }
  })

  it.skipIf(process.platform === 'win32')('does not wait for a named pipe', async () => {
    const path = join(folder, 'pipe.jpg')
    execFileSync('mkfifo', [path])
    expect(await probeImage(path)).toEqual({
      ok: false,
      reason: expect.stringMatching(/not a file/),
    })
    await expect(decodeImage(path)).rejects.toThrow(/not a file/)
  })
})

function noise() {
  let state = 1
  const data = Uint8Array.from({ length: 100 * 100 * 3 }, () => (state = state * 48271 % 2147483647) & 255)
  return sharp(data, {
    raw: { width: 100, height: 100, channels: 3 },
  })
}

function crc(bytes: Uint8Array): number {
  let value = 0xFFFFFFFF
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) {
      value = (value >>> 1) ^ (value & 1
        ? 0xEDB88320
        : 0)
    }
  }
  return (value ^ 0xFFFFFFFF) >>> 0
}
