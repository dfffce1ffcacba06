import type { Pair, Scan } from '#shared/dataset.ts'
import type { PackedSample } from '#shared/files/dataset-pack.ts'
import { createHash } from 'node:crypto'
import { byCodeUnit } from './listing.ts'

/** SHA-256 of a data set's format and tasks, and of its samples and pairs in their order. */
export function fingerprintOf({ format, tasks }: Pick<Scan, 'format' | 'tasks'>, kept: readonly PackedSample[], pairs: readonly Pair[]): string {
  const hash = createHash('sha256')
  const line = (value: unknown): unknown => hash.update(`${JSON.stringify(value)}\n`)
  line([
    format,
    sorted(tasks),
  ])
  for (const { path, bytes, sha256, labels, split, subject, unseen } of kept) {
    line([
      path,
      bytes,
      sha256,
      sorted(labels),
      split,
      subject,
      unseen,
    ])
  }
  for (const { a, b, same, fold, unseen } of pairs)
    line([a, b, same, fold, unseen])
  return hash.digest('hex')
}

function sorted(record: Record<string, unknown>): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => byCodeUnit(a, b))
}
