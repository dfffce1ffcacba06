import type { Connection } from '#main/core.ts'
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connect } from '#main/core.ts'
import { methods } from '#shared/contract.ts'

let folder: string
let connection: Connection
const photographs = () => join(folder, 'photographs')
const workspace = () => join(folder, 'workspace')

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  for (const [name, background] of [
    ['cats/a.png', 'red'],
    ['cats/b.png', 'blue'],
    ['dogs/c.png', 'green'],
    ['dogs/d.png', 'gray'],
  ] as const) {
    mkdirSync(join(photographs(), name, '..'), { recursive: true })
    await sharp({
      create: {
        width: 20,
        height: 20,
        channels: 3,
        background,
      },
    }).png().toFile(join(photographs(), name))
  }
  writeFileSync(join(photographs(), 'cats/broken.png'), 'no image')
  connection = await connect(workspace(), { title: 'test', create: true })
})
afterEach(async () => {
  await connection.close()
  rmSync(folder, { recursive: true })
})

it('a data set is added with its rejected files, listed, shown and removed', async () => {
  const { client } = connection
  const added = await client.call('datasets.add', {
    path: photographs(),
    name: 'pets',
    format: 'folders',
  })
  expect(added).toMatchObject({
    name: 'pets',
    format: 'folders',
    summary: { samples: 4, rejected: 1 },
  })
  expect(await client.call('datasets.list')).toEqual([added])
  const shown = await client.call('datasets.get', { name: 'pets' })
  expect(shown.samples.map(({ path }) => path)).toEqual([
    'cats/a.png',
    'cats/b.png',
    'dogs/c.png',
    'dogs/d.png',
  ])
  expect(shown.rejected).toMatchObject([
    { path: 'cats/broken.png' },
  ])
  await expect(client.call('datasets.get', { name: 'pest' })).rejects.toMatchObject({
    code: 'not-found',
    hint: expect.stringContaining('"pets"'),
  })
  await client.call('datasets.remove', { name: 'pets' })
  expect(await client.call('datasets.list')).toEqual([])
})

it('a folder is read again only when a name, size, time or option changed', async () => {
  const { client } = connection
  let reads = 0
  client.on('datasets.progress', () => reads++)
  const add = () => client.call('datasets.add', {
    path: photographs(),
    name: 'pets',
    format: 'folders',
  })
  const first = await add()
  const readOnce = reads
  expect(readOnce).toBeGreaterThan(0)
  expect(await add()).toEqual(first)
  expect(reads).toBe(readOnce)
  utimesSync(join(photographs(), 'cats/a.png'), 5, 5)
  expect((await add()).fingerprint).toBe(first.fingerprint)
  expect(reads).toBeGreaterThan(readOnce)
  await sharp({
    create: {
      width: 21,
      height: 20,
      channels: 3,
      background: 'red',
    },
  }).png().toFile(join(photographs(), 'cats/a.png'))
  expect((await add()).fingerprint).not.toBe(first.fingerprint)
})

it('gc lists and removes what nothing refers to, and nothing else', async () => {
  const { client } = connection
  const { fingerprint } = await client.call('datasets.add', {
    path: photographs(),
    name: 'pets',
    format: 'folders',
  })
  const kept = join(workspace(), 'artefacts/datasets', `${fingerprint}.sqlite`)
  const stray = join(workspace(), 'artefacts/models', 'f'.repeat(64))
  mkdirSync(stray)
  writeFileSync(join(stray, 'tensors.safetensors'), 'x'.repeat(100))
  expect(await client.call('gc.preview')).toEqual({
    items: [
      { path: stray, bytes: 100, why: 'no study refers to it' },
    ],
    bytes: 100,
    runs: 0,
  })
  expect(existsSync(stray)).toBe(true)
  await client.call('gc.run')
  expect([
    existsSync(stray),
    existsSync(kept),
  ]).toEqual([false, true])
  await client.call('datasets.remove', { name: 'pets' })
  expect((await client.call('gc.run')).items).toMatchObject([
    { path: kept },
  ])
  expect(existsSync(kept)).toBe(false)
})

it('gc empties the trash of doctor, and forgets the checksums of what it removes', async () => {
  const { client } = connection
  const aside = join(workspace(), 'trash', '2026-01-01')
  mkdirSync(aside, { recursive: true })
  writeFileSync(join(aside, 'facet.sqlite'), 'damaged')
  const stray = `artefacts/models/${'f'.repeat(64)}`
  mkdirSync(join(workspace(), stray))
  const database = new Database(join(workspace(), 'facet.sqlite'))
  database.prepare('insert into sealed_files values (?, \'tensors.safetensors\', 1, ?)').run(stray, 'a'.repeat(64))
  const { items } = await client.call('gc.run')
  expect(items).toEqual([
    { path: join(workspace(), stray), bytes: 0, why: 'no study refers to it' },
    { path: aside, bytes: 7, why: 'facet doctor --fix has set it aside' },
  ])
  expect(items.filter(({ path }) => existsSync(path))).toEqual([])
  expect(database.prepare('select count(*) from sealed_files').pluck().get()).toBe(0)
  database.close()
})

it('gc waits for data sets that are being read', async () => {
  const { client } = connection
  const adding = client.call('datasets.add', { path: photographs(), name: 'pets', format: 'folders' })
  await expect(client.call('gc.run')).rejects.toMatchObject({
    code: 'conflict',
    where: photographs(),
    hint: 'Run facet gc again when it is done.',
  })
  const { fingerprint } = await adding
  expect((await client.call('gc.run')).items).toEqual([])
  expect(existsSync(join(workspace(), 'artefacts/datasets', `${fingerprint}.sqlite`))).toBe(true)
})

it('every method of the contract has somebody who answers it', () => {
  expect(Object.keys(methods).filter(name => !Object.hasOwn(connection.dispatching!.handlers, name))).toEqual([])
})

it('refuses a folder that holds something else, and one that is no workspace', async () => {
  await expect(connect(photographs(), { title: 'test', create: true })).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('is no workspace'),
  })
  await expect(connect(join(folder, 'none'), { title: 'test' })).rejects.toMatchObject({
    code: 'not-found',
    hint: expect.stringContaining('facet init'),
  })
})

it('says whether the database is sound', async () => {
  expect(await connection.client.call('workspace.check')).toEqual({ ok: true, problems: [] })
})
