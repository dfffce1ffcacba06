import type { ChildProcess } from 'node:child_process'
import type { HostLink } from '#main/host-link.ts'
import type { Connection } from '#shared/bridge.ts'
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { connect } from '#main/core.ts'
import { openHostLink } from '#main/host-link.ts'
import { temporaryFolder } from './workspace-fixture.ts'

const cli = resolve(import.meta.dirname, '../../src/main/cli.ts')
let root: string
let remove: () => void
let host: ChildProcess
let link: HostLink | undefined

beforeEach(async () => {
  ({ folder: root, remove } = temporaryFolder())
  host = fork(join(import.meta.dirname, 'host.ts'), [root])
  await once(host, 'message')
})
afterEach(async () => {
  link?.close()
  host.kill('SIGKILL')
  await once(host, 'exit')
  remove()
})

async function facet(...args: string[]): Promise<{ code: number | null, out: string, err: string }> {
  const child = spawn(process.execPath, [cli, ...args, '--workspace', root])
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number | null]>])
  return { code, out, err }
}

it('commands that read show what is on the disk and say who hangs, those that change something are refused', async () => {
  host.kill('SIGSTOP')
  const { code, out, err } = await facet('runs')
  expect({ code, out }).toEqual({ code: 0, out: 'No such run.\n' })
  expect(err).toContain(`The workspace is held by test host (process ${host.pid} on `)
  expect(err).toContain('It does not answer: what is on the disk is shown, and nothing can be changed.')
  expect(await facet('resume', '--all')).toMatchObject({ code: 1, err: expect.stringContaining('reading is possible meanwhile') })
}, 60_000)

it('a terminal whose host hangs later reads for itself within seconds', async () => {
  const said: string[] = []
  const { role, client, close } = await connect(root, { title: 'guest', onReadOnly: sentence => said.push(sentence) })
  try {
    expect(role).toBe('guest')
    host.kill('SIGSTOP')
    const idle = client.call('runs.idle') // waits for the host and may have been heard: not asked again
    await expect(idle).rejects.toMatchObject({ code: 'interrupted', message: 'The holder of the workspace is there and has not answered for 10 s.', hint: expect.stringContaining('Reading is possible all the same') })
    expect(await client.call('runs.list')).toEqual([])
    expect(said).toEqual([expect.stringContaining('held by test host')])
    await expect(client.call('gc.run')).rejects.toMatchObject({ code: 'conflict' })
  }
  finally {
    await close()
  }
}, 60_000)

it('a window says that its host hangs, and is right again when it comes back', async () => {
  link = await openHostLink(root)
  const states: Connection[] = []
  link.onState(state => states.push(state))
  host.kill('SIGSTOP')
  await vi.waitFor(() => expect(states).toEqual(['lost']), { timeout: 20_000 })
  expect(await link.ask('runs.list', {})).toMatchObject({ ok: false, problem: { message: expect.stringContaining('has not answered') } })
  host.kill('SIGCONT')
  await vi.waitFor(() => expect(states).toEqual(['lost', 'open']), { timeout: 20_000 })
}, 60_000)
