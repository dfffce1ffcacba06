import { Buffer } from 'node:buffer'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ageOf } from '#main/datasets/imdb-wiki.ts'
import { findStruct, Malformed, readMatStruct } from '#main/datasets/mat.ts'
import { makeFolder, reasonsOf, samplesOf, scan } from './folder.ts'
import { imdbFolder, imdbMat } from './layouts.ts'

/** MATLAB's datenum by its documentation: datenum(2000, 1, 1) is 730486. */
function datenum(year: number, month: number, day: number): number {
  return 730_486 + (Date.UTC(year, month - 1, day) - Date.UTC(2000, 0, 1)) / 86_400_000
}

describe('the age in a photograph', () => {
  it('is that on 1 July of its year', () => {
    expect(ageOf(693_726, 1968)).toBe(69) // the published table's first entry: Fred Astaire, born 10 May 1899
    expect(ageOf(datenum(1970, 6, 30), 2000)).toBe(30)
    expect(ageOf(datenum(1970, 7, 1), 2000)).toBe(30)
    expect(ageOf(datenum(1970, 7, 2), 2000)).toBe(29)
    expect(ageOf(datenum(1970, 12, 31) + 0.75, 2000)).toBe(29)
  })

  it('is none without dates', () => {
    expect(ageOf(Number.NaN, 2000)).toBeNull()
    expect(ageOf(datenum(1970, 1, 1), Number.NaN)).toBeNull()
    expect(ageOf(-5, 2000)).toBeNull()
    expect(ageOf(1e300, 2000)).toBeNull()
  })
})

describe('imdb-wiki', () => {
  it('reads age and gender of faces that are sure, and counts why the others are not used', async () => {
    const result = await scan('imdb-wiki', imdbFolder())
    expect(Object.fromEntries(Object.entries(samplesOf(result)).map(([file, { labels }]) => [file, labels]))).toEqual({
      'imdb_crop/01/nm0000001_rm1_1899-5-10_1968.jpg': { 'age': 69, 'age-class': 4, 'gender': 1 },
      'imdb_crop/02/nm0000002_rm3_1924-9-16_2004.jpg': { 'age': 79, 'age-class': 4, 'gender': 0 },
      'imdb_crop/03/nm0000103_rm5_1970-7-1_2000.jpg': { 'age': 30, 'age-class': 2, 'gender': 0 },
      'imdb_crop/03/nm0000203_rm6_1970-7-2_2000.jpg': { 'age': 29, 'age-class': 2, 'gender': 1 },
    })
    expect(reasonsOf(result)).toEqual({
      'imdb_crop/01/nm0000001_rm2_1899-5-10_1970.jpg': 'line 2 of imdb.mat: without a face',
      'imdb_crop/02/nm0000102_rm4_1958-7-8_2004.jpg': 'line 4 of imdb.mat: with a second face',
    })
    expect(result.notes).toContain('Rejected by what imdb.mat says: 1 without a face; 1 with a second face.')
    expect(result.notes).toContain('imdb.mat lists 6 photographs (published: 460,723); 4 of them are used.')
    expect(result.tasks.gender).toMatchObject({ classes: ['female', 'male'] })
    expect(result.samples[0]!.subject).toBe('zoë 0') // as scipy wrote the name of the first entry
  })

  it('filters as the options say; a gender that nobody knows is no label', async () => {
    const result = await scan('imdb-wiki', imdbFolder(), { leastFaceScore: 3, secondFace: 'keep' })
    expect(result.samples.map(({ labels }) => labels.age)).toEqual([79, 30, 29])
    const kept = await scan('imdb-wiki', imdbFolder(), { secondFace: 'keep' })
    expect(samplesOf(kept)['imdb_crop/02/nm0000102_rm4_1958-7-8_2004.jpg']!.labels).toEqual({ 'age': 45, 'age-class': 3 })
  })

  it('tells of absent and unlisted images, and of an absent or foreign table', async () => {
    const { 'imdb_crop/03/nm0000203_rm6_1970-7-2_2000.jpg': _, ...files } = imdbFolder()
    const result = await scan('imdb-wiki', { ...files, 'imdb_crop/04/nm0000999_rm6_1970-7-2_2000.jpg': 'x' })
    expect(reasonsOf(result)['imdb_crop/04/nm0000999_rm6_1970-7-2_2000.jpg']).toBe('is not in the list imdb.mat')
    expect(result.notes.join(' ')).toContain('1 entries of imdb.mat name images that are not here (the first: 03/nm0000203_rm6_1970-7-2_2000.jpg in entry 6).')
    const { 'imdb_crop/imdb.mat': table, ...without } = files
    await expect(scan('imdb-wiki', without)).rejects.toThrow('Neither imdb.mat nor wiki.mat is here')
    await expect(scan('imdb-wiki', { ...without, 'imdb_crop/wiki.mat': table! })).rejects.toMatchObject({ message: 'The MATLAB file has no variable "wiki"; it has imdb.', where: expect.stringContaining('wiki.mat') })
  })
})

