import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root } from './harness.ts'
import { holderOf, temporaryWorkspace, terminal } from './workspaces.ts'

let workspace: ReturnType<typeof temporaryWorkspace>
let started: ChildProcess | undefined
beforeEach(async () => {
  workspace = temporaryWorkspace()
  await terminal(workspace.folder, 'init')
})
afterEach(async () => {
  if (started?.exitCode === null && started.signalCode === null) {
    started.kill('SIGTERM') // passed on to what it started: a kill would leave that holding the workspace
    await once(started, 'exit')
  }
  started = undefined
  await workspace.remove()
})

/** Starts a script of package.json as npm does, where Electron is not to be had and no display is there. */
async function launch(script: string, address: RegExp) {
  const child = spawn(process.execPath, [join(root, 'scripts', script), '--workspace', workspace.folder], {
    cwd: workspace.base,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FACET_ELECTRON: join(workspace.base, 'no-electron'), FACET_CONFIG: workspace.base, FACET_HOST_LINGER_MS: '1000', FACET_WORKSPACE: undefined, DISPLAY: undefined, WAYLAND_DISPLAY: undefined },
  })
  started = child
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => { said.stdout += stripVTControlCharacters(String(chunk)) }) // Vite paints the address where a CI variable is set
  child.stderr.on('data', (chunk) => { said.stderr += String(chunk) })
  await expect.poll(() => address.exec(said.stdout)?.[0] ?? (child.exitCode === null ? '' : `ended: ${said.stderr}`), { timeout: 120_000, interval: 100 }).toMatch(address)
  return { child, said, address: address.exec(said.stdout)![0] }
}

/** Ends it as Ctrl-C does; the exit code, and whether anything still answers at the address. */
async function end(child: ChildProcess, address: string): Promise<{ code: number | null, answers: boolean }> {
  child.kill('SIGINT')
  const [code] = await once(child, 'exit') as [number | null]
  return { code, answers: await fetch(address).then(() => true, () => false) }
}

describe('npm start without Electron', () => {
  it('says why in one sentence, serves the app at the address that it prints, and ends with Ctrl-C', async () => {
    const { child, said, address } = await launch('start.mjs', /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/)
    expect(said.stderr.split('\n')).toContain(`facet: no window of its own, as FACET_ELECTRON names no file (${join(workspace.base, 'no-electron')}): the same app is served to your browser at this address (Ctrl-C ends it).`)
    // the token is changed for a cookie, with which the page is there; without either it is not
    const first = await fetch(address, { redirect: 'manual' })
    const cookie = first.headers.get('set-cookie')!.split(';')[0]!
    const page = await fetch(new URL('/', address), { headers: { cookie } })
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>Facet</title>')])
    expect((await fetch(new URL('/', address))).status).toBe(401)
    expect((await fetch(address)).status).toBe(401) // fetch keeps no cookies: a browser does
    expect(holderOf(workspace.folder)).toBeTypeOf('number')
    expect(await end(child, address)).toEqual({ code: 0, answers: false })
  })
})

describe('npm run dev without Electron', () => {
  it('serves the page with hot reload in front of the app, and ends with Ctrl-C', async () => {
    const { child, said, address } = await launch('dev.mjs', /http:\/\/127\.0\.0\.1:\d+\//)
    expect(said.stderr).toContain('facet: hot reload in your browser, as FACET_ELECTRON names no file')
    const page = await fetch(address)
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('/@vite/client')])
    expect((await fetch(new URL('/main.ts', address))).status).toBe(200)
    expect(holderOf(workspace.folder)).toBeTypeOf('number')
    expect(await end(child, address)).toEqual({ code: 0, answers: false })
  })
})
