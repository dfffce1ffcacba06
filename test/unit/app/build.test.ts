import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fingerprint } from '../../../scripts/app/build.mjs'

let root: string
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'facet-test-')) })
afterEach(() => rmSync(root, { recursive: true }))

function write(path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), path)
}

it.each(['src/main/node-binary.ts', 'src/main/socket.ts', 'src/main/workspace/lock.ts', 'src/preload/index.ts', 'src/renderer/views/a/AView.vue', 'src/shared/contract.ts', 'package-lock.json'])('builds the app anew after a change of %s', (path) => {
  const before = fingerprint(root)
  write(path)
  expect(fingerprint(root)).not.toBe(before)
})

it('builds nothing anew for what no bundle takes', () => {
  const before = fingerprint(root)
  write('src/worker/index.ts')
  expect(fingerprint(root)).toBe(before)
})
