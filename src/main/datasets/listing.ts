import type { Dirent } from 'node:fs'
import type { Rejected } from '#shared/dataset.ts'
import { readdir, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { FacetError } from '#shared/errors.ts'

/** Every file below a folder. Nothing in it lies outside the folder. */
export interface Listing {
  /** Absolute, symbolic links resolved. */
  root: string
  /** Relative to the root, forward slashes, sorted by code unit. */
  files: string[]
  /** Folders and links that could not be followed. */
  refused: Rejected[]
}

const MAX_DEPTH = 40

/**
 * Lists the files below a folder; names only, nothing is opened.
 * Links to files inside the folder are followed; links to folders are not, because what they show is listed already
 * or lies outside. Folders that cannot be read, loops, dangling links, pipes and devices become rows of `refused`.
 * @throws FacetError `not-found` or `bad-input` when the root is no readable folder
 */
export async function listFiles(folder: string, { signal }: { signal?: AbortSignal } = {}): Promise<Listing> {
  const root = await resolveRoot(folder)
  const files: string[] = []
  const refused: Rejected[] = []
  const waiting: { path: string, depth: number }[] = [
    { path: '', depth: 0 },
  ]

  for (let next = waiting.pop(); next; next = waiting.pop()) {
    signal?.throwIfAborted()
    const here = next
    const entries = await readFolder(path.join(root, here.path)).catch((error: unknown) => {
      if (here.path === '')
        throw new FacetError('bad-input', `The folder cannot be read (${codeOf(error)}).`, { where: root, hint: 'Check its permissions.', cause: error })
      refused.push({ path: here.path, reason: `folder cannot be read (${codeOf(error)})` })
      return [] as Dirent[]
    })
    for (const entry of entries) {
      const relative = here.path === ''
        ? entry.name
        : [here.path, entry.name].join('/') // a template would keep both parts beside the whole: 150 bytes more for each of millions
      if (entry.isFile()) {
        files.push(relative)
      }
      else if (entry.isDirectory()) {
        if (here.depth >= MAX_DEPTH)
          refused.push({ path: relative, reason: `folder lies deeper than ${MAX_DEPTH} levels` })
        else if (!isHidden(entry.name))
          waiting.push({ path: relative, depth: here.depth + 1 })
      }
      else {
        const reason = entry.isSymbolicLink()
          ? await refusalOfLink(root, relative)
          : 'is no regular file (a pipe, socket or device)'
        if (reason === null)
          files.push(relative)
        else
          refused.push({ path: relative, reason })
      }
    }
  }
  return {
    root,
    files: files.sort(byCodeUnit),
    refused: refused.sort((a, b) => byCodeUnit(a.path, b.path)),
  }
}

/** Order of paths, the same on every machine and in every language. */
export function byCodeUnit(a: string, b: string): number {
  return a < b
    ? -1
    : a > b
      ? 1
      : 0
}

async function resolveRoot(folder: string): Promise<string> {
  const root = await realpath(folder).catch((error: unknown) => {
    throw new FacetError('not-found', `There is no such folder (${codeOf(error)}).`, {
      where: path.resolve(folder),
      hint: 'Check the path.',
      cause: error,
    })
  })
  if (!(await stat(root)).isDirectory())
    throw new FacetError('bad-input', 'This is a file, not a folder.', { where: root, hint: 'Give the folder that holds the images.' })
  return root
}

function readFolder(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true })
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX'
}

async function refusalOfLink(root: string, relative: string): Promise<string | null> {
  try {
    const target = await realpath(path.join(root, relative))
    if (target !== root && !target.startsWith(root + path.sep))
      return `symbolic link leads outside the folder (to ${target})`
    const kind = await stat(target)
    if (kind.isDirectory())
      return `symbolic link to a folder of this data set (${path.relative(root, target) || 'its root'}), listed already`
    return kind.isFile()
      ? null
      : 'symbolic link to something that is no regular file'
  }
  catch (error) {
    const code = codeOf(error)
    if (code === 'ELOOP')
      return 'symbolic link leads in a loop'
    return code === 'ENOENT'
      ? 'symbolic link leads nowhere'
      : `symbolic link cannot be followed (${code})`
  }
}

/** The system's short name of a failure, e.g. EACCES. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return error.code
  return error instanceof Error
    ? error.message
    : String(error)
}
