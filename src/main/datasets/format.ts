import type { z } from 'zod'
import type { Rejected, Scan, Task } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'

/** How sure a format is that a folder is of its kind. */
export interface Recognition {
  /** 0: certainly not; 1: certainly. */
  confidence: number
  /** What was counted, as a clause: "1198 of 1200 images are named age_gender_race_datetime". */
  why: string
}

/** A data set as its publisher gives it: what a plan reckons with where the folder is not there yet. */
export interface Published {
  samples: number
  /** Of these what combiner and student may learn from. */
  seen: number
  /** People, where the data set tells them apart. */
  subjects?: number
  /** Those of an untouched copy; classes that only the copy names are numbered. */
  tasks: Record<string, Task>
}

/** One data set format: everything the rest of Facet needs to know of it. Adding a format is one file and one line in formats.ts. */
export interface DatasetFormat<Options extends z.ZodType = z.ZodType> {
  name: string
  title: string
  /** Terms as the distributor states them. */
  licence: string
  /** How its photographs are obtained; left out where they are one's own or drawn. */
  obtained?: string
  /** The images are ready crops or no faces: prepare only resizes them. */
  aligned: boolean
  options: Options
  /** Its published size under these options; left out where there is none. */
  published?: (options: z.output<Options>) => Published
  /** Judges by file names only, so that it is quick on any folder. */
  recognise: (listing: Listing) => Recognition
  /** Reads labels, splits and pairs. Opens no image. Throws FacetError where the folder's own lists are malformed. */
  scan: (listing: Listing, options: z.output<Options>) => Promise<Scan>
  /** Draws the folder's images first, where the format makes them itself; idempotent. `synthesize` asks a worker, since the host draws nothing. */
  generate?: (root: string, options: z.output<Options>, synthesize: (input: Record<string, unknown>) => Promise<unknown>) => Promise<void>
}

/** Declares a format; exists for its types. */
export function declareFormat<Options extends z.ZodType>(format: DatasetFormat<Options>): DatasetFormat<Options> {
  return format
}

/** "person 1", "person 2", ...: in place of names that only a copy of the data set tells. */
export function numbered(what: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${what} ${i + 1}`)
}

const IMAGE = /\.(?:jpe?g|jpe|jfif|png|webp|gif|tiff?|bmp|avif|heic|heif|jp2|ppm|pgm)$/i
const COMPANION = /(?:^|\/)(?:\.[^/]*|Thumbs\.db|desktop\.ini|readme[^/]*|licen[cs]e[^/]*|[^/]*\.(?:txt|csv|tsv|md|json|ya?ml|mat|pts|pdf|html?|xml|npy|npz|pkl|log|zip|gz|tar|tgz|sh|py|m|sqlite|db))$/i

/** Whether the name is an image's. What the bytes are is found out by the probe. */
export function isImage(path: string): boolean {
  return IMAGE.test(path) && !isHiddenFile(path)
}

/** The rows for files that are neither samples nor known companions (lists, notes, archives, the system's own). */
export function strangers(files: string[]): Rejected[] {
  return files.filter(file => !isImage(file) && !COMPANION.test(file)).map(file => ({ path: file, reason: 'is no image by its name' }))
}

function isHiddenFile(path: string): boolean {
  return path.slice(path.lastIndexOf('/') + 1).startsWith('.')
}

/** The last part of a relative path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** "1198 of 1200 images are named ...", with the confidence that share gives. */
export function shareOf(matching: number, total: number, what: string): Recognition {
  return {
    confidence: total === 0
      ? 0
      : matching / total,
    why: `${matching} of ${total} images ${what}`,
  }
}