/** An element of a MATLAB file of version 5: tag of 8 bytes, body padded to 8 (MAT-File Format, "Data Element Format"). */
function element(type: number, body: Buffer): Buffer {
  const tag = Buffer.alloc(8)
  tag.writeUInt32LE(type)
  tag.writeUInt32LE(body.length, 4)
  return Buffer.concat([tag, body, Buffer.alloc((8 - body.length % 8) % 8)])
}
function matrix(classNumber: number, columns: number, parts: Buffer[], name = ''): Buffer {
  const [flags, dimensions] = [Buffer.alloc(8), Buffer.alloc(8)]
  flags[0] = classNumber
  dimensions.writeInt32LE(1)
  dimensions.writeInt32LE(columns, 4)
  return element(14, Buffer.concat([element(6, flags), element(5, dimensions), element(1, Buffer.from(name)), ...parts]))
}
/** imdb.mat or wiki.mat with people born in 1970, photographed in 2000. */
function tableOf(variable: string, rows: { path: string, name?: string }[]): Buffer {
  const numbers = (value: number): Buffer => matrix(6, rows.length, [element(9, Buffer.from(Float64Array.from(rows, () => value).buffer))])
  const texts = (values: string[]): Buffer => matrix(1, values.length, values.map(text => matrix(4, [...text].length, [element(16, Buffer.from(text))])))
  const named = rows.some(({ name }) => name !== undefined)
  const fields = { dob: numbers(datenum(1970, 1, 1)), photo_taken: numbers(2000), full_path: texts(rows.map(({ path }) => path)), gender: numbers(1), face_score: numbers(3), second_face_score: numbers(Number.NaN), ...named && { name: texts(rows.map(({ name = '' }) => name)) } }
  const length = Buffer.alloc(4)
  length.writeInt32LE(32)
  const names = Buffer.concat(Object.keys(fields).map(field => Buffer.from(field.padEnd(32, '\0'))))
  return Buffer.concat([imdbMat.subarray(0, 128), matrix(2, 1, [element(5, length), element(1, names), ...Object.values(fields)], variable)])
}

describe('people of both tables', () => {
  const people = Array.from({ length: 60 }, (_, i) => `Person Number${i}`)
  const imdb = people.map((name, i) => ({ path: `01/nm${String(i).padStart(7, '0')}_rm1_1970-1-1_2000.jpg`, name }))
  const wiki = people.map((name, i) => ({ path: `02/${5000 + i}_1970-1-1_2000.jpg`, name: ` ${name.toUpperCase()}` }))
  const folder = (own: typeof imdb, others: { path: string, name?: string }[]) => ({
    'imdb_crop/imdb.mat': tableOf('imdb', own),
    'wiki_crop/wiki.mat': tableOf('wiki', others),
    ...Object.fromEntries([...own.map(({ path }) => `imdb_crop/${path}`), ...others.map(({ path }) => `wiki_crop/${path}`)].map(file => [file, 'x'])),
  })

  it('lie on one side of the split, as one subject', async () => {
    const { samples, notes } = await scan('imdb-wiki', folder(imdb, wiki))
    const splits = new Map(samples.map(({ path, split }) => [path, split]))
    expect(samples).toHaveLength(120)
    imdb.forEach(({ path }, i) => expect(splits.get(`imdb_crop/${path}`)).toBe(splits.get(`wiki_crop/${wiki[i]!.path}`)))
    expect(new Set(splits.values())).toEqual(new Set(['train', 'validation', 'test']))
    expect(new Set(samples.map(({ subject }) => subject)).size).toBe(60)
    expect(samples[0]!.subject).toBe('person number0')
    expect(notes.join(' ')).not.toContain('counts as two')
  })

  it('without a name are told apart by number, unless another photograph of that number has one', async () => {
    const second = { path: '01/nm0000000_rm2_1970-1-1_2000.jpg', name: '' }
    const { samples, notes } = await scan('imdb-wiki', folder([second, ...imdb.slice(0, 2)], [{ path: wiki[0]!.path }]))
    const subjects = Object.fromEntries(samples.map(({ path, subject }) => [path, subject]))
    expect(subjects[`imdb_crop/${second.path}`]).toBe('person number0')
    expect(subjects[`wiki_crop/${wiki[0]!.path}`]).toBe('wiki/5000')
    expect(notes.join(' ')).toContain('wiki.mat does not name 1 of its people')
  })
})

