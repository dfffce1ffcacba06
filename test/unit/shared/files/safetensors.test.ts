import type { NamedArray } from '#shared/files/safetensors.ts'
import { Buffer } from 'node:buffer'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { readSafetensors, writeSafetensors } from '#shared/files/safetensors.ts'

const folder = mkdtempSync(join(tmpdir(), 'facet-safetensors-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'tensors.safetensors')

/** A file with any header, as another program (or a fault) could leave it. */
function writeRaw(header: unknown, data: Uint8Array, length?: bigint): void {
  const text = Buffer.from(typeof header === 'string'
    ? header
    : JSON.stringify(header))
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(length ?? BigInt(text.length))
  writeFileSync(path, Buffer.concat([prefix, text, data]))
}

const array = fc.oneof(
  fc.float32Array({ maxLength: 9 }).map((data): NamedArray => ({
    dtype: 'float32',
    shape: [data.length],
    data,
  })),
  fc.int32Array({ maxLength: 9 }).map((data): NamedArray => ({
    dtype: 'int32',
    shape: [1, data.length],
    data,
  })),
  fc.uint8Array({ maxLength: 9 }).map((data): NamedArray => ({
    dtype: 'uint8',
    shape: [data.length, 1],
    data,
  })),
)
const name = fc.string({ minLength: 1 }).filter(each => each !== '__metadata__' && each !== '__proto__')

it('write then read is the identity, for any names and numbers', () => {
  fc.assert(fc.property(fc.dictionary(name, array, { maxKeys: 6, noNullPrototype: true }), fc.dictionary(name, fc.string(), { noNullPrototype: true }), (tensors, metadata) => {
    writeSafetensors(path, tensors, metadata)
    expect(readSafetensors(path)).toEqual({ tensors, metadata })
  }), { numRuns: 50 })
})

it('reads back an empty array beside another, whichever comes first', () => {
  const tensors = {
    0: { dtype: 'uint8' as const, shape: [1, 1], data: Uint8Array.of(7) },
    none: { dtype: 'int32' as const, shape: [1, 0], data: new Int32Array(0) },
  }
  for (const order of [['0', 'none'], ['none', '0']] as const) {
    writeSafetensors(path, Object.fromEntries(order.map(name => [name, tensors[name]])))
    expect(readSafetensors(path).tensors).toEqual(tensors)
  }
})

it('has the bytes that the format asks for', () => {
  writeSafetensors(path, {
    a: {
      dtype: 'float32',
      shape: [1, 2],
      data: Float32Array.of(1, 2),
    },
  })
  const bytes = readFileSync(path)
  const length = Number(bytes.readBigUInt64LE())
  expect(length % 8).toBe(0)
  expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toEqual({
    a: {
      dtype: 'F32',
      shape: [1, 2],
      data_offsets: [0, 8],
    },
  })
  // 1.0 is 0x3f800000, 2.0 is 0x40000000, little-endian
  expect(bytes.subarray(8 + length).toString('hex')).toBe('0000803f00000040')
})

it('leaves no temporary file, and the old file when writing fails', () => {
  writeSafetensors(path, {
    a: {
      dtype: 'uint8',
      shape: [1],
      data: Uint8Array.of(7),
    },
  })
  expect(() => writeSafetensors(path, {
    a: {
      dtype: 'uint8',
      shape: [2],
      data: Uint8Array.of(8),
    },
  })).toThrow('"a" is said to be uint8 [2]')
  expect(readSafetensors(path).tensors.a!.data).toEqual(Uint8Array.of(7))
  expect(readdirSync(folder)).toEqual(['tensors.safetensors'])
})

const four = new Uint8Array(4)
it.each([
  [
    'a header longer than the file',
    () => writeRaw('{}', four, 1_000n),
    'says it has 1000 bytes; the file has 14',
  ],
  [
    'a header that is no JSON',
    () => writeRaw('{"a', four),
    'no JSON',
  ],
  [
    'an unknown element type',
    () => writeRaw({
      a: {
        dtype: 'F64',
        shape: [1],
        data_offsets: [0, 4],
      },
    }, four),
    'is none of F32, I32, U8',
  ],
  [
    'an array beyond the end',
    () => writeRaw({
      a: {
        dtype: 'F32',
        shape: [2],
        data_offsets: [0, 8],
      },
    }, four),
    '"a" ends at byte 8; the file has 4',
  ],
  [
    'a shape that does not fit its bytes',
    () => writeRaw({
      a: {
        dtype: 'F32',
        shape: [2],
        data_offsets: [0, 4],
      },
    }, four),
    '"a" of F32 [2] needs 8 bytes, the header gives it 4',
  ],
  [
    'arrays that overlap',
    () => writeRaw({
      a: {
        dtype: 'U8',
        shape: [3],
        data_offsets: [0, 3],
      },
      b: {
        dtype: 'U8',
        shape: [2],
        data_offsets: [2, 4],
      },
    }, four),
    '"b" begins at byte 2 instead of 3',
  ],
  [
    'bytes that nobody names',
    () => writeRaw({
      a: {
        dtype: 'U8',
        shape: [3],
        data_offsets: [0, 3],
      },
    }, four),
    'names 3 bytes of numbers; the file has 4',
  ],
  [
    'a file cut short',
    () => writeFileSync(path, 'abc'),
    '3 bytes',
  ],
])('refuses %s', (_, damage, message) => {
  damage()
  expect(() => readSafetensors(path)).toThrow(message)
})

it('says which file is missing', () => {
  expect(() => readSafetensors(join(folder, 'none'))).toThrow(expect.objectContaining({
    code: 'not-found',
    where: join(folder, 'none'),
  }))
})
