import type { BrowserWindow } from 'electron'
import type { Front } from './front/front.ts'
import type { PageChannel } from './window/ipc.ts'
import { join } from 'node:path'
import process from 'node:process'
import { app, dialog, nativeTheme, session } from 'electron'
import { toProblem, wordProblem } from '#shared/errors.ts'
import { createFront } from './front/front.ts'
import { listRecent, readRemembered } from './front/recent.ts'
import { appRoot } from './node-binary.ts'
import { ownPageUrl } from './security/page-answers.ts'
import { reveal } from './window/desktop-answers.ts'
import { hardenSession } from './window/harden.ts'
import { connectPage } from './window/ipc.ts'
import { openMainWindow } from './window/main-window.ts'
import { setMenu } from './window/menu.ts'
import { registerPageScheme, servePage } from './window/page-protocol.ts'

/** Electron's main process: one window on the front. It holds no workspace and computes nothing; the host process does. */
let front: Front | undefined
let window: BrowserWindow | null = null
let channel: PageChannel | null = null

/** The built page, or the development server that npm run dev names. */
function pageUrl(): string {
  const development = process.env.ELECTRON_RENDERER_URL
  return development && !app.isPackaged
    ? development
    : ownPageUrl
}

/** The workspace to begin with: named, or the last one that is still there; without one the page asks. */
function firstWorkspace(): string | null {
  return process.env.FACET_WORKSPACE || (listRecent().find(({ isThere }) => isThere)?.path ?? null)
}

async function start(): Promise<void> {
  hardenSession(session.defaultSession)
  servePage(session.defaultSession, join(appRoot, 'out/renderer'))
  nativeTheme.themeSource = readRemembered().theme
  setMenu(command => channel?.tell(command))
  front = createFront({ first: firstWorkspace() })
  await openWindow()
}

async function openWindow(): Promise<void> {
  window = await openMainWindow(pageUrl(), (opened) => {
    channel = connectPage(opened, front!, pageUrl())
  })
  window.on('closed', () => {
    channel?.close()
    channel = null
    window = null
  })
}

registerPageScheme()
if (app.requestSingleInstanceLock()) {
  app.on('second-instance', () => {
    if (window)
      reveal(window)
  })
  app.on('window-all-closed', () => app.quit())
  app.on('will-quit', () => front?.close())
  app.whenReady().then(start).catch((error) => {
    console.error(error)
    dialog.showErrorBox('Facet cannot start', wordProblem(toProblem(error)))
    app.exit(1)
  })
}
else {
  app.quit()
}
