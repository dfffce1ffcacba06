import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { addDataset } from '#main/datasets/add.ts'
import { listFiles } from '#main/datasets/listing.ts'
import { msCeleb } from '#main/datasets/ms-celeb.ts'
import { createSplitter, tsvRows } from '#main/datasets/tsv.ts'
import { archivedPath, parseArchivedPath, readArchivedImage } from '#shared/files/archived-image.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { fileWithin } from '#shared/files/within.ts'
import { decodeImage, probeImage } from '#worker/faces/decode.ts'
import { makeFolder, reasonsOf, scan } from './folder.ts'
import { msCelebFolder, msCelebRow } from './layouts.ts'

const table = 'FaceImageCroppedWithAlignment.tsv'
const png = (level: number): Promise<Buffer> => sharp({ create: { width: 20, height: 24, channels: 3, background: { r: level, g: 0, b: 255 - level } } }).png().toBuffer()

describe('ms-celeb', () => {
  it('makes a class of each person; an image is the place of its base64 in the table', async () => {
    const files = msCelebFolder()
    const result = await scan('ms-celeb', files)
    expect(result.tasks.identity).toMatchObject({ classes: ['m.0107_f', 'm.011_8x'] })
    const parts = Map.groupBy(result.samples, ({ subject, split }) => `${subject} ${split}`)
    expect(Object.fromEntries([...parts].map(([part, samples]) => [part, samples.length]))).toEqual({ 'm.0107_f train': 8, 'm.0107_f validation': 1, 'm.0107_f test': 1, 'm.011_8x train': 8, 'm.011_8x validation': 1, 'm.011_8x test': 1 })
    const text = String(files[table])
    for (const { path, labels } of result.samples) {
      const { file, offset, length } = parseArchivedPath(path)!
      expect(file).toBe(table)
      // the line that ends at that place begins with the person
      expect(text.slice(0, offset).split('\n').at(-1)!.split('\t')[0]).toBe(['m.0107_f', 'm.011_8x'][Number(labels.identity)])
      expect(Buffer.from(text.slice(offset, offset + length), 'base64').toString()).toMatch(/^face \d+ of m\./)
    }
    expect(result.notes[0]).toBe('MS-Celeb-1M was withdrawn by its publisher in 2019.')
  })

  it('reads thumbnails and low-shot sets by their columns, folders of copies, and asks which of several tables', async () => {
    const image = Buffer.from('abc').toString('base64')
    const thumbnails = ['m.0107_f', 'm.011_8x'].flatMap(mid => [1, 2, 3].map(rank => [mid, 'name', rank, `http://x/${rank}`, 'http://y', image].join('\t'))).join('\r\n')
    expect((await scan('ms-celeb', { 'MsCelebV1-ImageThumbnails.tsv': `\uFEFF${thumbnails}` })).samples).toHaveLength(6)
    const lowShot = ['m.0107_f', 'm.011_8x'].flatMap(mid => [1, 2, 3].map(rank => [`id${rank}`, image, mid, rank, 'http://x'].join('\t'))).join('\n')
    const few = await scan('ms-celeb', { 'TrainData_lowshot.tsv': lowShot })
    expect(few.samples.map(({ path }) => parseArchivedPath(path)!.length)).toEqual([4, 4, 4, 4, 4, 4])
    const folders = await scan('ms-celeb', ['m.0107_f/1-FaceId-0.jpg', 'm.011_8x/2-FaceId-0.jpg', 'other/x.jpg'])
    expect(folders.samples.map(({ labels }) => labels)).toEqual([{ identity: 0 }, { identity: 1 }])
    expect(reasonsOf(folders)).toEqual({ 'other/x.jpg': 'lies in no folder of a person, like m.0107_f' })
    await expect(scan('ms-celeb', { ...msCelebFolder(), 'MsCelebV1-ImageThumbnails.tsv': thumbnails })).rejects.toMatchObject({ hint: `Say which with the option file: ${table}, MsCelebV1-ImageThumbnails.tsv.` })
    expect((await scan('ms-celeb', { ...msCelebFolder(), 'MsCelebV1-ImageThumbnails.tsv': thumbnails }, { file: 'MsCelebV1-ImageThumbnails.tsv' })).samples).toHaveLength(6)
  })

  it('rejects rows that are cut off, doubled or none, each with its line', async () => {
    const rows = String(msCelebFolder()[table]).trimEnd().split('\n')
    const bad = [...rows, rows[0], 'm.0107_f\t3', msCelebRow('../../etc', 1, 'x'), msCelebRow('m.0107_f', 99, 'abc').slice(0, -1), msCelebRow('m.0107_f', 98, 'abc').replace(/\t[^\t]*$/, '\t'), '\xE9\xFF'].join('\n')
    const result = await scan('ms-celeb', { [table]: Buffer.from(bad, 'latin1') })
    expect(result.samples).toHaveLength(20)
    expect(result.rejected.map(({ reason }) => reason)).toEqual([
      `line 22 of ${table}: it has 2 columns; faces have 7, thumbnails 6, low-shot sets 5`,
      `line 23 of ${table}: "../../etc" is no Freebase id like m.0107_f`,
      `line 24 of ${table}: its image has 3 bytes, which is no base64: the line is cut off`,
      `line 25 of ${table}: its image has 0 bytes, which is no base64: the line is cut off`,
      `line 26 of ${table}: it has 1 columns; faces have 7, thumbnails 6, low-shot sets 5`,
      'the row of the same person, rank and face stands in the table already',
    ])
  })

  it('passes over a line of a gigabyte in bounded memory', async () => {
    const root = makeFolder(msCelebFolder())
    const file = join(root, table)
    const before = readFileSync(file)
    const handle = openSync(file, 'a')
    writeSync(handle, 'm.0107_f\t500\thttp://x\thttp://y\tFaceId-0\tAAAA\t')
    closeSync(handle)
    truncateSync(file, before.length + 2 ** 30) // zeros, and no line end: one line of a gigabyte
    const after = openSync(file, 'a')
    writeSync(after, `\n${msCelebRow('m.0107_f', 501, 'last')}\n`)
    closeSync(after)
    let peak = 0
    const watch = setInterval(() => { peak = Math.max(peak, process.memoryUsage().rss) }, 20)
    const start = process.memoryUsage().rss
    const result = await msCeleb.scan(await listFiles(root), msCeleb.options.parse({}))
    clearInterval(watch)
    expect(result.samples).toHaveLength(21)
    expect(result.rejected.map(({ reason }) => reason)).toEqual([expect.stringMatching(/line 21 of .*its image has 1,073,741,\d{3} bytes of base64; at most 33,554,432 are read/)])
    expect(peak - start).toBeLessThan(150 * 2 ** 20)
  })

  it('is added with the images\' own hashes, and their pixels are read from the table', async () => {
    const images = await Promise.all([10, 20, 30, 40, 50, 60].map(png))
    const lines = images.map((image, i) => msCelebRow(i < 3 ? 'm.0107_f' : 'm.011_8x', i, image))
    const broken = msCelebRow('m.0107_f', 70, Buffer.from('no image at all')).replace(/.{4}$/, '%%%%')
    const root = makeFolder({ [table]: `${lines.join('\n')}\n${broken}\n${msCelebRow('m.011_8x', 71, 'no image')}` })
    const { file } = await addDataset({ path: root, into: makeFolder({}), probe: paths => Promise.all(paths.map(probeImage)) })
    const pack = openDataset(file)
    expect(new Set(pack.hashes())).toEqual(new Set(images.map(image => createHash('sha256').update(image).digest('hex'))))
    expect(pack.packed().map(({ bytes }) => bytes).sort()).toEqual(images.map(({ length }) => length).sort())
    expect(pack.rejected().map(({ reason }) => reason)).toEqual(['The field of the archive is no base64.', expect.stringContaining('It is no image: it starts with 6e6f2069')])
    const decoded = await decodeImage(fileWithin(root, pack.sample(0).path))
    expect([decoded.width, decoded.height, ...decoded.data.subarray(0, 3)]).toEqual([20, 24, 10, 0, 245])
    pack.close()
  })
})

