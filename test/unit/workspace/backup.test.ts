import type { Workspace } from '#main/workspace/workspace.ts'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { backUp, backupPath, listBackups } from '#main/workspace/backup.ts'
import { findDamage } from '#main/workspace/integrity.ts'
import { readMigrations, shippedMigrations } from '#main/workspace/migrate.ts'
import { createWorkspace, openReadOnly, openWorkspace } from '#main/workspace/workspace.ts'

let folder: string
let workspace: Workspace
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  workspace = createWorkspace(join(folder, 'workspace'), 'test')
})
afterEach(async () => {
  await workspace.close()
  rmSync(folder, { recursive: true, force: true })
})
function addStudy(name: string) {
  workspace.connection.prepare('insert into studies values (?, ?, \'{}\', 0, 0)').run(name, 'x'.repeat(100_000))
}
function studiesIn(path: string) {
  const copy = new Database(path, { readonly: true })
  try {
    return copy.prepare('select name from studies order by name').pluck().all() as string[]
  }
  finally {
    copy.close()
  }
}

it('copies a database in use: what is written meanwhile does not harm the copy, which is one sound file', async () => {
  for (let i = 0; i < 100; i++)
    addStudy(`before-${i}`)
  const path = join(folder, 'elsewhere', 'copy.sqlite')
  const copying = backUp(workspace.connection, path)
  let written = 0
  const writing = setInterval(() => addStudy(`meanwhile-${written++}`), 1)
  const { bytes } = await copying
  clearInterval(writing)
  expect(written).toBeGreaterThan(0)
  expect(await findDamage(path)).toEqual([])
  expect(studiesIn(path)).toEqual(expect.arrayContaining(['before-0', 'before-99']))
  expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['copy.sqlite'])
  expect(readFileSync(path).length).toBe(bytes)
})

it('never replaces a file', async () => {
  const path = join(folder, 'mine.sqlite')
  writeFileSync(path, 'a letter')
  await expect(backUp(workspace.connection, path)).rejects.toMatchObject({ code: 'conflict', where: path })
  expect(readFileSync(path, 'utf8')).toBe('a letter')
})

it('of a damaged database no copy is kept, and the way on is named', async () => {
  for (let i = 0; i < 20; i++)
    addStudy(`study-${i}`)
  await workspace.close()
  const database = join(folder, 'workspace', 'facet.sqlite')
  const bytes = readFileSync(database)
  writeFileSync(database, bytes.fill(0xAB, bytes.length - 10 * 4096, bytes.length - 4096))
  workspace = openWorkspace(join(folder, 'workspace'), 'test')
  const path = join(folder, 'copy.sqlite')
  await expect(backUp(workspace.connection, path)).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('The database is damaged'),
    hint: expect.stringContaining('facet doctor --fix'),
  })
  expect(readdirSync(folder)).toEqual(['workspace'])
})

it('lists copies newest first, by the time in their names', async () => {
  const { backups } = workspace.paths
  expect(listBackups(backups)).toEqual([])
  const older = backupPath(backups, new Date('2026-01-02T03:04:05Z'))
  const newer = backupPath(backups, new Date('2026-11-02T03:04:05Z'))
  await backUp(workspace.connection, newer)
  await backUp(workspace.connection, older)
  writeFileSync(join(backups, 'notes.txt'), '')
  expect(listBackups(backups)).toEqual([newer, older])
})

/** What an older Facet left: the last of the migrations is not applied. */
async function makeOlder() {
  const { database, root } = workspace.paths
  await workspace.close()
  rmSync(root, { recursive: true })
  mkdirSync(root)
  const older = new Database(database)
  older.exec('create table migrations (name text primary key not null, checksum text not null, applied_at_ms integer not null) strict')
  const shipped = readMigrations(shippedMigrations)
  for (const { name, sql, checksum } of shipped.slice(0, -1)) {
    older.exec(sql)
    older.prepare('insert into migrations values (?, ?, 0)').run(name, checksum)
  }
  older.prepare('insert into studies values (\'old\', \'\', \'{}\', 0, 0)').run()
  older.close()
  return { root, last: shipped.at(-1)!.name }
}

it('a workspace of an older version is brought up to date, told where the copy from before is, and the copy is as it was', async () => {
  const { root, last } = await makeOlder()
  workspace = openWorkspace(root, 'test')
  const [copy] = listBackups(workspace.paths.backups)
  expect(workspace.notes).toEqual([`Applied ${last}.`, `The database as it was before is ${copy}.`])
  expect(await findDamage(copy!)).toEqual([])
  expect(studiesIn(copy!)).toEqual(['old'])
  const before = new Database(copy!, { readonly: true })
  expect(before.prepare('select name from migrations').pluck().all()).not.toContain(last)
  before.close()
})

it('one of an older version that somebody else holds is not read with the wrong questions', async () => {
  const { root, last } = await makeOlder()
  const holder = { pid: 1, started: 'x', host: 'elsewhere', socket: '', since: '', title: 'facet serve' }
  expect(() => openReadOnly(root, holder)).toThrow(`made by an older version of Facet: it has not got ${last} yet`)
})

it('one of a newer version is refused for reading as for writing, and stays as it was', async () => {
  const { root, database, backups } = workspace.paths
  workspace.connection.exec('insert into migrations values (\'2030-01-01-later.sql\', \'x\', 0)')
  const { holder } = workspace
  await workspace.close()
  const bytes = readFileSync(database)
  for (const open of [() => openWorkspace(root, 'test'), () => openReadOnly(root, holder!)])
    expect(open).toThrow(expect.objectContaining({ code: 'conflict', message: 'The workspace was made by a newer version of Facet: it has the migration 2030-01-01-later.sql, which this version does not know.', hint: 'Update Facet, or open another workspace.' }))
  expect(readFileSync(database).equals(bytes)).toBe(true)
  expect(existsSync(backups)).toBe(false)
})
