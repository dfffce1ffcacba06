import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openArchive } from '#main/archive/unpack.ts'
import { connect } from '#main/core.ts'
import { checkWorkspace } from '#main/doctor/workspace.ts'
import { findDamage } from '#main/workspace/integrity.ts'
import { connectCounting, drawPhotographs, smallStudy } from '../integration/small-study.ts'
import { until } from './workspace-fixture.ts'

/** Backup, export and import, their host killed with SIGKILL or the disk full while they work. */
let made: string
let folder: string
const origin = () => join(made, 'origin')

beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'facet-test-'))
  await drawPhotographs(join(made, 'photographs'))
  const { client, close } = await connectCounting(origin())
  await client.call('studies.run', smallStudy(join(made, 'photographs')))
  await client.call('runs.idle', { study: 'pets' })
  // Large enough that a moment within is hit.
  for (const { key } of await client.call('runs.list', {}))
    writeFileSync(join(origin(), 'runs', key, 'log.txt'), Buffer.alloc(8 << 20, key))
  mkdirSync(join(made, 'archives'))
  await client.call('studies.exportArchive', { name: 'pets', path: join(made, 'archives', 'pets.tar') })
  await close()
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
afterAll(() => rmSync(made, { recursive: true, force: true }))

/** Starts a host that does `kind` and kills it `afterMs` after its first file in `into` was whole, or after it began to unpack. */
async function killed(kind: string, root: string, into: string, afterMs: number) {
  const child = fork(join(import.meta.dirname, 'care-child.ts'), [kind, root, into])
  const exit = once(child, 'exit')
  await Promise.race([once(child, 'message'), exit])
  if (kind === 'import')
    await until(() => readdirSync(root).some(name => name.startsWith('import-')), 'it unpacks')
  else
    await until(() => readdirSync(into).some(name => name.startsWith(`${child.pid}-`) && /\.(?:sqlite|tar)$/.test(name)), 'its first file is whole')
  await sleep(afterMs)
  child.kill('SIGKILL')
  expect(await exit).toEqual([null, 'SIGKILL'])
}
const moments = [3, 15, 40, 90, 180]

it('a backup is whole or not there', async () => {
  for (const afterMs of moments)
    await killed('backup', origin(), folder, afterMs)
  const copies = readdirSync(folder).filter(name => name.endsWith('.sqlite'))
  for (const name of copies)
    expect(await findDamage(join(folder, name))).toEqual([])
  expect(copies.length).toBeGreaterThanOrEqual(moments.length)
  expect(await findDamage(join(origin(), 'facet.sqlite'))).toEqual([])
})

it('an archive is whole or not there', async () => {
  for (const afterMs of moments)
    await killed('export', origin(), folder, afterMs)
  const archives = readdirSync(folder).filter(name => name.endsWith('.tar'))
  expect(archives.length).toBeGreaterThanOrEqual(moments.length)
  for (const name of archives) {
    const archive = await openArchive(join(folder, name), join(folder, `${name}-files`))
    await archive.unpack()
    await archive.close()
  }
})

it('an export that does not fit on the disk says so, leaves nothing, and its host goes on', () => {
  const path = join(folder, 'pets.tar')
  // 4 MB for each file that the host writes: its database has less, the archive more. bash counts in 1024 bytes.
  const said = execFileSync('bash', ['-c', 'ulimit -f 4096 && exec "$@"', 'bash', process.execPath, join(import.meta.dirname, 'full-disk-child.ts'), origin(), path], { encoding: 'utf8' })
  expect(JSON.parse(said)).toEqual({
    problem: { code: 'disk', message: 'The archive could not be written (EFBIG: file too large, write).', where: path, hint: 'Choose another folder, or free some space.' },
    studies: ['pets'],
  })
  expect(readdirSync(folder)).toEqual([])
})

it('of an import the study is whole or not there, each run too, what it leaves is set aside by doctor, and it can be made again', async () => {
  let halfway = 0
  for (const afterMs of [...moments, 300, 600]) {
    const root = join(folder, `workspace-${afterMs}`)
    await killed('import', root, join(made, 'archives'), afterMs)
    halfway += readdirSync(root).filter(name => name.startsWith('import-')).length
    const { client, close } = await connect(root, { title: 'test' })
    const runs = await client.call('runs.list', {})
    const studies = await client.call('studies.list')
    if (studies.some(({ hasRun }) => hasRun))
      expect(runs).toHaveLength(4)
    expect(runs.every(({ state }) => state === 'done')).toBe(true)
    await client.call('workspace.repair')
    expect((await checkWorkspace(root, { isThorough: true })).filter(({ verdict }) => verdict === 'problem' || verdict === 'warning')).toEqual([])
    const again = await client.call('studies.importArchive', { path: join(made, 'archives', 'pets.tar') })
    expect(again.known).toBe(runs.length)
    expect(again.runs + again.known).toBe(4)
    expect((await client.call('studies.get', { name: 'pets' })).runs).toHaveLength(4)
    await close()
  }
  expect(halfway).toBeGreaterThan(0)
})
