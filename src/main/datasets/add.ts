import type { Pair, ProbeResult, Rejected, Sample, Scan } from '#shared/dataset.ts'
import type { DatasetMeta, DatasetWriter } from '#shared/files/dataset-pack.ts'
import type { DatasetFormat } from './format.ts'
import type { Listing } from './listing.ts'
import type { DatasetSummary, SampleTally } from './summary.ts'
import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { checkAttributes } from '#shared/attributes.ts'
import { FacetError } from '#shared/errors.ts'
import { createDatasetWriter, openDataset } from '#shared/files/dataset-pack.ts'
import { createFingerprint } from './fingerprint.ts'
import { hashFile } from './hash-file.ts'
import { byCodeUnit, listFiles } from './listing.ts'
import { chooseFormat, looksLike } from './recognise.ts'
import { createTally } from './summary.ts'

const CHUNK = 64

export interface AddDataset {
  /** Folder of the photographs. */
  path: string
  /** Recognised when left out. */
  format?: string
  /** Of the format, unparsed. */
  options?: unknown
  /** Folder that gets `<fingerprint>.sqlite`. */
  into: string
  /** Looks at the headers of images (absolute paths), one result for each. A worker does it. */
  probe: (paths: string[]) => Promise<ProbeResult[]>
  onProgress?: (done: number, total: number) => void
  signal?: AbortSignal
}

/**
 * Lists, recognises, scans, probes and hashes a folder and seals it as a data set pack.
 * The fingerprint is the SHA-256 of the format and of each sample's path, size, content hash, labels and split: the same
 * folder with the same options gives the same pack wherever it lies.
 * @throws FacetError when the folder is not what the format says, naming what it looks like
 */
export async function addDataset({ path: folder, format: name, options, into, probe, onProgress, signal }: AddDataset): Promise<{ file: string, fingerprint: string, summary: DatasetSummary }> {
  const listing = await listFiles(folder, { signal })
  const { format, why } = chooseFormat(listing, name)
  const scan = await format.scan(listing, parseOptions(format, options))
  checkAttributes(scan.samples, scan.tasks)
  mkdirSync(into, { recursive: true })
  const writer = createDatasetWriter(into)
  try {
    const { tally, rejected, fingerprint, pairs } = await inspect(scan, listing, writer, { probe, onProgress, signal })
    const counts = tally.counts()
    if (counts.samples === 0) {
      throw new FacetError('bad-input', `No usable image of format ${format.name}: ${rejected.length === 0
        ? 'the folder is empty'
        : `${rejected.length} rejected, the first ${rejected[0]!.path}: ${rejected[0]!.reason}`}.`, { where: listing.root, hint: looksLike(listing, format) ?? 'Give the folder that holds the images.' })
    }
    const notes = [...scan.notes]
    if (pairs.length < scan.pairs.length)
      notes.push(`${scan.pairs.length - pairs.length} of ${scan.pairs.length} pairs are left out because an image of theirs cannot be used.`)
    const file = path.join(into, `${fingerprint}.sqlite`)
    if (!isSealed(file, listing.root)) {
      const meta: DatasetMeta = { format: format.name, root: listing.root, fingerprint, tasks: scan.tasks, aligned: format.aligned, licence: scan.licence, notes }
      writer.seal(file, { meta, rejected, pairs })
    }
    return {
      file,
      fingerprint,
      summary: { format: format.name, title: format.title, why, ...counts, rejected: rejected.length, pairs: pairs.length, licence: scan.licence, notes },
    }
  }
  finally {
    writer.discard()
  }
}

