import type { Buffer } from 'node:buffer'
import type { AddDataset } from '#main/datasets/add.ts'
import type { Scan } from '#shared/dataset.ts'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { formats } from '#main/datasets/formats.ts'
import { listFiles } from '#main/datasets/listing.ts'

/** Files of a folder by name; null makes a folder. */
export type Files = Record<string, string | Buffer | null>

/** A temporary folder with these files; a content of null makes a folder. */
export function makeFolder(files: Files | string[]): string {
  const root = mkdtempSync(path.join(tmpdir(), 'facet-dataset-'))
  const entries: [string, string | Buffer | null][] = Array.isArray(files)
    ? files.map(file => [file, `content of ${file}`])
    : Object.entries(files)
  for (const [name, content] of entries) {
    const file = path.join(root, name)
    mkdirSync(content === null
      ? file
      : path.dirname(file), { recursive: true })
    if (content !== null)
      writeFileSync(file, content)
  }
  return root
}

/** Takes every file for a good image, except those that say they are broken. */
export const probe: AddDataset['probe'] = async paths => paths.map(file => file.includes('broken')
  ? { ok: false, reason: 'cannot be decoded' }
  : {
      ok: true,
      width: 8,
      height: 8,
      format: 'jpeg',
      pages: 1,
    })

/** Scans a temporary folder with these files. */
export async function scan(name: string, files: Files | string[], options: unknown = {}): Promise<Scan> {
  const format = formats.find(format => format.name === name)!
  return format.scan(await listFiles(makeFolder(files)), format.options.parse(options))
}

/** Why files are rejected, by path. */
export function reasonsOf({ rejected }: Pick<Scan, 'rejected'>): Record<string, string> {
  return Object.fromEntries(rejected.map(({ path, reason }) => [path, reason]))
}

/** Split, labels and subject of each sample, by path. */
export function samplesOf({ samples }: Pick<Scan, 'samples'>): Record<string, { split: string | null, labels: Record<string, number | string> }> {
  return Object.fromEntries(samples.map(({ path, split, labels }) => [path, { split, labels }]))
}
