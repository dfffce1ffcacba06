import type { SealedFile } from '../sealed-file.ts'
import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { listTree } from './durable.ts'

/** SHA-256 of a file, in hex, read in parts: a pack may be larger than the memory. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(part as Uint8Array)
  return hash.digest('hex')
}

/** Names of an artefact's files as SealedFile has them, and their sizes, in code-unit order; nothing is read. */
export function listSealed(artefact: string): { path: string, bytes: number }[] {
  return listTree(artefact)
    .map(file => ({ path: statSync(artefact).isDirectory() ? relative(artefact, file.path) : '.', bytes: file.bytes }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Every file of an artefact with its checksum. @throws the system's error where it cannot be read */
export async function describeSealed(artefact: string): Promise<SealedFile[]> {
  const files: SealedFile[] = []
  for (const file of listSealed(artefact))
    files.push({ ...file, sha256: await sha256Of(join(artefact, file.path)) })
  return files
}
