import type { DatasetPreview, PreviewRow, RecognisedFolder } from '#shared/dataset-views.ts'
import type { Rejected, Sample, Scan } from '#shared/dataset.ts'
import type { DatasetFormat } from './format.ts'
import type { Listing } from './listing.ts'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { FacetError, toProblem } from '#shared/errors.ts'
import { parseOptions } from './add.ts'
import { isImage } from './format.ts'
import { histogramsOf, labelsInWords } from './labels.ts'
import { byCodeUnit, listFiles } from './listing.ts'
import { chooseFormat, recogniseFormats } from './recognise.ts'

/** Rejected files that a preview names. */
const namedRejected = 100

/** What a data set would be called that lies in this folder. */
export function nameOfFolder(root: string): string {
  return path.basename(root).toLowerCase().replaceAll(/[^\w-]+/g, '-').replaceAll(/^-+|-+$/g, '') || 'data'
}

/** What a folder looks like to each format. Reads names and label lists; opens no image and writes nothing. @throws FacetError where there is no such folder */
export async function recogniseFolder(folder: string): Promise<Omit<RecognisedFolder, 'addedAs'>> {
  const started = performance.now()
  const listing = await listFiles(folder)
  const formats: RecognisedFolder['formats'] = []
  for (const { format, confidence, why } of recogniseFormats(listing))
    formats.push({ name: format.name, title: format.title, confidence, why, ...await explain(format, confidence, listing) })
  return {
    root: listing.root,
    name: nameOfFolder(listing.root),
    files: listing.files.length,
    images: listing.files.filter(isImage).length,
    refused: listing.refused,
    milliseconds: performance.now() - started,
    formats,
  }
}

/** How many images a format would make samples of, with its defaults. */
async function explain(format: DatasetFormat, confidence: number, listing: Listing): Promise<Pick<RecognisedFolder['formats'][number], 'explained' | 'problem'>> {
  if (confidence === 0)
    return { explained: 0, problem: null }
  try {
    const { samples } = await format.scan(listing, parseOptions(format, {}))
    return { explained: samples.length, problem: null }
  }
  catch (error) {
    if (!(error instanceof FacetError))
      throw error
    return { explained: null, problem: toProblem(error) }
  }
}

/** Small pictures of files: JPEG in base64, or why there is none. */
export type Thumbnails = (paths: string[]) => Promise<({ image: string } | { reason: string })[]>

/**
 * A folder as a format will read it: first rows with their labels, counts, histograms. Nothing is written; only the images shown are opened.
 *
 * @throws FacetError as adding it would, for options or lists that are malformed
 */
export async function previewFolder({ folder, format: name, options, rows }: { folder: string, format: string, options: unknown, rows: number }, thumbnails: Thumbnails): Promise<DatasetPreview> {
  const started = performance.now()
  const listing = await listFiles(folder)
  const { format } = chooseFormat(listing, name)
  const scan = await format.scan(listing, parseOptions(format, options))
  const rejected = [...listing.refused, ...scan.rejected].sort((a, b) => byCodeUnit(a.path, b.path))
  return {
    root: listing.root,
    format: format.name,
    title: format.title,
    licence: scan.licence,
    notes: scan.notes,
    tasks: scan.tasks,
    samples: scan.samples.length,
    rejected: rejected.length,
    rejectedFirst: rejected.slice(0, namedRejected),
    splits: countSplits(scan.samples),
    subjects: new Set(scan.samples.flatMap(({ subject }) => subject ?? [])).size,
    unseen: scan.samples.filter(({ unseen }) => unseen).length,
    pairs: scan.pairs.length,
    histograms: histogramsOf(scan.samples, scan.tasks),
    rows: await firstRows(listing, scan, rows, thumbnails),
    milliseconds: performance.now() - started,
  }
}

/** Samples spread over the folder, so that more than the first class is seen, and up to two images that will not be read. */
async function firstRows(listing: Listing, { samples, rejected, tasks }: Scan, count: number, thumbnails: Thumbnails): Promise<PreviewRow[]> {
  const known = new Set(listing.files)
  const broken = rejected.filter(({ path }) => isImage(path) && known.has(path)).slice(0, 2)
  const chosen = spread(samples.toSorted((a, b) => byCodeUnit(a.path, b.path)), count - broken.length)
  const rows = [
    ...chosen.map((sample): Omit<PreviewRow, 'thumbnail'> => ({
      path: sample.path,
      labels: labelsInWords(sample, tasks),
      split: sample.split,
      subject: sample.subject,
      problem: null,
    })),
    ...broken.map(({ path, reason }: Rejected): Omit<PreviewRow, 'thumbnail'> => ({
      path,
      labels: {},
      split: null,
      subject: null,
      problem: reason,
    })),
  ]
  const pictures = await thumbnails(rows.map(row => path.join(listing.root, row.path)))
  return rows.map((row, i) => {
    const picture = pictures[i]!
    return 'image' in picture
      ? { ...row, thumbnail: picture.image }
      : { ...row, thumbnail: null, problem: row.problem ?? picture.reason }
  })
}

function spread<T>(items: T[], count: number): T[] {
  return items.length <= count
    ? items
    : Array.from({ length: count }, (_, i) => items[Math.floor(i * items.length / count)]!)
}

function countSplits(samples: readonly Sample[]): DatasetPreview['splits'] {
  const splits = { train: 0, validation: 0, test: 0, none: 0 }
  for (const { split } of samples)
    splits[split ?? 'none']++
  return splits
}
