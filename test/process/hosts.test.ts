import type { ChildProcess } from 'node:child_process'
import type { Connection } from '#main/core.ts'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { followOn } from '#main/cli/follow.ts'
import { createTerminal } from '#main/cli/terminal.ts'
import { connect } from '#main/core.ts'
import { readHolder } from '#main/workspace/lock.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { putPlannedRun } from '#main/workspace/runs.ts'
import { setStudyRuns } from '#main/workspace/studies.ts'
import { combine } from '#shared/stages/combine.ts'
import { openHost, plan, temporaryFolder, until } from './workspace-fixture.ts'

let root: string
let remove: () => void
const children: ChildProcess[] = []
const connections: Connection[] = []

beforeEach(() => {
  ({ folder: root, remove } = temporaryFolder())
})
afterEach(async () => {
  for (const connection of connections.splice(0))
    await connection.close()
  for (const child of children.splice(0)) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null)
      await once(child, 'exit')
  }
  remove()
})
async function startHost() {
  const child = fork(join(import.meta.dirname, 'host.ts'), [root])
  children.push(child)
  expect((await once(child, 'message'))[0]).toEqual({ role: 'host' })
  return child
}
async function attach(title = 'second terminal') {
  const connection = await connect(root, { title })
  connections.push(connection)
  return connection
}

it('a second terminal attaches to the first and sees the same; strangers cannot reach the socket', async () => {
  const child = await startHost()
  const second = await attach()
  expect(second.role).toBe('guest')
  expect(await second.client.call('app.info')).toMatchObject({ pid: child.pid })
  expect(await second.client.call('workspace.info')).toMatchObject({
    root,
    mayWrite: true,
    holder: { title: 'test host', pid: child.pid },
  })
  expect(statSync(workspacePaths(root).socket).mode & 0o777).toBe(0o600)
})

it('where set-up does not answer for the GPU that is there, the workspace is not opened and nobody holds it', async () => {
  const tools = temporaryFolder()
  onTestFinished(tools.remove)
  writeFileSync(join(tools.folder, 'nvidia-smi'), '#!/bin/sh\necho "GPU-1f0e9a52-0001, Tesla T4, 570.86.15, 15360, 0, 0, 41"\n', { mode: 0o755 })
  vi.stubEnv('PATH', `${tools.folder}:${process.env.PATH}`)
  vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined)
  vi.stubEnv('FACET_ENGINE', 'abacus')
  onTestFinished(() => void vi.unstubAllEnvs())
  await expect(connect(root, { title: 'test', create: true })).rejects.toMatchObject({ code: 'engine', message: expect.stringContaining('FACET_ENGINE is "abacus"') })
  expect(readHolder(workspacePaths(root).lock)).toBeNull()
  vi.unstubAllEnvs()
  const connection = await connect(root, { title: 'test', create: true })
  connections.push(connection)
  expect(connection.role).toBe('host')
})

it('errors cross the socket as they were thrown', async () => {
  await startHost()
  const { client } = await attach()
  await expect(client.call('runs.get', { key: 'abcd' })).rejects.toMatchObject({
    name: 'FacetError',
    code: 'not-found',
    message: 'There is no run abcd.',
    hint: 'facet runs lists them.',
  })
  await expect(client.call('runs.get', { key: 'no key' })).rejects.toMatchObject({ code: 'usage' })
  await expect(client.call('runs.gett' as 'runs.get', { key: 'abcd' })).rejects.toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('"runs.get"'),
  })
})

it('when the holder does not answer, the second is told who it is and may only read', async () => {
  const child = await startHost()
  child.kill('SIGSTOP')
  const reader = await attach()
  expect(reader.role).toBe('reader')
  expect(await reader.client.call('runs.list', {})).toEqual([])
  await expect(reader.client.call('gc.run')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(`test host (process ${child.pid}`),
  })
}, 30_000)

it('a killed host leaves a workspace that the next one simply opens', async () => {
  const child = await startHost()
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(readHolder(workspacePaths(root).lock)).toBeNull()
  expect((await attach()).role).toBe('host')
})

it('of two that open at once one becomes the host and the other its guest', async () => {
  await (await openHost(root)).close()
  const roles = (await Promise.all([
    attach('a'),
    attach('b'),
  ])).map(({ role }) => role)
  expect(roles.sort()).toEqual(['guest', 'host'])
})

it('a workspace in a folder too deep for a socket is attached to all the same', async () => {
  root = join(root, 'deep'.repeat(30))
  mkdirSync(root)
  await startHost()
  expect((await attach()).role).toBe('guest')
})

