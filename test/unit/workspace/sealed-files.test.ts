import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { artefactName, putSealedFiles, sealedFilesByArtefact } from '#main/workspace/sealed-files.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { describeSealed } from '#shared/files/sealed.ts'

/** SHA-256 of the three bytes "abc" and of nothing: FIPS 180-4's examples. */
const ofAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const ofNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('describes each file of a folder, and an artefact of one file', async () => {
  mkdirSync(join(folder, 'model', 'inner'), { recursive: true })
  writeFileSync(join(folder, 'model', 'b.txt'), 'abc')
  writeFileSync(join(folder, 'model', 'inner', 'a'), '')
  expect(await describeSealed(join(folder, 'model'))).toEqual([
    { path: 'b.txt', bytes: 3, sha256: ofAbc },
    { path: 'inner/a', bytes: 0, sha256: ofNothing },
  ])
  expect(await describeSealed(join(folder, 'model', 'b.txt'))).toEqual([{ path: '.', bytes: 3, sha256: ofAbc }])
})

it('remembers what an artefact consists of, the newest sealing alone', async () => {
  const { db, close } = createWorkspace(folder, 'test')
  const name = artefactName('distil', 'a'.repeat(64))
  expect(name).toBe(`artefacts/models/${'a'.repeat(64)}`)
  await putSealedFiles(db, name, [{ path: 'old', bytes: 1, sha256: ofAbc }, { path: 'gone', bytes: 1, sha256: ofAbc }])
  await putSealedFiles(db, name, [{ path: 'old', bytes: 3, sha256: ofAbc }])
  await putSealedFiles(db, 'artefacts/faces/x.sqlite', [{ path: '.', bytes: 0, sha256: ofNothing }])
  expect([...await sealedFilesByArtefact(db)]).toEqual([
    ['artefacts/faces/x.sqlite', [{ path: '.', bytes: 0, sha256: ofNothing }]],
    [name, [{ path: 'old', bytes: 3, sha256: ofAbc }]],
  ])
  await close()
})
