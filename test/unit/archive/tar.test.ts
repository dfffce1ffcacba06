import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readTar, writeTar } from '#main/archive/tar.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A file of so many bytes, given in parts of 64 KiB. */
function file(name: string, bytes: number) {
  async function* content() {
    for (let left = bytes; left > 0; left -= 65536)
      yield Buffer.alloc(Math.min(left, 65536), name[0])
  }
  return { name, bytes, content: content() }
}

it('writes nothing, empty files and large ones as GNU tar reads them', async () => {
  await writeTar(join(folder, 'none.tar'), [])
  expect(readFileSync(join(folder, 'none.tar'))).toEqual(Buffer.alloc(1024))
  const path = join(folder, 'some.tar')
  const sizes = { empty: 0, small: 10, large: 40 << 20, none: 0, block: 512 }
  await writeTar(path, Object.entries(sizes).map(([name, bytes]) => file(name, bytes)))
  execFileSync('tar', ['xf', path, '-C', folder])
  for (const [name, bytes] of Object.entries(sizes))
    expect(readFileSync(join(folder, name)).equals(Buffer.alloc(bytes, name[0]))).toBe(true)
  const read: Record<string, number> = {}
  for await (const { name, content } of readTar(path, join(folder, 'here'))) {
    read[name] = 0
    for await (const part of content)
      read[name] += part.length
  }
  expect(read).toEqual(sizes)
})

it('fails with what the target says, at the first file as at the last', async () => {
  await expect(writeTar(join(folder, 'gone/some.tar'), [file('a', 10)])).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(writeTar(folder, [])).rejects.toMatchObject({ code: 'EEXIST' })
  symlinkSync('/dev/full', join(folder, 'full'))
  await expect(writeTar(join(folder, 'full'), [file('a', 10)])).rejects.toMatchObject({ code: 'EEXIST' }) // follows no link
  expect(readdirSync(folder)).toEqual(['full'])
})

it.each([9, 11])('fails where a file of 10 bytes has %i', async (bytes) => {
  await expect(writeTar(join(folder, 'some.tar'), [file('a', 40 << 20), { ...file('b', bytes), bytes: 10 }, file('c', 10)])).rejects.toMatchObject({ code: 'conflict', where: 'b', message: `The file changed while it was written to the archive: ${bytes} bytes instead of 10.` })
})