it('guests hear what happens to runs', async () => {
  const host = await connect(root, {
    title: 'host',
    create: true,
    cores: 2,
    worker: {
      entry: join(import.meta.dirname, 'stages-worker.ts'),
    },
  })
  connections.push(host)
  await host.close()
  connections.pop()
  const { workspace, runner, close } = await openHost(root)
  onTestFinished(close)
  await runner.enqueue('study', [
    plan(root, 'failing', { behaviour: 2 }),
  ])
  await runner.idle('study')
  await close()
  expect(workspace.lock).not.toBeNull()
  await startHost()
  const { client } = await attach()
  const states: string[] = []
  client.on('run.changed', run => states.push(run.state))
  const [run] = await client.call('runs.list', { study: 'study' })
  await client.call('runs.resume', {
    key: run!.key.slice(0, 8),
  })
  const { counts, open } = await client.call('runs.idle', { study: 'study' })
  expect(counts).toEqual({ failed: 1 })
  expect(open[0]!.reason!.message).toBe('The photographs are gone.')
  await until(() => states.at(-1) === 'failed', 'the events arrive')
  expect(states).toEqual(['queued', 'running', 'failed'])
  expect((await client.call('runs.logs', { key: run!.key })).text).toContain('The photographs are gone.')
  expect((await client.call('runs.get', { key: run!.key })).moves.map(({ to }) => to)).toEqual([
    'running',
    'failed',
    'queued',
    'running',
    'failed',
  ])
})

it('resuming everything takes up what studies ask for and tells what it left out; gc forgets that', async () => {
  const { workspace, runner, close } = await openHost(root)
  onTestFinished(close)
  const current = plan(root, 'current')
  const old = plan(root, 'old')
  const replaced = plan(root, 'replaced')
  await workspace.db.transaction().execute(async (trx) => {
    for (const [position, run] of [current, old, replaced].entries())
      await putPlannedRun(trx, run, { position, now: 0 })
    await setStudyRuns(trx, 'study', [current.key, old.key])
    await trx.updateTable('runs').set({ version: 0 }).where('key', '=', old.key).execute()
  })
  await expect(runner.resume(old.key)).rejects.toThrow(`Run "old" cannot go on: it was planned for version 0 of combine, this is version ${combine.version}; running its study again plans it anew.`)
  await close()
  const host = await connect(root, {
    title: 'host',
    worker: {
      entry: join(import.meta.dirname, 'stages-worker.ts'),
    },
  })
  connections.push(host)
  const { client } = host
  const { resumed, leftOut } = await client.call('runs.resume', { all: true })
  expect(resumed).toEqual([])
  expect(leftOut.map(({ label, why }) => [label, why])).toEqual([
    ['old', expect.stringContaining('version 0 of combine')],
    ['replaced', 'no study refers to it any more; facet gc removes it'],
  ])
  const { counts, open } = await client.call('runs.idle')
  expect(counts).toEqual({ done: 1, queued: 2 })
  expect(open).toEqual([])
  expect(await client.call('gc.run')).toMatchObject({ items: [], runs: 1 })
  expect((await client.call('runs.list')).map(({ label }) => label)).toEqual(['current', 'old'])
})

it('a guest whose host ends takes its place: what changes nothing is asked again, and it hears of runs as before', async () => {
  const { runner, close } = await openHost(root)
  onTestFinished(close)
  const failing = plan(root, 'failing', { behaviour: 2 })
  await runner.enqueue('study', [failing])
  await runner.idle('study')
  await close()
  const child = await startHost()
  const { client } = await attach()
  const states: string[] = []
  client.on('run.changed', run => states.push(run.state))
  const waiting = client.call('runs.list')
  child.kill('SIGKILL')
  expect((await waiting).map(({ label }) => label)).toEqual(['failing'])
  expect(await client.call('app.info')).toMatchObject({ pid: process.pid })
  await client.call('runs.stop', { key: failing.key })
  expect(states).toEqual(['cancelled'])
  await client.close()
  expect(readHolder(workspacePaths(root).lock)).toBeNull()
})

it('who follows runs through a host that ends goes on by itself', async () => {
  const { workspace, close } = await openHost(root)
  onTestFinished(close)
  const run = plan(root, 'followed', { steps: 40, stepMs: 25 })
  await workspace.db.transaction().execute(async (trx) => {
    await putPlannedRun(trx, run, { position: 0, now: 0 })
    await setStudyRuns(trx, 'study', [run.key])
  })
  await close()
  const child = await startHost()
  const { client } = await attach()
  await client.call('runs.resume', { key: run.key })
  let asked = 0
  const notes: string[] = []
  const followed = followOn(client, { study: 'study', terminal: { ...createTerminal({ isJson: true }), note: text => void notes.push(text) } }, async () => {
    asked++
  })
  await until(async () => (await client.call('runs.get', { key: run.key })).progress, 'it is at work')
  child.kill('SIGKILL')
  expect(await followed).toMatchObject({ left: false, idle: { counts: { done: 1 }, open: [] } })
  expect(asked).toBe(1)
  expect(notes).toEqual(['The process that held the workspace has ended; this one goes on.'])
}, 30_000)
