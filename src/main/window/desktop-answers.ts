import type { BrowserWindow } from 'electron'
import type { z } from 'zod'
import type { DesktopCall, desktopCalls, DesktopResult, FileFilter, MenuCommand } from '#shared/desktop.ts'
import { Buffer } from 'node:buffer'
import { writeFile } from 'node:fs/promises'
import { app, dialog, nativeTheme, Notification, shell } from 'electron'
import { FacetError } from '#shared/errors.ts'
import { remember } from '../front/recent.ts'
import { isOpenOutside } from '../security/electron-rules.ts'

type Answers = { [C in DesktopCall]: (input: z.output<(typeof desktopCalls)[C]['input']>) => Promise<DesktopResult<C>> | DesktopResult<C> }

/** What the page asks of the desktop, answered by Electron. `tell` speaks to the page. */
export function desktopAnswers(window: BrowserWindow, tell: (command: MenuCommand) => void): Answers {
  return {
    pickFolder: async ({ title, startAt, mayCreate }) => firstOf(await dialog.showOpenDialog(window, {
      title,
      defaultPath: startAt,
      properties: ['openDirectory', ...mayCreate ? ['createDirectory' as const] : []],
    })),
    pickFile: async ({ title, startAt, filters }) => firstOf(await dialog.showOpenDialog(window, {
      title,
      defaultPath: startAt,
      filters: withAll(filters),
      properties: ['openFile'],
    })),
    saveFile: async ({ name, content, filters }) => {
      const { canceled, filePath } = await dialog.showSaveDialog(window, { defaultPath: name, filters: withAll(filters) })
      if (canceled || !filePath)
        return null
      await writeFile(filePath, content.kind === 'text' ? content.text : Buffer.from(content.base64, 'base64')).catch((error: NodeJS.ErrnoException) => {
        throw new FacetError('disk', `The file could not be written (${error.code}).`, { where: filePath, hint: 'Choose another folder, or free some space.' })
      })
      return filePath
    },
    notify: ({ title, body, route }) => {
      if (!Notification.isSupported())
        return null
      const notification = new Notification({ title, body })
      notification.on('click', () => {
        reveal(window)
        if (route)
          tell({ kind: 'route', route })
      })
      notification.show()
      return null
    },
    setProgress: ({ fraction, hasFailed }) => {
      window.setProgressBar(fraction ?? -1, { mode: hasFailed ? 'error' : 'normal' })
      return null
    },
    setBadge: ({ count }) => {
      app.setBadgeCount(count)
      return null
    },
    setTheme: ({ mode }) => {
      nativeTheme.themeSource = mode
      remember(() => ({ theme: mode }))
      return null
    },
    openExternal: async ({ url }) => {
      if (!isOpenOutside(url))
        throw new FacetError('usage', 'Only https addresses are opened in the browser.', { where: url })
      await shell.openExternal(url)
      return null
    },
  }
}

/** Brings a window to the front. */
export function reveal(window: BrowserWindow): void {
  if (window.isMinimized())
    window.restore()
  window.show()
  window.focus()
}

function firstOf({ canceled, filePaths }: { canceled: boolean, filePaths: string[] }): string | null {
  return canceled
    ? null
    : filePaths[0] ?? null
}

function withAll(filters: FileFilter[]): FileFilter[] {
  return filters.length === 0
    ? []
    : [...filters, { name: 'All files', extensions: ['*'] }]
}
