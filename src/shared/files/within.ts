import { realpathSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { FacetError } from '../errors.ts'
import { parseArchivedPath } from './archived-image.ts'

/**
 * The file that a relative path names in a folder. What a recipe, a table, a model file or a data set says of paths comes from
 * outside: it may name nothing beyond its folder. An image inside an archive lies where the archive does. A file that is not there is left to whoever opens it.
 *
 * @param folder  absolute
 * @param path    relative to it
 * @param says
 * @param says.what   what the path is, for the message
 * @param says.where  where it is named
 * @param says.hint   what to do
 * @throws FacetError 'bad-input' for a path that leads out, by its name or by a symbolic link
 */
export function fileWithin(folder: string, path: string, { what = 'path', where = folder, hint }: { what?: string, where?: string, hint?: string } = {}): string {
  const refuse = (why: string): FacetError => new FacetError('bad-input', `${what} ${JSON.stringify(path)} ${why} the folder ${folder}.`, { where, hint })
  if (path.includes('\0'))
    throw refuse('is no name of a file in')
  const full = resolve(folder, path)
  if (isAbsolute(path) || leaves(folder, full))
    throw refuse('leaves')
  const real = realOf(parseArchivedPath(full)?.file ?? full)
  if (real !== null && leaves(realOf(folder) ?? folder, real))
    throw refuse('leads by a symbolic link out of')
  return full
}

function leaves(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '..' || way.startsWith(`..${sep}`)
}

/** Where a path leads, links followed; null where nothing is there. */
function realOf(path: string): string | null {
  try {
    return realpathSync.native(path)
  }
  catch {
    return null
  }
}
