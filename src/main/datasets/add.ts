import type { AttributesTask } from '#shared/attributes.ts'
import type { Pair, ProbeResult, Rejected, Sample, Scan, Split } from '#shared/dataset.ts'
import type { DatasetMeta, PackedSample } from '#shared/files/dataset-pack.ts'
import type { DatasetFormat } from './format.ts'
import type { Listing } from './listing.ts'
import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { checkAttributes } from '#shared/attributes.ts'
import { FacetError } from '#shared/errors.ts'
import { openDataset, writeDataset } from '#shared/files/dataset-pack.ts'
import { fingerprintOf } from './fingerprint.ts'
import { hashFile } from './hash-file.ts'
import { byCodeUnit, listFiles } from './listing.ts'
import { chooseFormat, looksLike } from './recognise.ts'

const CHUNK = 64

/** What `dataset add` tells: counts of what was found. */
export interface DatasetSummary {
  format: string
  title: string
  why: string
  samples: number
  rejected: number
  splits: Record<Split | 'none', number>
  subjects: number
  unseen: number
  pairs: number
  /** Per classification task the samples of each class, per regression task lowest and highest label, of attributes the samples that have each. */
  labels: Record<string, Record<string, number>>
  bytes: number
  licence: string
  notes: string[]
}

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
  const { kept, rejected } = await inspect(scan, listing, { probe, onProgress, signal })
  if (kept.length === 0) {
    throw new FacetError('bad-input', `No usable image of format ${format.name}: ${rejected.length === 0
      ? 'the folder is empty'
      : `${rejected.length} rejected, the first ${rejected[0]!.path}: ${rejected[0]!.reason}`}.`, { where: listing.root, hint: looksLike(listing, format) ?? 'Give the folder that holds the images.' })
  }

  const pairs = remapPairs(scan, kept)
  const notes = [...scan.notes]
  if (pairs.length < scan.pairs.length)
    notes.push(`${scan.pairs.length - pairs.length} of ${scan.pairs.length} pairs are left out because an image of theirs cannot be used.`)
  const fingerprint = fingerprintOf(scan, kept, pairs)
  const meta: DatasetMeta = {
    format: format.name,
    root: listing.root,
    fingerprint,
    tasks: scan.tasks,
    aligned: format.aligned,
    licence: scan.licence,
    notes,
  }
  const file = path.join(into, `${fingerprint}.sqlite`)
  if (!isSealed(file, listing.root)) {
    mkdirSync(into, { recursive: true })
    writeDataset(file, { meta, samples: kept, rejected, pairs })
  }
  return {
    file,
    fingerprint,
    summary: summarise(format, why, scan, kept, rejected, pairs, notes),
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

async function inspect(scan: Scan, listing: Listing, { probe, onProgress, signal }: Pick<AddDataset, 'probe' | 'onProgress' | 'signal'>): Promise<{ kept: PackedSample[], rejected: Rejected[] }> {
  const samples = scan.samples.toSorted((a, b) => byCodeUnit(a.path, b.path))
  const kept: PackedSample[] = []
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
      if (reason) {
        rejected.push({ path: sample.path, reason })
      }
      else if (!('reason' in file)) {
        kept.push({
          ...sample,
          ...file,
        })
      }
    })
    onProgress?.(from + chunk.length, samples.length)
  }
  return {
    kept,
    rejected: rejected.sort((a, b) => byCodeUnit(a.path, b.path)),
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
function remapPairs(scan: Scan, kept: PackedSample[]): Pair[] {
  const indexByPath = new Map(kept.map((sample, index) => [sample.path, index]))
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

function summarise(format: DatasetFormat, why: string, scan: Scan, kept: PackedSample[], rejected: Rejected[], pairs: Pair[], notes: string[]): DatasetSummary {
  const splits = {
    train: 0,
    validation: 0,
    test: 0,
    none: 0,
  }
  for (const { split } of kept)
    splits[split ?? 'none']++
  return {
    format: format.name,
    title: format.title,
    why,
    samples: kept.length,
    rejected: rejected.length,
    splits,
    subjects: new Set(kept.flatMap(({ subject }) => subject ?? [])).size,
    unseen: kept.filter(({ unseen }) => unseen).length,
    pairs: pairs.length,
    labels: labelCounts(scan, kept),
    bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
    licence: scan.licence,
    notes,
  }
}

function labelCounts(scan: Scan, kept: PackedSample[]): DatasetSummary['labels'] {
  const counts: DatasetSummary['labels'] = {}
  for (const [name, task] of Object.entries(scan.tasks)) {
    if (task.kind === 'verification')
      continue
    if (task.kind === 'attributes') {
      counts[name] = attributeCounts(task, kept)
      continue
    }
    const values = kept.flatMap(({ labels }) => labels[task.label] === undefined
      ? []
      : [
          Number(labels[task.label]),
        ])
    if (task.kind === 'regression') {
      counts[name] = values.reduce((range, value) => ({
        lowest: Math.min(range.lowest, value),
        highest: Math.max(range.highest, value),
      }), { lowest: Infinity, highest: -Infinity })
    }
    else {
      counts[name] = Object.fromEntries(task.classes.map((title, number) => [title, values.filter(value => value === number).length]))
    }
  }
  return counts
}

/** How many samples have each attribute. */
function attributeCounts({ attributes, label }: AttributesTask, kept: readonly PackedSample[]): Record<string, number> {
  const words = kept.flatMap(({ labels }) => labels[label] === undefined ? [] : [String(labels[label])])
  return Object.fromEntries(attributes.map((title, i) => [title, words.filter(word => word[i] === '1').length]))
}
