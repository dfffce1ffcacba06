import type { EmbeddingColumn } from '#shared/files/embeddings.ts'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEmbeddings, openEmbeddings } from '#shared/files/embeddings.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-embeddings-'))
  path = join(folder, 'pack.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Rows with a number of their own in every place. */
function rowsOf(teachers: EmbeddingColumn[], from: number, to: number): Record<string, Float32Array> {
  return Object.fromEntries(teachers.map(({ name, dimension }, t) => [
    name,
    Float32Array.from({ length: (to - from) * dimension }, (_, i) => Math.fround(Math.sin(1000 * t + (from * dimension + i) * 0.37))),
  ]))
}

function indexesOf(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, i) => 3 * (from + i) + 1)
}

function write(teachers: EmbeddingColumn[], size: number, batch: number, upTo = size) {
  const writer = createEmbeddings(path, { teachers, size })
  for (let from = writer.stored; from < upTo; from += batch) {
    const to = Math.min(upTo, from + batch)
    writer.append(indexesOf(from, to), rowsOf(teachers, from, to))
  }
  return writer
}

const two = [
  { name: 'a', dimension: 3 },
  { name: 'b', dimension: 2 },
]

describe('the embeddings pack', () => {
  it('gives back what was written, whatever the batches, the teachers asked for and their order', () => {
    fc.assert(fc.property(
      fc.uniqueArray(fc.record({
        name: fc.stringMatching(/^[a-z]{1,6}$/),
        dimension: fc.integer({ min: 1, max: 7 }),
      }), {
        minLength: 1,
        maxLength: 4,
        selector: ({ name }) => name,
      }),
      fc.integer({ min: 0, max: 1300 }),
      fc.integer({ min: 1, max: 700 }),
      fc.nat(),
      (teachers, size, batch, choice) => {
        rmSync(path, { force: true })
        write(teachers, size, batch).seal({ note: 'x' })
        const pack = openEmbeddings(path)
        const asked = teachers.filter((_, t) => (choice >> t) % 2 === 1).reverse()
        const columns = asked.length > 0
          ? asked
          : teachers
        const whole = rowsOf(teachers, 0, size)
        const width = columns.reduce((sum, { dimension }) => sum + dimension, 0)
        const expected = new Float32Array(size * width)
        for (let row = 0; row < size; row++) {
          const line = columns.flatMap(({ name, dimension }) => Array.from(whole[name]!.subarray(row * dimension, (row + 1) * dimension)))
          expected.set(line, row * width)
        }
        const names = asked.length > 0
          ? asked.map(({ name }) => name)
          : undefined
        expect(pack.read(names)).toEqual(expected)
        const from = Math.floor(size / 3)
        const to = Math.floor(size * 0.9)
        if (to >= from)
          expect(pack.readRows(names, from, to)).toEqual(expected.slice(from * width, to * width))
        expect(pack.indexes).toEqual(indexesOf(0, size))
        expect(pack.meta).toEqual({ note: 'x' })
        pack.close()
      },
    ), { numRuns: 15 })
  })

  it('keeps mean and population standard deviation of each unit', () => {
    const writer = createEmbeddings(path, {
      teachers: [
        { name: 'a', dimension: 2 },
      ],
      size: 4,
    })
    writer.append(Int32Array.of(0, 1, 2, 3), {
      a: Float32Array.of(1, 5, 3, 5, 5, 5, 7, 5),
    })
    writer.seal()
    const { statistics } = openEmbeddings(path)
    expect(Array.from(statistics.a!.mean)).toEqual([4, 5])
    expect(statistics.a!.std[0]).toBeCloseTo(Math.sqrt(5), 6) // (9 + 1 + 1 + 9) / 4
    expect(statistics.a!.std[1]).toBe(0)
  })

  it('goes on after its last whole chunk when the writer was killed', () => {
    write(two, 1200, 100, 700) // left open and unsealed, as after a kill
    const resumed = createEmbeddings(path, { teachers: two, size: 1200 })
    expect(resumed.stored).toBe(512)
    resumed.close()
    write(two, 1200, 64).seal()
    const pack = openEmbeddings(path)
    const whole = rowsOf(two, 0, 1200)
    expect(pack.read(['a'])).toEqual(whole.a)
    expect(pack.read(['b'])).toEqual(whole.b)
    expect(pack.indexes).toEqual(indexesOf(0, 1200))
  })

  it('refuses to be read before it is sealed, and to be written after', () => {
    const writer = write(two, 10, 10)
    expect(() => openEmbeddings(path)).toThrow(/never finished/)
    writer.seal()
    const again = createEmbeddings(path, { teachers: two, size: 10 })
    expect(() => again.append(indexesOf(10, 11), rowsOf(two, 10, 11))).toThrow(/never changes/)
    again.close()
    expect(() => createEmbeddings(path, { teachers: two, size: 11 })).toThrow(/other teachers or faces/)
  })

  it('lacks nothing where the writer was killed just after it had sealed, or just before with every row written', () => {
    write(two, 700, 100).seal({ note: 'x' })
    const sealed = readFileSync(path)
    const again = createEmbeddings(path, { teachers: two, size: 700 })
    expect(again.stored).toBe(700)
    again.seal({ note: 'y' })
    expect(readFileSync(path).equals(sealed)).toBe(true)

    const db = new Database(path)
    db.exec('delete from statistics; delete from meta where key <> \'header\'')
    db.close()
    const left = createEmbeddings(path, { teachers: two, size: 700 })
    expect(left.stored).toBe(700)
    left.seal({ note: 'x' })
    const pack = openEmbeddings(path)
    expect(pack.read(['a'])).toEqual(rowsOf(two, 0, 700).a)
    expect(pack.indexes).toEqual(indexesOf(0, 700))
  })

  it('refuses to be sealed with rows missing, and rows beyond its size', () => {
    expect(() => write(two, 10, 5, 5).seal()).toThrow(/5 of 10 rows/)
    expect(() => createEmbeddings(path, { teachers: two, size: 10 }).append(indexesOf(0, 11), rowsOf(two, 0, 11))).toThrow(/row 11 of a pack of 10/)
  })

  it('refuses a number that is not finite, naming teacher, unit and sample', () => {
    const writer = createEmbeddings(path, { teachers: two, size: 2 })
    const rows = rowsOf(two, 0, 2)
    rows.b![3] = Number.NaN
    expect(() => writer.append(Int32Array.of(4, 9), rows)).toThrow(/teacher "b" gave NaN for unit 1 of sample 9/)
  })

  it('refuses falling indexes, missing teachers and rows of another length', () => {
    const writer = createEmbeddings(path, { teachers: two, size: 4 })
    writer.append(Int32Array.of(5), rowsOf(two, 0, 1))
    expect(() => writer.append(Int32Array.of(5), rowsOf(two, 0, 1))).toThrow(/sample 5 follows sample 5/)
    expect(() => writer.append(Int32Array.of(6), {
      a: new Float32Array(3),
    })).toThrow(/"b" gave 0 numbers/)
    expect(() => writer.append(Int32Array.of(6), {
      a: new Float32Array(4),
      b: new Float32Array(2),
    })).toThrow(/"a" gave 4 numbers for 1 faces of 3/)
  })

  it('refuses an unfinished pack of other teachers in its place, a file that is no pack, and a teacher it does not hold', () => {
    write(two, 4, 4).close()
    expect(() => createEmbeddings(path, {
      teachers: [
        { name: 'a', dimension: 3 },
      ],
      size: 4,
    })).toThrow(/other teachers or faces/)
    const other = join(folder, 'other.sqlite')
    writeFileSync(other, 'this is no database, however long it goes on')
    expect(() => openEmbeddings(other)).toThrow(/no embeddings pack/)
    rmSync(path)
    write(two, 4, 4).seal()
    expect(() => openEmbeddings(path).read(['c'])).toThrow(/no embeddings of "c"; it has a, b/)
  })
})
