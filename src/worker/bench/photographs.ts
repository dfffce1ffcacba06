import type { Work } from './bench.ts'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderSyntheticFace } from '#worker/faces/synthetic/index.ts'
import { read, readText } from './bench.ts'
import { ownFolder } from './folder.ts'

/** The photographs of a bench: the first of a folder by name, or drawn ones. */
export async function photographsOf(work: Work): Promise<{ folder: string, names: string[] }> {
  const count = read(work, 'count')
  const given = readText(work, 'folder')
  if (given !== '') {
    const all = readdirSync(given).filter(name => name.endsWith('.jpg')).sort()
    // evenly over the names, so that all ages are among them
    return { folder: given, names: Array.from({ length: count }, (_, i) => all[Math.floor(i * all.length / count)]!) }
  }
  const folder = ownFolder()
  const names: string[] = []
  for (let index = 0; index < count; index++) {
    const { jpeg } = await renderSyntheticFace({ seed: 1, size: read(work, 'side'), identities: count }, index)
    names.push(`${index}.jpg`)
    writeFileSync(join(folder, `${index}.jpg`), jpeg)
  }
  return { folder, names }
}
