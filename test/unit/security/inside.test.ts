import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { resolveInside } from '#main/security/inside.ts'

let base: string
let root: string
beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'facet-inside-')))
  root = join(base, 'page')
  mkdirSync(join(root, 'assets'), { recursive: true })
  mkdirSync(join(base, 'page-secret'))
  writeFileSync(join(root, 'index.html'), '')
  writeFileSync(join(root, 'assets/a b.js'), '')
  writeFileSync(join(base, 'secret'), '')
  writeFileSync(join(base, 'page-secret/secret'), '')
  symlinkSync(join(base, 'secret'), join(root, 'link'))
})
afterAll(() => rmSync(base, { recursive: true }))

it.each([['index.html', 'index.html'], ['/assets/a%20b.js', 'assets/a b.js']])('finds %s', (address, file) => {
  expect(resolveInside(root, address)).toBe(join(root, file))
})

it.each([
  '/../secret',
  '/..%2fsecret',
  '/%2e%2e/secret',
  '/assets/../../secret',
  '/..\\secret',
  '/%5c..%5csecret',
  '//etc/passwd',
  '/../page-secret/secret', // a folder whose name begins with ours
  '/link', // a link that leads out
  '/index.html%00.png',
  '/%zz',
  '/missing',
  '/',
])('refuses %s', (address) => {
  expect(resolveInside(root, address)).toBeNull()
})
