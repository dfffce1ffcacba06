import type { Place } from './place.ts'
import { join } from 'node:path'
import { BrowserWindow, screen } from 'electron'
import { readRemembered, remember } from '../front/recent.ts'
import { appRoot, packageRoot } from '../node-binary.ts'
import { pagePreferences } from '../security/electron-rules.ts'
import { hardenContents } from './harden.ts'
import { choosePlace, smallest } from './place.ts'

/** Opens the window where the last one was left. `prepare` gets it before its page loads and asks for anything. */
export async function openMainWindow(pageUrl: string, prepare: (window: BrowserWindow) => void): Promise<BrowserWindow> {
  const place = choosePlace(readRemembered().window, screen.getAllDisplays().map(({ workArea }) => workArea))
  const { isMaximized, ...bounds } = place
  const window = new BrowserWindow({
    ...bounds,
    minWidth: smallest.width,
    minHeight: smallest.height,
    show: false,
    title: 'Facet',
    icon: join(packageRoot, 'resources/icon.png'),
    backgroundColor: '#f4f5f7',
    webPreferences: { ...pagePreferences, preload: join(appRoot, 'out/preload/index.cjs') },
  })
  if (isMaximized)
    window.maximize()
  window.once('ready-to-show', () => window.show())
  hardenContents(window.webContents, pageUrl)
  rememberPlace(window)
  prepare(window)
  await window.loadURL(pageUrl)
  return window
}

/** Remembers size and place as they change, not only at the end: a window may be killed. */
function rememberPlace(window: BrowserWindow): void {
  let timer: NodeJS.Timeout | undefined
  const write = (): void => {
    if (window.isDestroyed())
      return
    const place: Place = { ...window.getNormalBounds(), isMaximized: window.isMaximized() }
    remember(() => ({ window: place }))
  }
  const soon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(write, 500)
  }
  window.on('resize', soon)
  window.on('move', soon)
  window.on('maximize', soon)
  window.on('unmaximize', soon)
  window.on('close', () => {
    clearTimeout(timer)
    write()
  })
  window.on('closed', () => clearTimeout(timer))
}
