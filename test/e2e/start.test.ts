import type { App } from './harness.ts'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeApp, patient, startApp } from './harness.ts'
import { holderOf, temporaryWorkspace, terminal } from './workspaces.ts'

describeApp('start', (carrier) => {
  let app: App | undefined
  let workspace: ReturnType<typeof temporaryWorkspace>
  beforeEach(() => { workspace = temporaryWorkspace() })
  afterEach(async () => {
    await app?.close()
    app = undefined
    await workspace.remove()
  })

  it('asks for a workspace at the first start, makes it, and opens it again at the next', async () => {
    const config = join(workspace.base, 'config')
    mkdirSync(config)
    app = await startApp(carrier, { config })
    await app.page.getByRole('heading', { name: 'Workspace', exact: true }).waitFor()
    await choosePath(app, 'New workspace elsewhere…', workspace.base, 'workspace')
    await app.page.getByRole('heading', { name: 'New workspace' }).waitFor()
    await app.page.locator('footer').getByText(workspace.folder).waitFor() // asked again when the page hears of the new workspace
    expect(existsSync(join(workspace.folder, 'facet.sqlite'))).toBe(true)
    await app.close()

    app = await startApp(carrier, { config })
    await app.page.getByRole('heading', { name: 'New workspace' }).waitFor()
    await app.page.locator('footer').getByText(workspace.folder).waitFor()
  })

  it('says why a workspace cannot be opened, and offers another', async () => {
    app = await startApp(carrier, { workspace: join(workspace.base, 'gone') })
    await app.page.getByText('There is no Facet workspace here.').first().waitFor()
    await app.page.getByRole('button', { name: /New workspace in/ }).waitFor()
  })

  it('reaches every screen from the menu and by its shortcut', async () => {
    await terminal(workspace.folder, 'init')
    app = await startApp(carrier, { workspace: workspace.folder })
    await app.page.getByRole('heading', { name: 'New workspace' }).waitFor()
    for (const [digit, title] of [[2, 'Data sets'], [3, 'Teachers'], [4, 'Studies'], [5, 'Runs'], [6, 'Compare'], [7, 'Tables'], [8, 'Try']] as const) {
      await app.page.keyboard.press(`Alt+${digit}`)
      await expect.poll(() => app!.page.title(), patient).toContain(title)
      await app.page.locator('h1').first().waitFor()
    }
    await app.page.keyboard.press('Control+k')
    await app.page.keyboard.type('overview')
    await app.page.keyboard.press('Enter')
    await expect.poll(() => app!.page.title(), patient).toContain('Overview')
  })

  it('loses a killed host, says so, and is right again without a reload', async () => {
    await terminal(workspace.folder, 'init')
    app = await startApp(carrier, { workspace: workspace.folder })
    await app.page.getByRole('heading', { name: 'New workspace' }).waitFor()
    await recordConnection(app)
    const killed = holderOf(workspace.folder)
    expect(killed).toBeTypeOf('number')
    process.kill(killed!, 'SIGKILL')
    await expect.poll(() => told(app!), patient).toMatch(/host does not answer.*Connected again/s)
    expect(holderOf(workspace.folder)).toBeTypeOf('number')
    expect(holderOf(workspace.folder)).not.toBe(killed)
    await app.go('/runs')
    await app.page.getByText('No runs yet').waitFor()
    expect(await told(app)).not.toBe('') // the same document all the time
  })

  it('says that a host ended during a call, and shows the answer of the next one without a reload', async () => {
    await terminal(workspace.folder, 'init')
    app = await startApp(carrier, { workspace: workspace.folder })
    await app.page.getByRole('heading', { name: 'New workspace' }).waitFor()
    await recordConnection(app)
    const host = holderOf(workspace.folder)!
    process.kill(host, 'SIGSTOP') // it takes the call, and never answers
    await app.go('/runs')
    await app.page.locator('main .n-skeleton, main [aria-busy=true]').first().waitFor()
    process.kill(host, 'SIGKILL')
    await expect.poll(() => told(app!), patient).toMatch(/host does not answer.*Connected again/s)
    await app.page.getByText('No runs yet').waitFor()
    expect(await app.page.locator('main [role=alert]').count()).toBe(0)
    expect(holderOf(workspace.folder)).not.toBe(host)
  })
})

/** Keeps what the bar of the connection says, which may be there for a moment only. */
async function recordConnection({ page }: App): Promise<void> {
  await page.evaluate(() => {
    const bar = document.querySelector('.connection')!
    const said: string[] = []
    Object.assign(globalThis, { said })
    new MutationObserver(() => said.push(bar.textContent)).observe(bar, { childList: true, subtree: true, characterData: true })
  })
}
function told({ page }: App): Promise<string> {
  return page.evaluate(() => ((globalThis as any).said as string[]).join('\n'))
}

/** Answers the dialog for a folder: the system's in Electron, the page's in a browser. */
async function choosePath({ electron, page }: App, button: string, parent: string, name: string): Promise<void> {
  if (electron) {
    await electron.evaluate(({ dialog }, path) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] })
    }, join(parent, name))
    await page.getByRole('button', { name: button }).click()
    return
  }
  await page.getByRole('button', { name: button }).click()
  const path = page.getByLabel('Path of the folder')
  await path.fill(parent)
  await path.press('Enter')
  await page.getByLabel(`What is in ${parent}`).waitFor()
  await page.getByLabel(/New folder in it/).fill(name)
  await page.getByRole('button', { name: 'Take this folder' }).click()
}
