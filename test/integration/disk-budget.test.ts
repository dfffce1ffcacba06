import type { Connection } from '#main/core.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { wordRoom } from '#main/cli/commands/plan.ts'
import { missingRoom } from '#shared/disk-budget.ts'
import { connectCounting, drawPhotographs, smallStudy } from './small-study.ts'

let folder: string
let connection: Connection
/** What the disk says is free. */
let free: number

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  await drawPhotographs(join(folder, 'photographs'))
  connection = await connectCounting(join(folder, 'workspace'), () => free)
})
afterEach(async () => {
  await connection.close()
  rmSync(folder, { recursive: true })
})

const input = () => smallStudy(join(folder, 'photographs'))

it('a study that leaves less than a gigabyte free is told by the plan, refused, and started only on request', async () => {
  const { client } = connection
  free = 1e12
  const { bytes } = await client.call('studies.plan', input())
  expect(bytes).toBeGreaterThan(0)
  free = bytes + 1e9 - 1 // one byte too few
  const plan = await client.call('studies.plan', input())
  expect(plan.freeBytes).toBe(free)
  expect(wordRoom(plan)).toEqual([expect.stringMatching(/^! It will not fit: .* are free on the disk, of which 1\.0 GB stay free; 1 B are missing/)])
  await expect(client.call('studies.run', input())).rejects.toMatchObject({ code: 'disk', message: expect.stringContaining('1 B are missing'), hint: expect.stringContaining('--ignore-disk') })
  expect(await client.call('runs.list', {})).toEqual([])
  expect(await client.call('studies.list')).toEqual([])
  expect(await client.call('studies.run', { ...input(), ignoresDisk: true })).toMatchObject({ queued: plan.toDo })
  await client.call('runs.idle', {})
})

it('one that fits to the byte runs, and then nothing is to do, however full the disk', async () => {
  const { client } = connection
  free = 1e12
  const { bytes } = await client.call('studies.plan', input())
  free = bytes + 1e9
  expect(wordRoom(await client.call('studies.plan', input()))).toEqual([])
  await client.call('studies.run', input())
  await client.call('runs.idle', {})
  free = 0
  expect(await client.call('studies.run', input())).toMatchObject({ queued: 0 })
})

it('room is missing only for what is to do', () => {
  expect(missingRoom({ bytes: 0, freeBytes: 0 })).toBe(0)
  expect(missingRoom({ bytes: 5e9, freeBytes: 2e9 })).toBe(4e9)
  expect(missingRoom({ bytes: 5e9, freeBytes: 6e9 })).toBe(0)
})
