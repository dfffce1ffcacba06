import type { Result } from '#shared/contract.ts'
import type { WorkspacePaths } from './paths.ts'
import { readdir, stat, statfs } from 'node:fs/promises'
import { join, sep } from 'node:path'

type Usage = Result<'disk.usage'>
type PartName = Usage['parts'][number]['name']

/** Files looked at in one go: enough for the disk, not too many for the process. */
const atOnce = 64

/** What lies in a workspace, by what it is for, and what is left on its disk. */
export async function diskUsage(paths: WorkspacePaths): Promise<Usage> {
  const parts = new Map<PartName, { bytes: number, files: number }>()
  const files = (await readdir(paths.root, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile())
  for (let from = 0; from < files.length; from += atOnce) {
    await Promise.all(files.slice(from, from + atOnce).map(async ({ parentPath, name }) => {
      const path = join(parentPath, name)
      const size = (await stat(path).catch(() => null))?.size ?? 0 // it may be gone by now
      const part = partOf(path.slice(paths.root.length + 1))
      const { bytes, files } = parts.get(part) ?? { bytes: 0, files: 0 }
      parts.set(part, { bytes: bytes + size, files: files + 1 })
    }))
  }
  const { bavail, bsize, blocks } = await statfs(paths.root)
  return {
    parts: [...parts].map(([name, sizes]) => ({ name, ...sizes })).sort((a, b) => b.bytes - a.bytes),
    bytes: [...parts.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    freeBytes: bavail * bsize,
    totalBytes: blocks * bsize,
  }
}

function partOf(path: string): PartName {
  const [first, second] = path.split(sep)
  if (first === 'artefacts' && (second === 'faces' || second === 'embeddings' || second === 'models' || second === 'datasets'))
    return second
  if (first === 'runs')
    return 'runs'
  return first!.startsWith('facet.sqlite') || first === 'backups' ? 'database' : 'other'
}
