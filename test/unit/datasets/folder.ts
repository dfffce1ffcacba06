import type { AddDataset } from '#main/datasets/add.ts'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A temporary folder with these files; a content of null makes a folder. */
export function makeFolder(files: Record<string, string | null> | string[]): string {
  const root = mkdtempSync(path.join(tmpdir(), 'facet-dataset-'))
  const entries: [string, string | null][] = Array.isArray(files)
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
