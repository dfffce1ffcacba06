import type { App } from './harness.ts'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectSocket } from '#main/socket.ts'
import { readHolder } from '#main/workspace/lock.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { putStudy } from '#main/workspace/studies.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { drawUtk } from '../unit/handlers/data-fixture.ts'
import { openBrowser } from './browser.ts'
import { describeApp, patient, root, startApp } from './harness.ts'
import { cellKey, studiesWorkspace } from './studies-workspace.ts'
import { terminal } from './workspaces.ts'

/** Texts of strangers that would be elements if a screen took them for HTML, one for each place, so that it is known which one was. */
const picture = (place: string): string => `<img src=x onerror=globalThis.ran='${place}'>`
const script = (place: string): string => `<script>globalThis.ran='${place}'</script>`

/** A workspace in which every text that comes from outside is one of those. */
async function hostileWorkspace(): Promise<string> {
  const folder = await studiesWorkspace({
    classes: [picture('class'), script('class')],
    pathOf: i => `${picture('file')} ${i}.jpg`,
    licence: script('licence'),
    label: picture('label'),
    comment: script('comment'),
    failure: `${picture('failure')} ${script('failure')}`,
  })
  const workspace = createWorkspace(folder, 'test')
  await putStudy(workspace.db, { name: picture('study'), recipe: `study: sample # ${script('study')}\n`, detail: {} }, Date.now() + 1)
  await workspace.close()
  const photos = await drawUtk(join(dirname(folder), picture('folder')), 4)
  const names = ['20_0_0_20170109150557500.jpg', '21_1_1_20170109150557501.jpg', '22_0_2_20170109150557502.jpg', '23_1_3_20170109150557503.jpg']
  writeFileSync(join(photos, `${picture('rejected')}.jpg`), '')
  writeFileSync(join(photos, 'labels.csv'), [`path,${picture('column')}`, ...names.map((name, i) => `${name},${[picture('category'), script('category')][i % 2]}`), `${picture('rejected')}.jpg,${script('category')}`, ''].join('\n'))
  await terminal(folder, 'dataset', 'add', photos, '--name', 'wild', '--format', 'csv')
  const teacher = join(folder, 'teachers', 'wild')
  mkdirSync(teacher, { recursive: true })
  const manifest = readFileSync(join(root, 'resources/teachers/faceres.yaml'), 'utf8')
  const replaced = { name: 'wild', title: picture('title'), knowledge: script('knowledge'), licence: picture('teacher licence'), trainedOn: [script('training data')], paper: picture('paper') }
  writeFileSync(join(teacher, 'wild.yaml'), Object.entries(replaced).reduce((text, [key, value]) => text.replace(new RegExp(`^${key}: .*$`, 'm'), () => `${key}: ${JSON.stringify(value)}`), manifest))
  return folder
}

/** What a page made of those texts: which script ran, and elements that came of them. */
async function taken(page: App['page']): Promise<{ ran: unknown, elements: string[] }> {
  return page.evaluate(() => ({
    ran: (globalThis as { ran?: unknown }).ran ?? null,
    elements: [...document.querySelectorAll('[onerror], img[src="x"], script')].map(element => element.outerHTML).filter(html => html.includes('globalThis.ran') || html.includes('onerror')),
  }))
}

/** Everything that a page says: its text, and what its elements tell in attributes. */
async function said(page: App['page']): Promise<string> {
  return page.evaluate(() => [document.title, document.body.textContent, ...[...document.querySelectorAll<HTMLElement>('[title], [alt], [aria-label], input')].flatMap(element => [element.title, element.getAttribute('alt'), element.getAttribute('aria-label'), element instanceof HTMLInputElement ? element.value : null])].join('\n'))
}

/** The screens, with the texts of others that stand on each. */
const screens: [string, string[]][] = [
  ['/', [picture('label'), picture('study')]],
  ['/datasets', [picture('column')]],
  ['/datasets/wild', [picture('folder'), picture('category'), script('category')]],
  ['/datasets/wild?tab=rejected', [`${picture('rejected')}.jpg`]],
  ['/teachers?teacher=wild', [picture('title'), script('knowledge'), picture('teacher licence'), script('training data'), picture('paper')]],
  ['/studies', [picture('study')]],
  ['/studies/sample', [script('comment')]],
  ['/runs', [picture('label')]],
  [`/runs/${cellKey('student', 0)}`, [picture('label'), picture('failure'), script('failure')]],
  [`/compare?keys=${cellKey('pca', 0)},${cellKey('ae', 0)}&kind=first-wrong`, [picture('label'), picture('file'), picture('class'), script('class')]],
  ['/tables/sample/target', [picture('failure'), script('failure')]],
  // What only the address says.
  [`/datasets/${encodeURIComponent(picture('address'))}`, [picture('address')]],
  [`/studies/${encodeURIComponent(picture('address'))}`, [picture('address')]],
]

describeApp('texts of others are texts', (carrier) => {
  let app: App
  let workspace: string
  const requests: string[] = []
  beforeAll(async () => {
    workspace = await hostileWorkspace()
    app = await startApp(carrier, { workspace })
    app.page.on('request', request => requests.push(new URL(request.url()).pathname))
  })
  afterAll(async () => {
    await app?.close()
    rmSync(dirname(workspace), { recursive: true, force: true })
  })

  it.each(screens)('on %s', async (route, texts) => {
    await app.go(route)
    for (const text of texts)
      await expect.poll(() => said(app.page), { ...patient, message: `${text} on ${route}` }).toContain(text)
    expect(await taken(app.page)).toEqual({ ran: null, elements: [] })
    expect(requests.filter(path => path.endsWith('/x'))).toEqual([])
  })

  it('and nothing of them ran later', async () => {
    expect(await taken(app.page)).toEqual({ ran: null, elements: [] })
  })

  it('in a report', async () => {
    const client = await connectSocket(readHolder(workspacePaths(workspace).lock)!.socket)
    const { path } = await client.call('tables.report', { study: 'sample' })
    await client.close()
    const browser = await openBrowser()
    try {
      const page = await browser.newPage()
      await page.goto(pathToFileURL(path).href)
      for (const text of [picture('label'), script('comment'), picture('failure'), script('failure')])
        expect(await page.locator('body').textContent()).toContain(text)
      expect(await taken(page)).toEqual({ ran: null, elements: [] })
      // What is looked for is seen where there is something to see; a page of its own, since a report forbids scripts.
      const open = await browser.newPage()
      await open.setContent(picture('proof'))
      await expect.poll(() => taken(open), patient).toMatchObject({ ran: 'proof', elements: [expect.stringContaining('onerror')] })
    }
    finally {
      await browser.close()
    }
  })
})
