import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** A folder of this process for files that a target reads; gone with the process. Made when it is first asked for. */
export function scratch(name: string): () => string {
  let folder: string | undefined
  return () => {
    if (folder === undefined) {
      folder = join(mkdtempSync(join(tmpdir(), 'facet-fuzz-')), name)
      mkdirSync(folder, { recursive: true })
      const made = folder
      process.once('exit', () => rmSync(join(made, '..'), { recursive: true, force: true }))
    }
    return folder
  }
}
