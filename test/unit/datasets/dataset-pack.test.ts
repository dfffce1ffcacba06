import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createDatasetWriter, openDataset, writeDataset } from '#shared/files/dataset-pack.ts'

it('takes the place of what a killed writer left, and leaves other packs alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  try {
    const file = join(folder, 'ab.sqlite')
    for (const name of ['ab.sqlite.4711.tmp', 'ab.sqlite.4711.tmp-journal', 'cd.sqlite.4711.tmp'])
      writeFileSync(join(folder, name), 'half')
    writeDataset(file, {
      meta: { format: 'csv', root: '/faces', fingerprint: 'a'.repeat(64), tasks: {}, aligned: true, licence: 'none', notes: [] },
      samples: [{ path: '0.jpg', labels: {}, split: 'test', subject: null, unseen: false, bytes: 1, sha256: 'a'.repeat(64) }],
      rejected: [],
      pairs: [],
    })
    expect(readdirSync(folder).sort()).toEqual(['ab.sqlite', 'cd.sqlite.4711.tmp'])
    const dataset = openDataset(file)
    expect(dataset.samples().map(({ path }) => path)).toEqual(['0.jpg'])
    dataset.close()
  }
  finally {
    rmSync(folder, { recursive: true })
  }
})

it('begins anew where a killed process of the same number left half a pack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  try {
    // as in a container, where the host has the same number at each start; which of them the next writer takes nobody knows here
    for (let i = 0; i < 50; i++)
      writeFileSync(join(folder, `adding-${process.pid}-${i}.sqlite.tmp`), 'half a pack, and no database')
    const writer = createDatasetWriter(folder)
    expect(writer.add({ path: '0.jpg', labels: {}, split: 'test', subject: null, unseen: false, bytes: 1, sha256: 'a'.repeat(64) })).toBe(0)
    writer.discard()
  }
  finally {
    rmSync(folder, { recursive: true })
  }
})
