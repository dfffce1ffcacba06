import type { RecentWorkspace } from '#shared/desktop.ts'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { workspacePaths } from '#main/workspace/paths.ts'

/** What the app remembers between starts, in the person's own settings folder; never anything of a workspace's content. */
const Remembered = z.object({
  recent: z.array(z.object({ path: z.string(), openedAtMs: z.number() })).catch([]),
  theme: z.enum(['system', 'light', 'dark']).catch('system'),
  window: z.object({
    x: z.int().optional(),
    y: z.int().optional(),
    width: z.int(),
    height: z.int(),
    isMaximized: z.boolean(),
  }).nullable().catch(null),
})
export type Remembered = z.infer<typeof Remembered>

const recentLimit = 12

/** The file of settings: FACET_CONFIG names its folder in tests. */
export function settingsPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.FACET_CONFIG ?? join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'facet'), 'app.json')
}

/** Reads what is remembered; a missing, broken or older file is no reason not to start. */
export function readRemembered(path: string = settingsPath()): Remembered {
  try {
    return Remembered.parse(JSON.parse(readFileSync(path, 'utf8')))
  }
  catch {
    return Remembered.parse({})
  }
}

/** Changes what is remembered: reads anew, so that two processes lose at most each other's last change, and replaces the file whole. */
export function remember(change: (now: Remembered) => Partial<Remembered>, path: string = settingsPath()): Remembered {
  const now = readRemembered(path)
  const next = { ...now, ...change(now) }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, `${JSON.stringify(next, null, 2)}\n`, { mode: 0o600 })
  renameSync(temporary, path)
  return next
}

/** Puts a workspace first in the list of recent ones. */
export function rememberWorkspace(folder: string, nowMs: number, path: string = settingsPath()): void {
  remember(({ recent }) => ({
    recent: [{ path: folder, openedAtMs: nowMs }, ...recent.filter(one => one.path !== folder)].slice(0, recentLimit),
  }), path)
}

/** Takes a workspace off the list; its folder stays as it is. */
export function forgetWorkspace(folder: string, path: string = settingsPath()): void {
  remember(({ recent }) => ({ recent: recent.filter(one => one.path !== folder) }), path)
}

/** The recent workspaces, newest first, with whether each is still there. */
export function listRecent(path: string = settingsPath()): RecentWorkspace[] {
  return readRemembered(path).recent.map(one => ({ ...one, name: basename(one.path), isThere: isWorkspace(one.path) }))
}

/** Whether a folder holds a workspace. */
export function isWorkspace(folder: string): boolean {
  return existsSync(workspacePaths(folder).database)
}
