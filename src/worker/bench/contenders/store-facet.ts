import type { Start } from '../bench.ts'
import type { Rows } from '../rows.ts'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createEmbeddings, openEmbeddings } from '#shared/files/embeddings.ts'
import { readText } from '../bench.ts'
import { ownFolder } from '../folder.ts'
import { rowsOf } from '../rows.ts'

/** The pack as the embed stage writes it, checks and statistics included, and as the combine stage reads it. */
export const start: Start = (work) => {
  const rows = rowsOf(work)
  const path = join(ownFolder(), 'pack.sqlite')
  const version = 'embeddings pack'
  if (readText(work, 'way') === 'write')
    return { version, run: () => write(path, rows) }
  write(path, rows)
  return {
    version,
    run: () => { readAll(path) },
  }
}

/** All rows, teachers side by side. */
export function readAll(path: string): Float32Array {
  const pack = openEmbeddings(path)
  try {
    return pack.read()
  }
  finally {
    pack.close()
  }
}

/** Writes and seals a pack. */
export function write(path: string, { faces, batch, teachers, values }: Rows): void {
  rmSync(path, { force: true })
  const writer = createEmbeddings(path, { teachers, size: faces })
  for (let first = 0; first < faces; first += batch)
    writer.append(Int32Array.from({ length: batch }, (_, i) => first + i), values)
  writer.seal()
}
