import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { migrate, readMigrations, shippedMigrations } from '#main/workspace/migrate.ts'

let folder: string
let db: Database.Database
function context() {
  return {
    where: 'facet.sqlite',
    backups: join(folder, 'backups'),
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  mkdirSync(join(folder, 'migrations'))
  db = new Database(join(folder, 'facet.sqlite'))
})
afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true })
})
function ship(name: string, sql: string) {
  writeFileSync(join(folder, 'migrations', name), sql)
  return readMigrations(join(folder, 'migrations'))
}

it('applies the shipped migrations to an empty database, once', () => {
  const shipped = readMigrations(shippedMigrations)
  expect(migrate(db, shipped, context())).toEqual({ applied: shipped.map(({ name }) => name), copy: null })
  expect(migrate(db, shipped, context())).toEqual({ applied: [], copy: null })
})

it('copies the database before it changes an existing one', () => {
  migrate(db, ship('2026-01-01-one.sql', 'create table one (a integer) strict'), context())
  expect(existsSync(join(folder, 'backups'))).toBe(false)
  db.exec('insert into one values (7)')
  const { copy: told } = migrate(db, ship('2026-01-02-two.sql', 'drop table one'), context())
  const [copy] = readdirSync(join(folder, 'backups'))
  expect(told).toBe(join(folder, 'backups', copy!))
  const before = new Database(join(folder, 'backups', copy!), { readonly: true })
  expect(before.prepare('select a from one').pluck().all()).toEqual([7])
  before.close()
})

it('refuses a file that was edited after it had been applied', () => {
  migrate(db, ship('2026-01-01-one.sql', 'create table one (a integer) strict'), context())
  expect(() => migrate(db, ship('2026-01-01-one.sql', 'create table one (b integer) strict'), context())).toThrow(/2026-01-01-one\.sql was changed after it had been applied/)
})

it('refuses a database of a newer version', () => {
  const both = ship('2026-01-01-one.sql', 'create table one (a integer) strict')
  migrate(db, both, context())
  expect(() => migrate(db, [], context())).toThrow(/newer version of Facet: it has the migration 2026-01-01-one\.sql/)
})

it('keeps nothing of a migration that fails, and names it and the copy', () => {
  migrate(db, ship('2026-01-01-one.sql', 'create table one (a integer) strict'), context())
  const bad = ship('2026-01-02-two.sql', 'create table two (a integer) strict; create table one (a integer) strict')
  expect(() => migrate(db, bad, context())).toThrow(expect.objectContaining({
    message: expect.stringContaining('2026-01-02-two.sql failed: table one already exists'),
    hint: expect.stringContaining(join(folder, 'backups')),
  }))
  expect(db.prepare('select name from sqlite_schema where name = \'two\'').all()).toEqual([])
})

it('refuses a file that is no migration by its name', () => {
  expect(() => ship('notes.txt', '')).toThrow(/"notes\.txt" is no migration/)
})

it('keeps every value when curves leave the one table that they were in', () => {
  const shipped = readMigrations(shippedMigrations)
  const split = shipped.findIndex(({ name }) => name.endsWith('-split-curves.sql'))
  migrate(db, shipped.slice(0, split), context())
  const insertRun = db.prepare('insert into runs (key, stage, version, config, inputs, seed, uses_seed, uses_all_cores, label, work_order, state, position, queued_at_ms) values (?, \'distil\', 1, \'{}\', \'{}\', 0, 0, 0, \'\', \'{}\', \'done\', 0, 0)')
  const insertMetric = db.prepare('insert into metrics values (?, ?, ?, ?, ?)')
  db.exec('begin')
  for (const digit of ['a', 'b']) {
    insertRun.run(digit.repeat(64))
    for (const metric of ['loss', 'fold-0/loss']) {
      for (let step = 0; step < 50; step++)
        insertMetric.run(digit.repeat(64), metric, step, Math.random(), 1_795_544_666_851 + step)
    }
  }
  db.exec('commit')
  const read = () => db.prepare('select run, metric, step, value, at_ms from metrics order by run, metric, step').all()
  const before = read()
  expect(before).toHaveLength(200)
  migrate(db, shipped, context())
  expect(read()).toEqual(before)

  db.pragma('foreign_keys = on')
  db.prepare('delete from runs where key = ?').run('a'.repeat(64))
  expect(db.prepare('select count(*) from points').pluck().get()).toBe(100)
})

it('keeps all that refers to runs when their table is made anew for selections, and goes on following it', () => {
  const shipped = readMigrations(shippedMigrations)
  const select = shipped.findIndex(({ name }) => name.endsWith('-select-teachers.sql'))
  db.pragma('foreign_keys = on') // as a workspace has them
  migrate(db, shipped.slice(0, select), context())
  const insertRun = (key: string, stage: string) => db.prepare('insert into runs (key, stage, version, config, inputs, seed, uses_seed, uses_all_cores, label, work_order, state, position, queued_at_ms) values (?, ?, 1, \'{}\', \'{}\', 0, 0, 0, \'one\', \'{}\', \'done\', 0, 0)').run(key, stage)
  const key = 'a'.repeat(64)
  insertRun(key, 'transfer')
  expect(() => insertRun('b'.repeat(64), 'select')).toThrow(/CHECK/)
  db.prepare('insert into evaluations (run, scope, metric, value, count, standard_error, low, high) values (?, \'test\', \'mae\', 7, 10, 1, 6, 8)').run(key)
  db.prepare('insert into run_needs values (?, ?)').run(key, 'c'.repeat(64))

  migrate(db, shipped, context())
  expect(db.prepare('select label, stage from runs').all()).toEqual([{ label: 'one', stage: 'transfer' }])
  insertRun('b'.repeat(64), 'select')
  expect(db.pragma('foreign_keys', { simple: true })).toBe(1)
  const counts = () => ['evaluations', 'run_needs'].map(table => db.prepare(`select count(*) from ${table}`).pluck().get())
  expect(counts()).toEqual([1, 1])
  db.prepare('delete from runs where key = ?').run(key)
  expect(counts()).toEqual([0, 0])
})

it('refuses a migration that leaves rows without what they refer to', () => {
  migrate(db, ship('2026-01-01-one.sql', 'create table parent (id integer primary key) strict; create table child (parent integer references parent (id)) strict; insert into parent values (1); insert into child values (1)'), context())
  expect(() => migrate(db, ship('2026-01-02-two.sql', 'delete from parent'), context())).toThrow(/a row of child refers to none of parent/)
  expect(db.prepare('select count(*) from parent').pluck().get()).toBe(1)
})
