import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createWorkspace, openReadOnly, openWorkspace } from '#main/workspace/workspace.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Files below the folder that this process holds open, as the kernel lists them. */
function openFiles() {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)].filter(path => path.startsWith(folder))
    }
    catch {
      return [] // the listing's own descriptor
    }
  })
}

it('a closed workspace holds no file, asked for something or not', async () => {
  const unused = createWorkspace(folder, 'test')
  await unused.close()
  expect(openFiles()).toEqual([])
  const used = openWorkspace(folder, 'test')
  await used.db.selectFrom('runs').selectAll().execute()
  const reader = openReadOnly(folder, used.holder!)
  await reader.close()
  await used.close()
  expect(openFiles()).toEqual([])
})

it('a workspace that cannot be opened is let go: no file, no lock', async () => {
  const workspace = createWorkspace(folder, 'test')
  workspace.connection.exec(`update migrations set checksum = 'edited'`)
  await workspace.close()
  expect(() => openWorkspace(folder, 'test')).toThrow('was changed after it had been applied')
  expect(openFiles()).toEqual([])
  expect(readdirSync(folder)).not.toContain('facet.lock')
})
