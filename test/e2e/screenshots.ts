import type { Page } from 'playwright-core'
import type { Client } from '#shared/contract.ts'
import { mkdirSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { connectSocket } from '#main/socket.ts'
import { readHolder } from '#main/workspace/lock.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { ensureBuilt, root } from '../../scripts/app/build.mjs'
import { openBrowser } from './browser.ts'
import { startServer } from './serve.ts'

/**
 * Pictures of every screen, light and dark, for the README: npm run screenshots [-- --workspace DIR] [--only NAME]. They show
 * the demo's drawn faces; a workspace of photographs of people would show those.
 */
interface Shot {
  name: string
  route: string
  /** What to do before the picture. */
  prepare?: (page: Page) => Promise<unknown>
  /** The name of the dialogue that the picture is of. */
  dialogue?: string
}

const { values } = parseArgs({ options: {
  workspace: { type: 'string', default: join(root, 'demo-workspace') },
  only: { type: 'string' },
  out: { type: 'string', default: join(root, 'docs/screenshots') },
} })
const workspace = resolve(values.workspace)

/** The screens, with what the workspace has to show on them. */
async function listShots({ call }: Client): Promise<Shot[]> {
  const [study] = await call('studies.list')
  const [dataset] = await call('datasets.list')
  const runs = await call('runs.list', {})
  const transfers = runs.filter(({ stage, state }) => stage === 'transfer' && state === 'done')
  const task = transfers[0]?.label.split(',')[0] ?? ''
  const compared = transfers.filter(({ label }) => label.startsWith(task)).slice(-4).map(({ key }) => key)
  const run = runs.find(({ stage }) => stage === 'distil') ?? runs[0]
  if (!study || !dataset || !run)
    throw new Error(`${workspace} has no finished study: make the demo's with npm run demo.`)
  const photograph = readdirSync(dataset.root, { recursive: true, encoding: 'utf8' }).find(name => /\.(?:jpg|png)$/.test(name))
  return [
    { name: 'overview', route: '/' },
    { name: 'datasets', route: '/datasets' },
    { name: 'dataset', route: `/datasets/${dataset.name}` },
    { name: 'datasets-add', route: '/datasets?add=', dialogue: 'Add data set' },
    { name: 'teachers', route: '/teachers' },
    { name: 'teachers-add', route: '/teachers?add=', dialogue: 'Add teacher' },
    { name: 'studies', route: '/studies' },
    { name: 'stages', route: `/studies/${study.name}` },
    { name: 'runs', route: '/runs' },
    { name: 'run', route: `/runs/${run.key}` },
    { name: 'compare', route: `/compare?keys=${compared.join(',')}` },
    { name: 'tables', route: `/tables/${study.name}` },
    { name: 'palette', route: '/runs', dialogue: 'Search or run a command', prepare: page => page.keyboard.press('Control+k') },
    {
      name: 'try',
      route: '/try',
      prepare: async (page) => {
        if (photograph)
          await page.locator('input[type=file]').first().setInputFiles(join(dataset.root, photograph))
      },
    },
  ]
}

await ensureBuilt({ node: process.execPath })
const pageFolder = join(root, 'out/renderer')
const server = await startServer({ pageFolder, workspace })
const emptyServer = await startServer({ pageFolder })
const browser = await openBrowser()
try {
  mkdirSync(values.out, { recursive: true })
  const client = await connectSocket(readHolder(workspacePaths(workspace).lock)!.socket)
  const shots = (await listShots(client)).map(shot => ({ ...shot, address: server.address }))
  await client.close()
  const all = [...shots, { name: 'workspace', route: '/', address: emptyServer.address, prepare: undefined, dialogue: undefined }]
  for (const shot of all.filter(({ name }) => values.only === undefined || values.only === name)) {
    for (const theme of ['light', 'dark'] as const)
      await take(shot, theme)
  }
}
finally {
  await browser.close()
  await server.close()
  await emptyServer.close()
}

async function take({ name, route, address, prepare, dialogue }: Shot & { address: string }, theme: 'light' | 'dark'): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: theme, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.on('pageerror', error => console.error(`${name}: ${error.message}`))
  await page.goto(`${address}#${route}`)
  await page.locator('h1').first().waitFor()
  await settled(page)
  await prepare?.(page)
  if (dialogue)
    await page.getByRole('dialog', { name: dialogue }).waitFor()
  await settled(page)
  await page.evaluate(hideMachine, { from: [dirname(workspace), tmpdir(), process.env.HOME ?? '/root'], workspace: basename(workspace) })
  const file = join(values.out, `${name}-${theme}.png`)
  await sharp(await page.screenshot()).png({ palette: true, quality: 90, effort: 8 }).toFile(file)
  console.log(file)
  await context.close()
}

/** Waits until nothing is loading any more, and charts have been drawn. */
async function settled(page: Page): Promise<void> {
  await sleep(1_500)
  await page.waitForFunction(() => !document.querySelector('main [aria-busy=true], main .n-skeleton, [role=dialog] .n-skeleton, .connection > *'), undefined, { timeout: 120_000 })
    .catch((cause) => { throw new Error(`${page.url()} is still loading after two minutes.`, { cause }) })
  await sleep(1_000)
}

/** Runs in the page: a picture need not tell where on whose machine it was taken. */
function hideMachine({ from, workspace }: { from: string[], workspace: string }): void {
  const clean = (text: string): string => from.reduce((now, folder) => now.replaceAll(folder, '/home/you'), text.replaceAll(/\/[\w./-]*(?=\/demo-workspace\b)/g, '/home/you')).replaceAll(workspace, 'demo-workspace')
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode())
    walker.currentNode.nodeValue = clean(walker.currentNode.nodeValue ?? '')
  for (const input of document.querySelectorAll('input'))
    input.value = clean(input.value)
}