describe('the rows of a table', () => {
  it('are the same whatever the chunks', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('a', 'bc', '\t', '\n', '\r\n', 'x'.repeat(300)), { maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), (parts, sizes) => {
      const text = parts.join('')
      const splitter = createSplitter()
      const rows = []
      for (let from = 0, i = 0; from < text.length; i++) {
        const size = sizes[i % sizes.length]!
        rows.push(...splitter.add(Buffer.from(text.slice(from, from + size))))
        from += size
      }
      rows.push(...splitter.end())
      const expected = text.split('\n').map((line, i) => ({ line: i + 1, fields: line.replace(/\r$/, '').split('\t') })).filter(({ fields }) => fields.length > 1 || fields[0] !== '')
      expect(rows.map(({ line, count }) => [line, count])).toEqual(expected.map(({ line, fields }) => [line, fields.length]))
      rows.forEach(({ fields }, i) => fields.forEach(({ offset, length, text: short }, k) => {
        const whole = expected[i]!.fields[k]!
        expect(text.slice(offset, offset + length)).toBe(whole)
        expect(short).toBe(whole.length > 256 ? null : whole)
      }))
    }))
  })

  it('name the file that cannot be read', async () => {
    await expect(tsvRows('/no/such/file.tsv').next()).rejects.toMatchObject({ code: 'bad-input', where: '/no/such/file.tsv' })
  })
})

