import type { FaceRow, FacesMeta } from '#shared/files/faces.ts'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFaces, openFaces } from '#shared/files/faces.ts'
import { FOUND } from './pack.ts'

const META: FacesMeta = {
  size: 4,
  encoding: 'raw',
  aligned: false,
  count: 4,
}
const NOTHING = {
  box: null,
  landmarks: null,
  score: null,
  meshScore: null,
  faces: 0,
  image: null,
}
const ROWS: FaceRow[] = [
  {
    index: 3,
    ...FOUND,
    image: Buffer.from('three'),
  },
  {
    index: 1,
    ...FOUND,
    score: 0.7,
    image: Buffer.from('one'),
  },
  {
    index: 0,
    ...NOTHING,
    status: 'not-found',
    reason: 'No face was found.',
  },
  {
    index: 2,
    ...NOTHING,
    status: 'unreadable',
    reason: 'The file is empty (0 bytes).',
  },
]
let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'facet-faces-')) })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('faces pack', () => {
  it('gives back what was written', () => {
    const path = join(folder, 'whole.sqlite')
    const writer = createFaces(path, META)
    writer.add(ROWS.slice(0, 2))
    writer.add(ROWS.slice(2))
    expect(writer.tally()).toEqual({ found: 2, notFound: 1, unreadable: 1 })
    writer.seal()
    expect(existsSync(`${path}-wal`)).toBe(false)
    const pack = openFaces(path)
    expect([
      pack.size,
      pack.count,
      [...pack.indexes],
      pack.meta,
    ]).toEqual([
      4,
      4,
      [1, 3],
      META,
    ])
    expect(pack.tally).toEqual({ found: 2, notFound: 1, unreadable: 1 })
    for (const { index, image, ...status } of ROWS) {
      expect(pack.status(index)).toEqual(status)
      if (image)
        expect(pack.read(index)).toEqual(image)
      else
        expect(() => pack.read(index)).toThrow(new RegExp(`no face of sample ${index}`))
    }
    expect(() => pack.status(4)).toThrow(/no sample 4; it has 0 to 3/)
    pack.close()
  })

  it('goes on with an unfinished pack, with rows of one transaction all or none', () => {
    const path = join(folder, 'unfinished.sqlite')
    const first = createFaces(path, META)
    first.add(ROWS.slice(0, 1))
    expect(() => first.add([
      ROWS[1]!,
      { ...ROWS[2]!, index: 9 },
    ])).toThrow(/sample 9 of 4/)
    first.close()
    const second = createFaces(path, META)
    expect([0, 1, 2, 3].map(second.has)).toEqual([false, false, false, true])
    expect([
      second.count(),
      second.total,
    ]).toEqual([1, 4])
    expect(() => second.seal()).toThrow(/1 of 4 rows/)
    second.add(ROWS.slice(1))
    second.seal()
    expect([
      ...openFaces(path).indexes,
    ]).toEqual([1, 3])
  })

  it('refuses another kind of pack in its place, rows for a sealed one, and an unfinished one for reading', () => {
    const path = join(folder, 'other.sqlite')
    createFaces(path, META).close()
    expect(() => openFaces(path)).toThrow(/not finished/)
    expect(() => createFaces(path, { ...META, size: 5 })).toThrow(/other settings/)
    const writer = createFaces(path, META)
    writer.add(ROWS)
    writer.seal()
    const again = createFaces(path, META)
    expect(() => again.add(ROWS.slice(0, 1))).toThrow(/sealed; it never changes/)
    again.close()
  })

  it('lacks nothing where the writer was killed just after it had sealed', () => {
    const path = join(folder, 'killed.sqlite')
    const writer = createFaces(path, META)
    writer.add(ROWS)
    writer.seal()
    const read = () => {
      const faces = openFaces(path)
      try {
        return [faces.indexes, ...Array.from(faces.indexes, index => faces.read(index))]
      }
      finally {
        faces.close()
      }
    }
    const before = read()
    const again = createFaces(path, META)
    expect(again.count()).toBe(META.count)
    again.seal()
    expect(read()).toEqual(before)
  })

  it('starts anew where only the log of a removed pack is left', () => {
    const path = join(folder, 'removed.sqlite')
    const writer = createFaces(path, META)
    writer.add(ROWS)
    rmSync(path)
    const anew = createFaces(path, META)
    expect(anew.count()).toBe(0)
    anew.close()
    writer.close()
  })

  it('refuses what is no pack', () => {
    const path = join(folder, 'text.sqlite')
    writeFileSync(path, 'no database at all, but long enough to look like a file with a header of its own')
    expect(() => openFaces(path)).toThrow(expect.objectContaining({ code: 'bad-input' }))
    expect(() => openFaces(join(folder, 'none.sqlite'))).toThrow(expect.objectContaining({ code: 'not-found' }))
  })

  it('refuses a found face without a picture and a missing one without a reason', () => {
    const writer = createFaces(join(folder, 'checked.sqlite'), META)
    expect(() => writer.add([
      { ...ROWS[0]!, image: null },
    ])).toThrow(/CHECK/)
    expect(() => writer.add([
      { ...ROWS[2]!, reason: null },
    ])).toThrow(/CHECK/)
    writer.close()
  })
})
