import type { PackedSample } from '#shared/files/dataset-pack.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fingerprintOf } from '#main/datasets/fingerprint.ts'
import { whyNoPack } from '#main/workspace/examine.ts'
import { packDamageOf } from '#main/workspace/pack-damage.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'facet-pack-')) })
afterEach(() => rmSync(folder, { recursive: true }))

/** A sealed pack of so many samples, and what its content adds up to. */
function writePack(count: number): { file: string, fingerprint: string } {
  const scan = { format: 'folders', tasks: {} }
  const samples = Array.from({ length: count }, (_, i): PackedSample => ({ path: `${String(i).padStart(7, '0')}.jpg`, labels: { age: i % 90, name: `person ${i % 1000}` }, split: null, subject: `person-${i % 1000}`, unseen: false, bytes: 1000 + i, sha256: i.toString(16).padStart(64, '0') }))
  const fingerprint = fingerprintOf(scan, samples, [])
  const file = join(folder, `${fingerprint}.sqlite`)
  writeDataset(file, { meta: { ...scan, root: '/photographs', fingerprint, aligned: false, licence: '', notes: [] }, samples, rejected: [], pairs: [] })
  return { file, fingerprint }
}

it('a pack is what its fingerprint says, and one changed label, a cut file or none is not', async () => {
  const { file, fingerprint } = writePack(20)
  expect(await whyNoPack(file, fingerprint)).toBeNull()
  const db = new Database(file)
  db.exec(`update samples set labels = '{"age":7}' where idx = 11`)
  db.close()
  expect(await whyNoPack(file, fingerprint)).toBe('what is in it is not what its fingerprint says')
  expect(await whyNoPack(file, fingerprint, false)).toBeNull() // sizes and names alone do not tell
  writeFileSync(file, 'no database')
  expect(await whyNoPack(file, fingerprint)).toBe('file is not a database')
  rmSync(file)
  expect(await whyNoPack(file, fingerprint)).toBe('it is not there')
})

it('a host goes on answering while a large pack is looked through', async () => {
  const { file, fingerprint } = writePack(50_000)
  const startMs = performance.now()
  expect(packDamageOf(file, fingerprint)).toEqual([])
  const takesMs = performance.now() - startMs
  const before = performance.eventLoopUtilization()
  expect(await whyNoPack(file, fingerprint)).toBeNull()
  expect(performance.eventLoopUtilization(before).active).toBeLessThan(takesMs / 3)
})
