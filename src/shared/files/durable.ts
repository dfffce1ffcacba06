import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Forces a file or folder to the disk. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  }
  finally {
    closeSync(file)
  }
}

/** Writes a small file so that a reader or a crash finds the old or the new content, never a part: temporary name, fsync, rename, fsync of the folder. */
export function writeDurably(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.tmp-${process.pid}`
  try {
    writeFileSync(temporary, content, { flush: true })
    renameSync(temporary, path)
  }
  catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncPath(dirname(path))
}

/** Files below a path (or the file itself) with their sizes in bytes. */
export function listTree(path: string): { path: string, bytes: number }[] {
  const stat = statSync(path)
  if (!stat.isDirectory()) {
    return [
      { path, bytes: stat.size },
    ]
  }
  return readdirSync(path, { withFileTypes: true }).flatMap(entry => entry.isDirectory() || entry.isFile()
    ? listTree(join(path, entry.name))
    : [])
}

/**
 * Seals an artefact (file or folder): everything in it reaches the disk, then it gets its name. What stands there already
 * (the same key, so the same content, from an attempt that was killed right after its rename) is replaced.
 *
 * @returns its size in bytes
 */
export function seal(temporary: string, path: string): number {
  const files = listTree(temporary)
  for (const file of files)
    syncPath(file.path)
  if (statSync(temporary).isDirectory()) {
    for (const folder of new Set(files.map(file => dirname(file.path))))
      syncPath(folder)
    rmSync(path, { recursive: true, force: true })
  }
  renameSync(temporary, path)
  syncPath(dirname(path))
  return files.reduce((sum, file) => sum + file.bytes, 0)
}
