import type { MenuItemConstructorOptions } from 'electron'
import type { MenuCommand } from '#shared/desktop.ts'
import process from 'node:process'
import { Menu } from 'electron'

/** Screens by the digit of their shortcut, as the page's own menu has them. */
const screens: readonly [title: string, route: string][] = [
  ['Overview', '/'],
  ['Data sets', '/datasets'],
  ['Teachers', '/teachers'],
  ['Studies', '/studies'],
  ['Runs', '/runs'],
  ['Compare', '/compare'],
  ['Tables', '/tables'],
  ['Try', '/try'],
]

/** Sets the application menu. Its shortcuts are those of the page, which hears them itself; here they are shown (and work on macOS). */
export function setMenu(tell: (command: MenuCommand) => void): void {
  const entry = (label: string, command: MenuCommand, accelerator?: string, id?: string): MenuItemConstructorOptions => ({
    label,
    accelerator,
    id,
    registerAccelerator: false, // the page hears the keys itself: registered, a press would count twice
    click: () => tell(command),
  })
  Menu.setApplicationMenu(Menu.buildFromTemplate([
    ...process.platform === 'darwin' ? [{ role: 'appMenu' as const }] : [],
    {
      label: 'File',
      submenu: [
        entry('Open workspace …', { kind: 'open-workspace' }, 'CmdOrCtrl+O', 'open-workspace'),
        { type: 'separator' },
        process.platform === 'darwin' ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'Go',
      submenu: [
        ...screens.map(([title, route], i) => entry(title, { kind: 'route', route }, `Alt+${i + 1}`, `go:${route}`)),
        { type: 'separator' },
        entry('Search or run a command', { kind: 'palette' }, 'CmdOrCtrl+K', 'palette'),
      ],
    },
    {
      label: 'View',
      submenu: [
        entry('Light theme', { kind: 'theme', mode: 'light' }),
        entry('Dark theme', { kind: 'theme', mode: 'dark' }),
        entry('Theme as the system has it', { kind: 'theme', mode: 'system' }),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
    { role: 'windowMenu' },
    { label: 'Help', role: 'help', submenu: [entry('Keyboard shortcuts', { kind: 'shortcuts' }, undefined, 'shortcuts')] },
  ]))
}
