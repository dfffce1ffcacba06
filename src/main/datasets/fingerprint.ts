import type { Pair, Scan } from '#shared/dataset.ts'
import type { PackedSample } from '#shared/files/dataset-pack.ts'
import { createHash } from 'node:crypto'
import { byCodeUnit } from './listing.ts'

/** A fingerprint in the making: samples in their order, then pairs. */
export interface Fingerprint {
  add: (sample: PackedSample) => void
  end: (pairs: readonly Pair[]) => string
}

/** SHA-256 of a data set's format and tasks, and of its samples and pairs in their order. */
export function createFingerprint({ format, tasks }: Pick<Scan, 'format' | 'tasks'>): Fingerprint {
  const hash = createHash('sha256')
  const line = (value: unknown): unknown => hash.update(`${JSON.stringify(value)}\n`)
  line([
    format,
    sorted(tasks),
  ])
  return {
    add({ path, bytes, sha256, labels, split, subject, unseen }) {
      line([
        path,
        bytes,
        sha256,
        sorted(labels),
        split,
        subject,
        unseen,
      ])
    },
    end(pairs) {
      for (const { a, b, same, fold, unseen } of pairs)
        line([a, b, same, fold, unseen])
      return hash.digest('hex')
    },
  }
}

/** The same of samples that are there already, or come one by one. */
export function fingerprintOf(scan: Pick<Scan, 'format' | 'tasks'>, kept: Iterable<PackedSample>, pairs: readonly Pair[]): string {
  const fingerprint = createFingerprint(scan)
  for (const sample of kept)
    fingerprint.add(sample)
  return fingerprint.end(pairs)
}

function sorted(record: Record<string, unknown>): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => byCodeUnit(a, b))
}
