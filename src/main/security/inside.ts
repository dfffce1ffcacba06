import { realpathSync } from 'node:fs'
import { join, sep } from 'node:path'

/**
 * The file that an address names below `root`, or null for one that leaves it: by `..`, encoded or not, by a link, or by a
 * name that no file system takes.
 */
export function resolveInside(root: string, address: string): string | null {
  let path: string
  try {
    path = decodeURIComponent(address)
  }
  catch {
    return null
  }
  if (path.includes('\0') || path.includes('\\') || path.split('/').includes('..'))
    return null
  try {
    const top = realpathSync(root)
    const file = realpathSync(join(top, path))
    return file.startsWith(top + sep)
      ? file
      : null
  }
  catch {
    return null
  }
}
