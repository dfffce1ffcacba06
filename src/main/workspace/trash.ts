import type { WorkspacePaths } from './paths.ts'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { syncPath } from '#shared/files/durable.ts'

/** Moves what is of no use, or harmful, out of the way and keeps it: trash/<time>/<where it was>. facet gc empties it. */
export interface Trash { put: (path: string) => string }

/** A folder of its own for what is set aside now. It is made with the first thing. */
export function createTrash(paths: Pick<WorkspacePaths, 'root' | 'trash'>, now: Date = new Date()): Trash {
  const folder = join(paths.trash, now.toISOString().replaceAll(':', '-'))
  return {
    put: (path) => {
      const target = free(join(folder, relative(paths.root, path)))
      mkdirSync(dirname(target), { recursive: true })
      renameSync(path, target)
      syncPath(dirname(path))
      return target
    },
  }
}

function free(path: string): string {
  let name = path
  for (let number = 2; existsSync(name); number++)
    name = `${path}-${number}`
  return name
}
