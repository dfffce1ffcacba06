import type { ElectronApplication, Page } from 'playwright-core'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { _electron as electron } from 'playwright-core'
import { describe, vi } from 'vitest'
import { chromiumPath, openBrowser } from './browser.ts'
import { startServer } from './serve.ts'

export const root = join(import.meta.dirname, '../..')
/** The page as people get it; the tests' set-up has built it. */
const pageFolder = join(root, 'out/renderer')

/** How long anything may take on a machine that is busy with other things, which is no failure of the app. */
export const patient = { timeout: 90_000 }

/** Where the page runs: in Electron (the real one where its binary is, else the stand-in), or in a browser at `facet serve`. */
export type Carrier = 'electron' | 'browser'

export interface StartOptions {
  /** Opened at the start; without it the app asks for one. */
  workspace?: string
  /** Folder of settings, to start twice with the same. */
  config?: string
  env?: NodeJS.ProcessEnv
}

/** The app as a person has it in front of them. */
export interface App {
  carrier: Carrier
  page: Page
  config: string
  /** Electron's main process, to answer dialogs and look at menus; null in a browser. */
  electron: ElectronApplication | null
  /** The address with its token; null in Electron. */
  address: string | null
  /** Goes to a screen. */
  go: (route: string) => Promise<void>
  close: () => Promise<void>
}

const binary = process.env.ELECTRON_EXEC_PATH ?? join(root, 'node_modules/electron/dist/electron')
/** Whether the tests drive real Electron. */
export const isRealElectron: boolean = existsSync(binary)

/** Runs the same tests in Electron and in a browser. */
export function describeApp(title: string, tests: (carrier: Carrier) => void): void {
  describe.each<Carrier>(['electron', 'browser'])(`${title} (%s)`, tests)
}

/** Starts the app; where that fails, nothing of it stays. */
export async function startApp(carrier: Carrier, options: StartOptions = {}): Promise<App> {
  const config = options.config ?? mkdtempSync(join(tmpdir(), 'facet-config-'))
  const failures: Error[] = []
  const opened: (() => Promise<unknown>)[] = []
  if (options.config === undefined)
    opened.push(async () => rmSync(config, { recursive: true, force: true }))
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse())
      await close()
  }
  const watch = (page: Page): Page => page.on('pageerror', error => failures.push(error))
  try {
    const app = await (carrier === 'electron' ? startElectron : startInBrowser)(config, options, { opened, watch })
    app.page.setDefaultTimeout(patient.timeout)
    await app.page.locator('header').waitFor()
    // A title says that the first screen stands: a change of the address before that would be overwritten by it.
    await vi.waitFor(async () => {
      if (await app.page.title() === 'Facet')
        throw new Error('No screen stands yet.')
    }, patient)
    return {
      ...app,
      carrier,
      config,
      go: async (route) => {
        await app.page.evaluate((to) => { location.hash = `#${to}` }, route)
      },
      close: async () => {
        await closeAll()
        if (failures.length > 0)
          throw new AggregateError(failures, `The page failed ${failures.length} times: ${failures[0]!.message}`)
      },
    }
  }
  catch (error) {
    await closeAll()
    throw failures.length > 0 ? new AggregateError([error, ...failures], `The app did not start; its page failed: ${failures[0]!.message}`) : error
  }
}

type Started = Pick<App, 'page' | 'electron' | 'address'>

interface Start {
  /** What is to be closed, the last first. */
  opened: (() => Promise<unknown>)[]
  /** Notes the errors of a page. */
  watch: (page: Page) => Page
}

async function startElectron(config: string, { workspace, env }: StartOptions, { opened, watch }: Start): Promise<Started> {
  const app = await electron.launch({
    executablePath: isRealElectron ? binary : join(root, 'test/electron-standin/electron'),
    args: [...isRealElectron ? ['--no-sandbox', `--user-data-dir=${join(config, 'electron')}`] : [], '.'],
    cwd: root,
    env: {
      ...environment(config, env),
      ...workspace && { FACET_WORKSPACE: workspace },
      CHROMIUM: await chromiumPath(),
      STANDIN_DATA: config,
    },
  })
  opened.push(() => app.close())
  app.on('window', watch)
  app.windows().forEach(watch)
  return { page: await app.firstWindow(), electron: app, address: null }
}

async function startInBrowser(config: string, { workspace, env }: StartOptions, { opened, watch }: Start): Promise<Started> {
  const server = await startServer({ pageFolder, workspace, config, env: environment(config, env) })
  opened.push(server.close)
  const browser = await openBrowser()
  opened.push(() => browser.close())
  const page = watch(await browser.newPage({ viewport: { width: 1440, height: 900 } }))
  await page.goto(server.address)
  return { page, electron: null, address: server.address }
}

/** Settings apart from the person's own, and a host that does not outlive the tests for long. */
function environment(config: string, env: NodeJS.ProcessEnv = {}): Record<string, string> {
  const all: NodeJS.ProcessEnv = { ...process.env, FACET_CONFIG: config, FACET_HOST_LINGER_MS: '2000', ...env }
  return Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined))
}
