import type { FrontParsed, FrontResult } from '#shared/desktop.ts'
import { readdir, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { limits } from '#main/security/limits.ts'
import { FacetError } from '#shared/errors.ts'
import { isWorkspace } from './recent.ts'

/**
 * One folder of this machine, for the file dialog that a browser cannot open itself. Hidden entries are left out; what cannot
 * be read is listed without its size.
 *
 * @throws FacetError 'not-found' for a folder that is not there or may not be read
 */
export async function browse({ path, extensions, showsFiles }: FrontParsed<'browse'>): Promise<FrontResult<'browse'>> {
  const folder = await openFolder(path ?? homedir())
  const all = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new FacetError('not-found', `The folder cannot be read (${error.code}).`, { where: folder, hint: 'Choose another one, or change its permissions.' })
  })
  const visible = all.filter(({ name }) => !name.startsWith('.'))
  const looked = await Promise.all(visible.slice(0, limits.browsedEntries).map(({ name }) => look(folder, name)))
  const wanted = looked.filter(entry => entry.kind === 'folder' || (showsFiles && hasExtension(entry.name, extensions)))
  return {
    path: folder,
    parent: folder === '/'
      ? null
      : dirname(folder),
    home: homedir(),
    entries: wanted.sort((a, b) => Number(a.kind === 'file') - Number(b.kind === 'file') || a.name.localeCompare(b.name, 'en', { numeric: true })),
    isTruncated: visible.length > limits.browsedEntries,
    isWorkspace: isWorkspace(folder),
  }
}

async function openFolder(path: string): Promise<string> {
  try {
    const folder = await realpath(path)
    if ((await stat(folder)).isDirectory())
      return folder
  }
  catch {
    // said below
  }
  throw new FacetError('not-found', 'There is no such folder.', { where: path, hint: 'Type an existing one, or start from the home folder.' })
}

async function look(folder: string, name: string): Promise<FrontResult<'browse'>['entries'][number]> {
  const found = await stat(join(folder, name)).catch(() => null) // follows links: a linked data set is a folder
  return {
    name,
    kind: found?.isDirectory()
      ? 'folder'
      : 'file',
    sizeBytes: found?.isFile()
      ? found.size
      : null,
  }
}

function hasExtension(name: string, extensions: readonly string[]): boolean {
  return extensions.length === 0 || extensions.some(extension => name.toLowerCase().endsWith(`.${extension.toLowerCase()}`))
}
