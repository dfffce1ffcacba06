import type { HostLink } from '#main/host-link.ts'
import type { Connection } from '#shared/bridge.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createFront } from '#main/front/front.ts'
import { openHostLink } from '#main/host-link.ts'
import { readHolder } from '#main/workspace/lock.ts'
import { workspacePaths } from '#main/workspace/paths.ts'

let base: string
let folder: string
const host = { env: { ...process.env, FACET_HOST_LINGER_MS: '300' } }
const links: HostLink[] = []

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'facet-link-'))
  folder = join(base, 'workspace')
})
afterEach(async () => {
  links.splice(0).forEach(link => link.close())
  await vi.waitFor(() => expect(holder()).toBeNull(), { timeout: 20_000 })
  rmSync(base, { recursive: true })
})

function holder(): number | null {
  return readHolder(workspacePaths(folder).lock)?.pid ?? null
}

async function open(create = false): Promise<HostLink> {
  const link = await openHostLink(folder, { create, host })
  links.push(link)
  return link
}

it('makes a workspace, holds it in a process of its own, and lets it go when nobody is left', async () => {
  const link = await open(true)
  expect(await link.ask('workspace.info', undefined)).toMatchObject({ ok: true, value: { root: folder, mayWrite: true, runs: {} } })
  expect(holder()).not.toBe(process.pid)
  link.close()
  await vi.waitFor(() => expect(holder()).toBeNull(), { timeout: 20_000 })
})

it('shares one holder between windows', async () => {
  const first = await open(true)
  const pid = holder()
  const second = await open()
  expect(holder()).toBe(pid)
  expect(await second.ask('app.info', undefined)).toEqual(await first.ask('app.info', undefined))
})

it('says why a folder cannot be opened', async () => {
  await expect(open()).rejects.toMatchObject({ code: 'not-found' })
  writeFileSync(folder, 'a file')
  await expect(open(true)).rejects.toMatchObject({ code: 'bad-input', message: 'This is a file, and a workspace is a folder.' })
})

it('loses a killed host and is right again by itself', async () => {
  const link = await open(true)
  const states: Connection[] = []
  link.onState(state => states.push(state))
  const killed = holder()!
  process.kill(killed, 'SIGKILL')
  await vi.waitFor(() => expect(states).toEqual(['lost', 'open']), { timeout: 20_000 })
  expect(holder()).not.toBe(killed)
  expect(await link.ask('workspace.info', undefined)).toMatchObject({ ok: true })
})

it('answers calls with a problem while the host is away, and hangs none', async () => {
  const link = await open(true)
  process.kill(holder()!, 'SIGKILL')
  await vi.waitFor(() => expect(link.state()).toBe('lost'), { timeout: 5_000, interval: 1 })
  expect(await link.ask('runs.list', {})).toMatchObject({ ok: false, problem: { code: 'interrupted' } })
  await vi.waitFor(() => expect(link.state()).toBe('open'), { timeout: 20_000 })
})

it('shows pages another workspace as a connection that was lost and is back', async () => {
  const front = createFront({ settings: join(base, 'app.json'), host })
  const states: Connection[] = []
  front.onState(state => states.push(state))
  expect(await front.dispatch('front.openWorkspace', { path: folder, create: true })).toEqual({ ok: true, value: { path: folder, name: 'workspace' } })
  await vi.waitFor(() => expect(states).toEqual(['lost', 'open']))
  expect(await front.dispatch('workspace.info', undefined)).toMatchObject({ ok: true, value: { root: folder } })
  expect(await front.dispatch('front.openWorkspace', { path: join(base, 'nothing') })).toMatchObject({ ok: false, problem: { code: 'not-found' } })
  expect(front.current()).toBe(folder)
  front.close()
})

it('waits for the workspace of the start, and says why it could not be opened', async () => {
  const front = createFront({ first: join(base, 'nothing'), settings: join(base, 'app.json'), host })
  expect(front.state()).toBe('connecting')
  expect(await front.dispatch('front.workspaces', {})).toMatchObject({ ok: true, value: { current: null, problem: { code: 'not-found' } } })
  expect(front.state()).toBe('open')
})
