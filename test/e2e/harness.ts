import type { Browser, ElectronApplication, Page } from 'playwright-core'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { _electron as electron } from 'playwright-core'
import { describe } from 'vitest'
import { chromiumPath, openBrowser } from './browser.ts'
import { buildPage } from './page.ts'
import { startServer } from './serve.ts'

export const root = join(import.meta.dirname, '../..')

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

/** Starts the app. */
export async function startApp(carrier: Carrier, options: StartOptions = {}): Promise<App> {
  const config = options.config ?? mkdtempSync(join(tmpdir(), 'facet-config-'))
  const app = carrier === 'electron'
    ? await startElectron(config, options)
    : await startInBrowser(config, options)
  const failures: Error[] = []
  app.page.on('pageerror', error => failures.push(error))
  app.page.setDefaultTimeout(90_000) // a busy machine is no failure of the app
  await app.page.locator('header').waitFor()
  return {
    ...app,
    go: async (route) => {
      await app.page.evaluate((to) => { location.hash = `#${to}` }, route)
    },
    close: async () => {
      await app.close()
      if (options.config === undefined)
        rmSync(config, { recursive: true, force: true })
      if (failures.length > 0)
        throw new AggregateError(failures, `The page failed ${failures.length} times: ${failures[0]!.message}`)
    },
  }
}

type Started = Omit<App, 'go'>

async function startElectron(config: string, { workspace, env }: StartOptions): Promise<Started> {
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
  return {
    carrier: 'electron',
    page: await app.firstWindow(),
    config,
    electron: app,
    address: null,
    close: () => app.close(),
  }
}

async function startInBrowser(config: string, { workspace, env }: StartOptions): Promise<Started> {
  const server = await startServer({ pageFolder: await buildPage(), workspace, config, env: environment(config, env) })
  const browser: Browser = await openBrowser()
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(server.address)
  return {
    carrier: 'browser',
    page,
    config,
    electron: null,
    address: server.address,
    close: async () => {
      await browser.close()
      await server.close()
    },
  }
}

/** Settings apart from the person's own, and a host that does not outlive the tests for long. */
function environment(config: string, env: NodeJS.ProcessEnv = {}): Record<string, string> {
  const all: NodeJS.ProcessEnv = { ...process.env, FACET_CONFIG: config, FACET_HOST_LINGER_MS: '2000', ...env }
  return Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined))
}