/** Checks the options of a format. @throws FacetError `bad-input` naming the option */
export function parseOptions(format: DatasetFormat, options: unknown): unknown {
  const parsed = format.options.safeParse(options ?? {})
  if (parsed.success)
    return parsed.data
  const issue = parsed.error.issues[0]!
  const known = 'shape' in format.options
    ? Object.keys(format.options.shape as object)
    : []
  throw new FacetError('bad-input', `Option ${issue.path.join('.') || 'of the data set'}: ${issue.message}.`, {
    where: `data set format ${format.name}`,
    hint: known.length > 0
      ? `Its options: ${known.join(', ')}.`
      : 'It has no options.',
    cause: parsed.error,
  })
}

interface Inspected { tally: SampleTally, rejected: Rejected[], fingerprint: string, pairs: Pair[] }

/** Hashes and probes the samples in the order of their paths; those that can be used go into the pack at once, so that none is kept. */
async function inspect(scan: Scan, listing: Listing, writer: DatasetWriter, { probe, onProgress, signal }: Pick<AddDataset, 'probe' | 'onProgress' | 'signal'>): Promise<Inspected> {
  const samples = scan.samples.toSorted((a, b) => byCodeUnit(a.path, b.path))
  const paired = new Set(scan.pairs.flatMap(({ a, b }) => [scan.samples[a]!.path, scan.samples[b]!.path]))
  const indexByPath = new Map<string, number>()
  const tally = createTally(scan.tasks)
  const fingerprint = createFingerprint(scan)
  const rejected = [
    ...listing.refused,
    ...scan.rejected,
  ]
  for (let from = 0; from < samples.length; from += CHUNK) {
    signal?.throwIfAborted()
    const chunk = samples.slice(from, from + CHUNK)
    const files = await Promise.all(chunk.map(sample => hashFile(path.join(listing.root, sample.path))))
    const looked = await probeReadable(chunk, files, listing.root, probe)
    chunk.forEach((sample, i) => {
      const file = files[i]!
      const reason = 'reason' in file
        ? file.reason
        : looked[i]
      if (reason || 'reason' in file) {
        rejected.push({ path: sample.path, reason: reason! })
        return
      }
      const packed = { ...sample, ...file }
      const index = writer.add(packed)
      fingerprint.add(packed)
      tally.add(packed)
      if (paired.has(sample.path))
        indexByPath.set(sample.path, index)
    })
    onProgress?.(from + chunk.length, samples.length)
  }
  const pairs = remapPairs(scan, indexByPath)
  return {
    tally,
    rejected: rejected.sort((a, b) => byCodeUnit(a.path, b.path)),
    fingerprint: fingerprint.end(pairs),
    pairs,
  }
}

/** Per sample of the chunk the reason why its image cannot be used, or undefined. */
async function probeReadable(chunk: Sample[], files: ({ reason: string } | { bytes: number, sha256: string })[], root: string, probe: AddDataset['probe']): Promise<(string | undefined)[]> {
  const readable = chunk.flatMap((sample, i) => 'reason' in files[i]!
    ? []
    : [i])
  const results = await probe(readable.map(i => path.join(root, chunk[i]!.path)))
  if (results.length !== readable.length)
    throw new FacetError('internal', `internal: ${readable.length} images were probed, ${results.length} results came back`)
  const reasons: (string | undefined)[] = chunk.map(() => undefined)
  results.forEach((result, i) => {
    if (!result.ok)
      reasons[readable[i]!] = result.reason
  })
  return reasons
}

/** Pairs name samples by their place in the scan; here by their place among those kept. */
function remapPairs(scan: Scan, indexByPath: ReadonlyMap<string, number>): Pair[] {
  return scan.pairs.flatMap((pair) => {
    const a = indexByPath.get(scan.samples[pair.a]!.path)
    const b = indexByPath.get(scan.samples[pair.b]!.path)
    return a === undefined || b === undefined
      ? []
      : [
          { ...pair, a, b },
        ]
  })
}

function isSealed(file: string, root: string): boolean {
  if (!existsSync(file))
    return false
  try {
    const pack = openDataset(file)
    pack.close()
    return pack.meta.root === root
  }
  catch {
    return false // damaged: written anew
  }
}
