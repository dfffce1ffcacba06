import type { App } from './harness.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeApp, isRealElectron, startApp } from './harness.ts'
import { startCountingRun, stateOfRun, temporaryWorkspace, terminal } from './workspaces.ts'

let app: App | undefined
let workspace: ReturnType<typeof temporaryWorkspace>
beforeEach(() => { workspace = temporaryWorkspace() })
afterEach(async () => {
  await app?.close()
  app = undefined
  await workspace.remove()
})

/** What a machine that is busy with other things adds to any two answers of a page. */
async function delayOfMachine({ page }: App): Promise<number> {
  const before = performance.now()
  for (let i = 0; i < 20; i++)
    await page.evaluate(() => 0)
  return performance.now() - before
}

describeApp('a page', (carrier) => {
  it('has no Node, runs no inline script, reaches nothing remote', async () => {
    app = await startApp(carrier)
    await app.page.locator('header').waitFor()
    expect(await app.page.evaluate(() => ['require', 'process', 'module', 'Buffer', 'standinPost', 'ipcRenderer'].filter(name => name in globalThis))).toEqual([])
    const ran = await app.page.evaluate(async () => {
      const script = document.createElement('script')
      script.textContent = 'window.ranInline = true'
      document.body.append(script)
      const image = document.createElement('img')
      image.setAttribute('onerror', 'window.ranHandler = true')
      image.src = 'data:image/png;base64,broken'
      document.body.append(image)
      const remote = document.createElement('script')
      remote.src = 'https://example.org/x.js'
      document.body.append(remote)
      await new Promise(resolve => setTimeout(resolve, 300))
      const isFetched = await fetch('https://example.org/').then(() => true, () => false)
      const isEvaluated = ((): boolean => {
        try {
          // eslint-disable-next-line no-new-func -- the attack
          return Boolean(new Function('return true')())
        }
        catch {
          return false
        }
      })()
      return { inline: 'ranInline' in window, handler: 'ranHandler' in window, isFetched, isEvaluated }
    })
    expect(ran).toEqual({ inline: false, handler: false, isFetched: false, isEvaluated: false })
  })

  it('stays styled under its policy', async () => {
    app = await startApp(carrier)
    const button = app.page.getByRole('button', { name: /New workspace in/ })
    await button.waitFor()
    // Naive UI's rules arrive in <style> elements: without them a button has the browser's own border.
    expect(await button.evaluate(element => getComputedStyle(element).borderRadius)).toBe('3px')
  })

  it('shows what a terminal changes within a second', async () => {
    await startCountingRun(workspace.folder, { name: 'counting', steps: 4000, stepMs: 100 }) // longer than a busy machine needs to get here; it is stopped
    app = await startApp(carrier, { workspace: workspace.folder })
    await app.go('/runs')
    const state = app.page.locator('main').getByText(/^(?:running|pausing|paused)$/).first()
    await expect.poll(() => state.innerText(), { timeout: 90_000 }).toBe('running')
    const key = await app.page.locator('main').getByText(/^[0-9a-f]{8}$/).first().innerText()
    await terminal(workspace.folder, 'stop', key)
    await expect.poll(() => app!.page.locator('main').innerText(), { timeout: 1_000 + await delayOfMachine(app), interval: 50 }).toMatch(/stopped|cancelled/)
  })

  it('is closed during a run, which goes on, and opened again', async () => {
    await startCountingRun(workspace.folder, { name: 'counting', steps: 400, stepMs: 100 })
    app = await startApp(carrier, { workspace: workspace.folder })
    await app.go('/runs')
    await app.page.locator('main').getByText(/^running$/).first().waitFor()
    await app.close()
    await new Promise(resolve => setTimeout(resolve, 4_000)) // longer than the host lingers for nothing
    expect(await stateOfRun(workspace.folder)).toBe('running')

    app = await startApp(carrier, { workspace: workspace.folder })
    await app.go('/runs')
    await app.page.locator('main').getByText(/^done$/).first().waitFor({ timeout: 120_000 })
  })
})

