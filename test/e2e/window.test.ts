import type { AddressInfo } from 'node:net'
import type { App } from './harness.ts'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { securityHeaders } from '#main/security/csp.ts'
import { describeApp, isRealElectron, patient, startApp } from './harness.ts'
import { startCountingRun, stateOfRun, stopRun, temporaryWorkspace, terminal } from './workspaces.ts'

/** How the list shows a run at work: by its word, or by its share and time left once these are known. */
const atWork = /^running$|^\d+ %/

let app: App | undefined
let workspace: ReturnType<typeof temporaryWorkspace>
beforeEach(() => { workspace = temporaryWorkspace() })
afterEach(async () => {
  await app?.close()
  app = undefined
  await workspace.remove()
})

/** A server beside the app's own, that lets every page in; `asked` is what came to it. */
async function startNeighbour(): Promise<{ origin: string, asked: string[], close: () => Promise<unknown> }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url!)
    response.writeHead(200, { 'access-control-allow-origin': '*', 'content-type': 'text/javascript' }).end('window.ranRemote = true')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

describeApp('a page', (carrier) => {
  it('has no Node, runs no inline script, reaches nothing remote', async () => {
    app = await startApp(carrier)
    await app.page.locator('header').waitFor()
    expect(await app.page.evaluate(() => ['require', 'process', 'module', 'Buffer', 'standinPost', 'ipcRenderer'].filter(name => name in globalThis))).toEqual([])
    const neighbour = await startNeighbour()
    onTestFinished(async () => { await neighbour.close() })
    expect(await (await fetch(`${neighbour.origin}/works`)).text()).toContain('ranRemote')
    const { refused, ...ran } = await app.page.evaluate(async (neighbour) => {
      const script = document.createElement('script')
      script.textContent = 'window.ranInline = true'
      document.body.append(script)
      const image = document.createElement('img')
      image.setAttribute('onerror', 'window.ranHandler = true')
      image.src = 'data:image/png;base64,broken'
      document.body.append(image)
      const refused: string[] = []
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => refused.push(`${effectiveDirective} ${blockedURI}`))
      const remote = document.createElement('script')
      remote.src = `${neighbour}/script.js`
      const hasFailed = new Promise<boolean>((resolve) => {
        remote.onload = () => resolve(false)
        remote.onerror = () => resolve(true)
      })
      document.body.append(remote)
      const isFetched = await fetch(`${neighbour}/data`).then(() => true, () => false)
      const isLoaded = !await hasFailed
      await new Promise(resolve => setTimeout(resolve, 300))
      const isEvaluated = ((): boolean => {
        try {
          // eslint-disable-next-line no-new-func -- the attack
          return Boolean(new Function('return true')())
        }
        catch {
          return false
        }
      })()
      return { inline: 'ranInline' in window, handler: 'ranHandler' in window, remote: 'ranRemote' in window, isLoaded, isFetched, isEvaluated, refused }
    }, neighbour.origin)
    expect(ran).toEqual({ inline: false, handler: false, remote: false, isLoaded: false, isFetched: false, isEvaluated: false })
    expect(refused).toContain(`script-src-elem ${neighbour.origin}/script.js`)
    expect(refused).toContain(`connect-src ${neighbour.origin}/data`)
    expect(neighbour.asked).toEqual(['/works'])
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
    const main = app.page.locator('main')
    await main.getByText(atWork).first().waitFor()
    await app.page.evaluate(() => {
      const shown = document.querySelector('main')!
      new MutationObserver((_changes, observer) => {
        if (!/stopped|cancelled/.test(shown.innerText))
          return
        Object.assign(globalThis, { shownAtMs: Date.now() })
        observer.disconnect()
      }).observe(shown, { childList: true, subtree: true, characterData: true, attributes: true })
    })
    const answeredAtMs = await stopRun(workspace.folder)
    await expect.poll(() => app!.page.evaluate(() => 'shownAtMs' in globalThis), patient).toBe(true)
    const shownAtMs = await app.page.evaluate(() => (globalThis as unknown as { shownAtMs: number }).shownAtMs)
    expect(shownAtMs - answeredAtMs).toBeLessThan(1_000)
  })

  it('is closed during a run, which goes on, and opened again', async () => {
    await startCountingRun(workspace.folder, { name: 'counting', steps: 4000, stepMs: 100 })
    app = await startApp(carrier, { workspace: workspace.folder })
    await app.go('/runs')
    await app.page.locator('main').getByText(atWork).first().waitFor()
    await app.close()
    await new Promise(resolve => setTimeout(resolve, 4_000)) // longer than the host lingers for nothing
    expect(await stateOfRun(workspace.folder)).toBe('running')

    app = await startApp(carrier, { workspace: workspace.folder })
    await app.go('/runs')
    const main = app.page.locator('main')
    await main.getByText(atWork).first().waitFor()
    await stopRun(workspace.folder)
    await main.getByText(/^(?:stopped|cancelled)$/).first().waitFor()
  })
})

describe('electron', () => {
  it('gives the page an address of its own, behind which lies its folder alone', async () => {
    app = await startApp('electron')
    await app.page.locator('header').waitFor()
    const url = await app.electron!.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.getURL())
    expect(url.split('#')[0]).toBe('facet://app/index.html')
    const got = await app.page.evaluate(async () => {
      const page = await fetch('index.html')
      const outside = await Promise.all(['..%2f..%2fpackage.json', '..%2fmain%2findex.js', '/etc/passwd'].map(async path => (await fetch(path)).status))
      return { isSecureContext, status: page.status, policy: page.headers.get('content-security-policy'), outside }
    })
    expect(got).toEqual({ isSecureContext: true, status: 200, policy: securityHeaders['content-security-policy'], outside: [404, 404, 404] })
  })

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
    await expect.poll(() => JSON.parse(readFileSync(join(config, 'app.json'), 'utf8')).window, patient).toMatchObject({ x: 40, y: 50, width: 1111, height: 777 })
    await app.close()
    app = await startApp('electron', { config })
    await app.page.locator('header').waitFor()
    expect(await app.electron!.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.getBounds())).toEqual({ x: 40, y: 50, width: 1111, height: 777 })
    await expect(startApp('electron', { config })).rejects.toThrow(/exitCode=0/)
  })

  it('shows progress in the task bar and tells of a run that ended', async () => {
    await startCountingRun(workspace.folder, { name: 'counting', steps: 400, stepMs: 100 }) // ends by itself: a run that somebody stopped is no news
    app = await startApp('electron', { workspace: workspace.folder })
    await app.page.locator('header').waitFor()
    const progress = (): Promise<number> => app!.electron!.evaluate(({ BrowserWindow }) => (BrowserWindow.getAllWindows()[0] as any).progress?.progress)
    if (!isRealElectron)
      await expect.poll(progress, patient).toBeGreaterThan(0)
    await app.page.getByRole('button', { name: /Notifications, 1 unread/ }).waitFor({ timeout: 120_000 })
    if (!isRealElectron)
      await expect.poll(progress, patient).toBe(-1)
  })
})
