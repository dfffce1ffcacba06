import type { DoctorCheck } from './check.ts'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { checkout } from './setup-state.ts'

/** Browser and Electron: optional, for looking at reports and for the window. */
export function checkDesktop(root: string = checkout): DoctorCheck[] {
  const browser = findBrowser()
  const electron = existsSync(join(root, '../app.asar')) // beside the program of a package, whose Electron bears Facet's name
    ? join(root, '../../facet')
    : join(root, 'node_modules', 'electron', 'dist', 'electron')
  return [
    browser
      ? {
          name: 'browser',
          title: 'Browser',
          verdict: 'ok',
          value: browser,
        }
      : {
          name: 'browser',
          title: 'Browser',
          verdict: 'absent',
          value: 'no Chromium or Chrome on this machine; HTML reports open in any browser elsewhere',
        },
    existsSync(electron)
      ? {
          name: 'electron',
          title: 'Electron',
          verdict: 'ok',
          value: electron,
        }
      : {
          name: 'electron',
          title: 'Electron',
          verdict: 'absent',
          value: 'not installed; npm start serves the app to a browser instead',
        },
  ]
}

function findBrowser(): string | null {
  if (process.env.CHROMIUM && existsSync(process.env.CHROMIUM))
    return process.env.CHROMIUM
  const names = [
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
  ]
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const onPath = folders.flatMap(folder => names.map(name => join(folder, name))).find(isExecutable)
  const packaged = join(checkout, 'node_modules', '@sparticuz', 'chromium')
  return onPath ?? (existsSync(packaged)
    ? `@sparticuz/chromium (${packaged})`
    : null)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  }
  catch {
    return false
  }
}
