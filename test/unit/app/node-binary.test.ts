import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { nodeBinary, programOf } from '#main/node-binary.ts'

let base: string
beforeEach(() => { base = mkdtempSync(join(tmpdir(), 'facet-test-')) })
afterEach(() => rmSync(base, { recursive: true }))

const brought = `node_modules/node-${process.platform}-${process.arch}/bin/node`

function put(path: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '')
  return path
}

it('finds the program in a checkout, and beside the archive of a package', () => {
  expect(programOf('/opt/checkout')).toBe('/opt/checkout')
  expect(programOf('/opt/facet/resources/app.asar')).toBe('/opt/facet/resources/program')
  expect(programOf('/home/me/my-app.asar')).toBe('/home/me/my-app.asar')
})

it('takes the Node that npm brought, in a checkout without it the one that runs', () => {
  expect(nodeBinary(base)).toBe(process.execPath)
  const node = put(join(base, brought))
  expect(nodeBinary(base)).toBe(node)
})

it('takes the Node of a package, and never the program that runs: that is Electron', () => {
  const archive = join(base, 'resources/app.asar')
  const node = join(base, 'resources/program', brought)
  expect(() => nodeBinary(archive)).toThrow(expect.objectContaining({ code: 'not-found', message: 'The Node that Facet brings is missing.', where: node }))
  put(node)
  expect(nodeBinary(archive)).toBe(node)
})

it('never takes Electron for Node in a checkout either', () => {
  Object.defineProperty(process.versions, 'electron', { value: '45.4.1', configurable: true })
  onTestFinished(() => { delete (process.versions as Record<string, string>).electron })
  expect(() => nodeBinary(base)).toThrow(expect.objectContaining({ code: 'not-found', hint: 'Get it again: npm run setup' }))
})