describe('electron', () => {
  it('lets the page open nothing and go nowhere', async () => {
    app = await startApp('electron')
    const { page, electron } = app
    await page.locator('header').waitFor()
    const before = page.url()
    await page.evaluate(() => {
      window.open('file:///etc/passwd')
      window.open('https://example.org/')
    })
    await page.evaluate(() => { location.href = 'file:///etc/passwd' })
    await page.evaluate(() => { location.href = 'https://evil.example/' })
    await new Promise(resolve => setTimeout(resolve, 500))
    expect(page.url()).toBe(before)
    expect(await electron!.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
    if (!isRealElectron)
      expect(await electron!.evaluate(({ shell }) => (shell as any).opened)).toEqual(['https://example.org/'])
  })

  it.skipIf(isRealElectron)('denies permissions, answers strangers nothing', async () => {
    app = await startApp('electron')
    await app.page.locator('header').waitFor()
    const answers = await app.electron!.evaluate(async ({ session, ipcMain, BrowserWindow }) => {
      const { permissionRequestHandler, permissionCheckHandler, devicePermissionHandler } = session.defaultSession as any
      const asked = await Promise.all(['media', 'geolocation', 'notifications', 'clipboard-read'].map(one => new Promise(resolve => permissionRequestHandler(null, one, resolve))))
      const window = BrowserWindow.getAllWindows()[0]!
      const call = (ipcMain as any).handlers.get('facet:call')
      const desktop = (ipcMain as any).handlers.get('facet:desktop')
      const url = window.webContents.getURL()
      return {
        asked,
        checked: permissionCheckHandler(null, 'media'),
        device: devicePermissionHandler({}),
        framed: await call({ sender: window.webContents, senderFrame: { url, parent: {} } }, 'app.info'),
        elsewhere: await call({ sender: window.webContents, senderFrame: { url: 'https://evil.example/' } }, 'app.info'),
        otherWindow: await call({ sender: {}, senderFrame: { url } }, 'app.info'),
        inherited: await desktop({ sender: window.webContents, senderFrame: { url } }, 'constructor', {}),
        opened: await desktop({ sender: window.webContents, senderFrame: { url } }, 'openExternal', { url: 'file:///etc/passwd' }),
        path: await desktop({ sender: window.webContents, senderFrame: { url } }, 'saveFile', { name: '../x', content: { kind: 'text', text: '' } }),
        shown: (window as any).options.webPreferences,
      }
    })
    expect(answers).toMatchObject({ asked: [false, false, false, false], checked: false, device: false, shown: { sandbox: true, contextIsolation: true, nodeIntegration: false } })
    for (const name of ['framed', 'elsewhere', 'otherWindow', 'inherited', 'opened', 'path'] as const)
      expect(answers[name], name).toMatchObject({ ok: false, problem: { code: 'usage' } })
  })

  it('does what its menu says', async () => {
    await terminal(workspace.folder, 'init')
    app = await startApp('electron', { workspace: workspace.folder })
    await app.page.getByRole('heading', { name: 'New workspace' }).waitFor()
    const click = (id: string): Promise<void> => app!.electron!.evaluate(({ Menu, BrowserWindow }, wanted) => {
      Menu.getApplicationMenu()!.getMenuItemById(wanted)!.click(undefined, BrowserWindow.getAllWindows()[0])
    }, id)
    await click('go:/runs')
    await app.page.getByText('No runs yet').waitFor()
    await click('palette')
    await app.page.getByRole('dialog').waitFor()
    await app.page.keyboard.press('Escape')
    await click('open-workspace')
    await app.page.getByRole('heading', { name: 'Workspace', exact: true }).waitFor()
  })

  it('remembers where its window was, and opens one only', async () => {
    const config = join(workspace.base, 'config')
    app = await startApp('electron', { config })
    await app.page.locator('header').waitFor()
    await app.electron!.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setBounds({ x: 40, y: 50, width: 1111, height: 777 }))
    await expect.poll(() => JSON.parse(readFileSync(join(config, 'app.json'), 'utf8')).window, { timeout: 5_000 }).toMatchObject({ x: 40, y: 50, width: 1111, height: 777 })
    await app.close()
    app = await startApp('electron', { config })
    await app.page.locator('header').waitFor()
    expect(await app.electron!.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.getBounds())).toEqual({ x: 40, y: 50, width: 1111, height: 777 })
    await expect(startApp('electron', { config })).rejects.toThrow()
  })

  it('shows progress in the task bar and tells of a run that ended', async () => {
    await startCountingRun(workspace.folder, { name: 'counting', steps: 150, stepMs: 100 })
    app = await startApp('electron', { workspace: workspace.folder })
    await app.page.locator('header').waitFor()
    const progress = (): Promise<number> => app!.electron!.evaluate(({ BrowserWindow }) => (BrowserWindow.getAllWindows()[0] as any).progress?.progress)
    if (!isRealElectron)
      await expect.poll(progress, { timeout: 30_000 }).toBeGreaterThan(0)
    await app.page.getByRole('button', { name: /Notifications, 1 unread/ }).waitFor({ timeout: 60_000 })
    if (!isRealElectron)
      expect(await progress()).toBe(-1)
  })
})