describe('a hostile MATLAB file', () => {
  const fields = ['dob', 'full_path']
  const words = (bytes: Buffer): Promise<string> => findStruct(bytes, 'imdb', fields).then(() => 'read', error => error instanceof Malformed ? error.message : `other: ${error}`)
  const header = imdbMat.subarray(0, 128)
  const element = (type: number, body: Buffer, size = body.length): Buffer => {
    const tag = Buffer.alloc(8)
    tag.writeUInt32LE(type)
    tag.writeUInt32LE(size, 4)
    return Buffer.concat([tag, body])
  }
  const compressed = (inner: Buffer): Buffer => Buffer.concat([header, element(15, deflateSync(inner))])

  it('that says an absurd size is refused before anything is reserved', async () => {
    const before = process.memoryUsage().rss
    expect(await words(Buffer.concat([header, element(14, Buffer.alloc(64), 0xFFFFFFF0)]))).toMatch(/says at byte 128 that an element has 4,294,967,280 bytes; 64 are left/)
    expect(await words(compressed(element(14, Buffer.alloc(64), 0xF0000000)))).toMatch(/unpack to 4,026,531,848; at most 67,108,864 are read/)
    const dimensions = Buffer.alloc(8)
    dimensions.writeInt32LE(2 ** 30)
    dimensions.writeInt32LE(2 ** 30, 4)
    const huge = Buffer.concat([element(6, Buffer.alloc(8)), element(5, dimensions), element(1, Buffer.alloc(0))])
    expect(await words(compressed(element(14, huge)))).toMatch(/1,152,921,504,606,847,000 values; at most/)
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20)
  })

  it('that unpacks to more than it says is not unpacked further', async () => {
    const bomb = element(14, Buffer.alloc(300_000_000), 1000)
    const before = process.memoryUsage().rss
    const packed = compressed(bomb)
    expect(packed.length).toBeLessThan(400_000)
    expect(await words(packed)).toMatch(/cannot be unpacked/)
    expect(process.memoryUsage().rss - before).toBeLessThan(600 * 2 ** 20) // 300 MB of it are the test's own
  })

  it('that hides behind many other variables is not unpacked for ever', async () => {
    const sides = Buffer.alloc(8)
    sides.writeInt32LE(1)
    sides.writeInt32LE(7_500_000, 4)
    const flags = Buffer.alloc(8)
    flags.writeUInt32LE(6)
    const other = element(14, Buffer.concat([element(6, flags), element(5, sides), element(1, Buffer.from('otherone')), element(9, Buffer.alloc(60_000_000))]))
    const packed = element(15, deflateSync(other))
    expect(packed.length).toBeLessThan(70_000)
    expect(await words(Buffer.concat([header, ...Array.from({ length: 40 }).fill(packed) as Buffer[]]))).toBe('holds more than 1,073,741,824 bytes before its variable "imdb".')
  })

  it('that is cut off anywhere, of another version or no MATLAB file is told as such', async () => {
    for (let length = 0; length < imdbMat.length; length += 7)
      expect(await words(imdbMat.subarray(0, length)), `${length} bytes`).not.toMatch(/^(?:read|other)/)
    expect(await words(Buffer.concat([Buffer.from('MATLAB 7.3 MAT-file'), Buffer.alloc(600)]))).toContain('version 7.3 (HDF5)')
    expect(await words(Buffer.alloc(2000, 'x'))).toContain('is none of version 5 to 7')
    const file = join(makeFolder({}), 'imdb.mat')
    writeFileSync(file, 'no table')
    await expect(readMatStruct(file, 'imdb', fields)).rejects.toMatchObject({ code: 'bad-input', where: file })
  })
})
