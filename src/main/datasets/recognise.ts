import type { DatasetFormat } from './format.ts'
import type { Listing } from './listing.ts'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'
import { isImage } from './format.ts'
import { formats } from './formats.ts'

/** Files by which a folder is judged. */
const MOST_JUDGED = 100_000
/** Lists lie no deeper than here: MANUALLY_ANNOTATED/FILE_LISTS/training.csv. */
const LIST_DEPTH = 4

/** How the formats judge a folder, the surest first. */
export function recogniseFormats(listing: Listing): { format: DatasetFormat, confidence: number, why: string }[] {
  const seen = thin(listing)
  const part = seen === listing ? '' : ` (judged by ${seen.files.length.toLocaleString('en-US')} of ${listing.files.length.toLocaleString('en-US')} files)`
  return formats.map((format) => {
    const { confidence, why } = format.recognise(seen)
    return { format, confidence, why: `${why}${part}` }
  }).sort((a, b) => b.confidence - a.confidence)
}

/** Of a folder with very many files a part, spread evenly: names of lists near its top all the same. */
function thin(listing: Listing): Listing {
  if (listing.files.length <= MOST_JUDGED)
    return listing
  const step = Math.ceil(listing.files.length / MOST_JUDGED)
  const lists = new Set(listing.files.filter(file => file.split('/', LIST_DEPTH + 1).length <= LIST_DEPTH && !isImage(file)).slice(0, MOST_JUDGED))
  return { ...listing, files: listing.files.filter((file, i) => i % step === 0 || lists.has(file)) }
}

/**
 * The format that was named, or else the surest.
 * @throws FacetError `usage` for a name that is none, `bad-input` where the folder is not what the format says or no format fits
 */
export function chooseFormat(listing: Listing, name: string | undefined): { format: DatasetFormat, why: string } {
  const ranked = recogniseFormats(listing)
  if (name === undefined) {
    const best = ranked[0]
    if (best && best.confidence >= 0.2)
      return best
    throw new FacetError('bad-input', `No format fits this folder: ${describeListing(listing)}.`, {
      where: listing.root,
      hint: `Give the folder above or below, or name the format with --format: ${ranked.map(({ format, why }) => `${format.name} (${why})`).join(', ')}.`,
    })
  }
  const chosen = ranked.find(({ format }) => format.name === name)
  if (!chosen) {
    throw new FacetError('usage', `There is no data set format "${name}".`, {
      hint: suggestName(name, formats.map(format => format.name)),
    })
  }
  if (chosen.confidence === 0)
    throw new FacetError('bad-input', `This is no ${name} folder: ${chosen.why}.`, { where: listing.root, hint: looksLike(listing, chosen.format) ?? 'Check the path.' })
  return chosen
}

function describeListing({ files }: Listing): string {
  const images = files.filter(isImage)
  const atTop = images.filter(file => !file.includes('/')).length
  return `${counted(images.length, 'image')}, ${atTop} of them at its top, and ${counted(files.length - images.length, 'other file')}`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1
    ? ''
    : 's'}`
}

/** A hint that names the format a folder looks like, if it is not this one. */
export function looksLike(listing: Listing, not: DatasetFormat): string | null {
  const other = recogniseFormats(listing).find(({ format, confidence }) => format.name !== not.name && confidence >= 0.2)
  return other
    ? `It looks like ${other.format.name}: ${other.why}.`
    : null
}