describe('an image inside an archive', () => {
  const text = `a\t${Buffer.from('image').toString('base64')}\tz\n`
  const file = join(makeFolder({ 'x.tsv': text }), 'x.tsv')
  const reason = async (offset: number, length: number): Promise<string> => {
    const read = await readArchivedImage({ file, offset, length })
    return 'reason' in read ? read.reason : read.toString()
  }

  it('has a path that is read back, and no other file has one', () => {
    expect(parseArchivedPath(archivedPath({ file: 'a b/x.tsv', offset: 12, length: 34 }))).toEqual({ file: 'a b/x.tsv', offset: 12, length: 34 })
    for (const path of ['x.tsv', 'x.jpg#1+2', 'x.tsv#1+', 'x.tsv#-1+2', 'x.tsv#1+2.jpg', 'x.tsv#1e3+2', '#1+2'])
      expect(parseArchivedPath(path)).toBeNull()
  })

  it('is read only where a whole field of base64 is', async () => {
    expect(await reason(2, 8)).toBe('image')
    expect(await reason(3, 4)).toContain('no whole field')
    expect(await reason(2, 4)).toContain('no whole field')
    expect(await reason(0, 1)).toBe('The field of the archive is no base64.')
    expect(await reason(2, 4000)).toContain('The archive has 13 bytes; the image would end at 4002.')
    expect(await reason(2, 0)).toContain('1 to 33554432 are read')
    expect(await reason(2, 999_999_999)).toContain('1 to 33554432 are read')
  })

  it('lies in the folder of its data set, or is refused', () => {
    const root = makeFolder({ 'x.tsv': text })
    symlinkSync(file, join(root, 'link.tsv'))
    expect(fileWithin(root, 'x.tsv#2+8')).toBe(join(root, 'x.tsv#2+8'))
    expect(() => fileWithin(root, '../x.tsv#2+8')).toThrow('leaves')
    expect(() => fileWithin(root, 'link.tsv#2+8')).toThrow('symbolic link')
  })

  it('that is a folder, a device or missing is told as such', async () => {
    const root = makeFolder({ 'd.tsv': null })
    expect(await readArchivedImage({ file: join(root, 'd.tsv'), offset: 0, length: 4 })).toEqual({ reason: 'Its archive is a folder or a device, not a file.' })
    await expect(probeImage(join(root, 'none.tsv#0+4'))).resolves.toEqual({ ok: false, reason: 'There is no such file.' })
    writeFileSync(join(root, 'short.tsv'), 'AAAA')
    await expect(probeImage(join(root, 'short.tsv#0+4'))).resolves.toMatchObject({ ok: false, reason: expect.stringContaining('It is no image') })
  })
})
