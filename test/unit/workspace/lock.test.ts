import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { acquireLock, readHolder, socketPath } from '#main/workspace/lock.ts'

let folder: string
const path = () => join(folder, 'facet.lock')
const take = (title: string) => acquireLock(path(), { socket: 'x', title })

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'facet-test-')) })
afterEach(() => rmSync(folder, { recursive: true }))

it('is held once, by a process that is named, and free again after release', () => {
  const lock = take('facet run')
  expect(() => take('facet serve')).toThrow(`The workspace is held by facet run (process ${process.pid}`)
  expect(readHolder(path())).toMatchObject({ pid: process.pid, title: 'facet run' })
  lock.release()
  lock.release()
  expect(readHolder(path())).toBeNull()
  take('facet serve').release()
  expect(readdirSync(folder)).toEqual([])
})

it('is taken from a process that is gone, even where its id was given to another one', () => {
  const dead = {
    pid: process.pid,
    started: 'another boot',
    host: hostname(),
    socket: 'x',
    since: '',
    title: 'killed',
  }
  writeFileSync(path(), JSON.stringify(dead))
  expect(readHolder(path())).toBeNull()
  take('next').release()
})

it('is taken where the file is broken', () => {
  writeFileSync(path(), '{"pid": 1')
  take('next').release()
})

it('is not taken from a process of another machine, which cannot be looked at', () => {
  writeFileSync(path(), JSON.stringify({
    pid: 1,
    started: 'x',
    host: 'elsewhere',
    socket: 'x',
    since: '',
    title: 'facet serve',
  }))
  expect(() => take('next')).toThrow(expect.objectContaining({
    message: expect.stringContaining('held by facet serve (process 1 on elsewhere'),
    hint: expect.stringContaining(`Only when nothing of Facet runs on elsewhere any more, remove ${path()}.`),
  }))
})

it('puts the socket where its path is short enough for the system', () => {
  expect(socketPath('/home/ann/faces/facet.sock')).toBe('/home/ann/faces/facet.sock')
  const long = `/${'deep/'.repeat(30)}facet.sock`
  expect(socketPath(long).length).toBeLessThan(100)
  expect(socketPath(long)).toBe(socketPath(long))
  expect(socketPath(`${long}2`)).not.toBe(socketPath(long))
})
