import type { Rejected } from '#shared/dataset.ts'
import type { PeopleImages } from './identities.ts'
import type { Listing } from './listing.ts'
import type { TsvRow } from './tsv.ts'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { archivedPath, mostArchivedBytes } from '#shared/files/archived-image.ts'
import { fileWithin } from '#shared/files/within.ts'
import { baseName, declareFormat, isImage, strangers } from './format.ts'
import { createPeople, identityOptions, identitySamples, publishedIdentities } from './identities.ts'
import { count, partNote } from './lists.ts'
import { tsvRows } from './tsv.ts'

const TABLE = /^(?:FaceImage[\w-]*|MsCeleb[\w-]*|Train(?:Val)?Data_\w+)\.tsv$/i
const PERSON = /^(?:m\.|\/m\/)(\w{2,12})$/i
const FACE = /(?:^|\/)(m\.\w{2,12})\/[^/]+\.[a-z]+$/i
/** Where person, rank, face and image stand, by the number of columns: faces (aligned or cropped), thumbnails, the low-shot sets. */
const COLUMNS: Record<number, { person: number, key: number[], image: number }> = {
  7: { person: 0, key: [0, 1, 4], image: 6 },
  6: { person: 0, key: [0, 2, 3], image: 5 },
  5: { person: 2, key: [0, 2, 3], image: 1 },
}
/** Rejected rows that are told one by one; of a damaged file there may be millions. */
const TOLD = 100_000
const WHOLE = 8_456_240
const PEOPLE = 99_892

/**
 * MS-Celeb-1M: a table with an image in base64 a line (FaceImageCroppedWithAlignment.tsv: Freebase id, rank, addresses, face, rectangle, image;
 * thumbnails and low-shot sets too), or folders m.0107_f with images. Guo et al. 2016; 8,456,240 faces of 99,892 people. Withdrawn in 2019.
 */
export const msCeleb = declareFormat({
  name: 'ms-celeb',
  title: 'MS-Celeb-1M (identity)',
  licence: 'Withdrawn by its publisher in 2019, who gave no right to use it further; the people on it were not asked.',
  obtained: 'Not to be had any more: withdrawn in 2019. Say how your copy was obtained, or use another data set.',
  aligned: false,
  options: z.strictObject({
    ...identityOptions,
    file: z.string().optional().describe('The table, where there are several'),
  }),
  published: options => publishedIdentities(WHOLE, PEOPLE, options),
  recognise(listing) {
    const tables = tablesOf(listing)
    const images = listing.files.filter(isImage)
    const named = images.filter(file => FACE.test(file)).length
    return tables.length > 0
      ? { confidence: images.length === 0 ? 1 : 0.9, why: `it has ${tables.map(baseName).slice(0, 3).join(', ')}` }
      : { confidence: images.length === 0 ? 0 : named / images.length, why: `${named} of ${images.length} images lie in a folder of a person, m.0107_f, and there is no FaceImage...tsv` }
  },
  async scan(listing, options) {
    const tables = tablesOf(listing)
    const { images, rejected, notes } = tables.length > 0 ? await imagesOfTable(listing, chooseTable(listing, tables, options.file)) : imagesOfFolders(listing)
    const { samples, tasks, notes: split } = identitySamples(images, options, listing.root)
    return {
      format: 'ms-celeb',
      samples,
      rejected,
      tasks,
      pairs: [],
      licence: this.licence,
      notes: ['MS-Celeb-1M was withdrawn by its publisher in 2019.', ...split, ...notes, ...partNote(images.personOf.length, WHOLE, 'faces')],
    }
  },
})

interface Found { images: PeopleImages, rejected: Rejected[], notes: string[] }

function tablesOf(listing: Listing): string[] {
  return listing.files.filter(file => TABLE.test(baseName(file)))
}

function chooseTable(listing: Listing, tables: string[], asked: string | undefined): string {
  const chosen = asked === undefined ? tables : tables.filter(table => table === asked || baseName(table) === asked)
  if (chosen.length === 1)
    return chosen[0]!
  throw new FacetError('bad-input', asked === undefined ? `The folder has ${tables.length} tables of MS-Celeb-1M, with the same faces in several ways.` : `Option file names "${asked}", which is not among the folder's tables.`, { where: listing.root, hint: `Say which with the option file: ${tables.join(', ')}.` })
}

async function imagesOfTable(listing: Listing, table: string): Promise<Found> {
  const file = fileWithin(listing.root, table, { what: 'The table', hint: 'Copy it into the folder.' })
  const [offsets, lengths, persons, keys]: [number[], number[], number[], number[]] = [[], [], [], []]
  const { people, numberOf } = createPeople()
  const rejected = listing.files.filter(isImage).map(path => ({ path, reason: `lies beside the table ${baseName(table)}, which holds the images` }))
  let refused = 0
  for await (const rows of tsvRows(file)) {
    for (const row of rows) {
      const found = imageOf(row)
      if ('person' in found) {
        offsets.push(found.offset)
        lengths.push(found.length)
        persons.push(numberOf(found.person))
        keys.push(found.key)
      }
      else if (refused++ < TOLD) {
        rejected.push({ path: `${table} line ${row.line}`, reason: `line ${row.line} of ${baseName(table)}: ${found.reason}` })
      }
    }
  }
  const twice = doubles(keys)
  const kept = Int32Array.from(offsets.keys()).filter(image => !twice.has(image))
  const pathOf = (image: number): string => archivedPath({ file: table, offset: offsets[image]!, length: lengths[image]! })
  for (const image of twice) {
    if (refused++ < TOLD)
      rejected.push({ path: pathOf(image), reason: 'the row of the same person, rank and face stands in the table already' })
  }
  return {
    images: { people, personOf: kept.map(image => persons[image]!), pathOf: place => pathOf(kept[place]!) },
    rejected,
    notes: refused > TOLD ? [`${count(refused)} rows are rejected; the first ${count(TOLD)} are told.`] : [],
  }
}

/** Person, place and a number that is the same for the same row; or what is wrong. */
function imageOf({ count: columns, fields }: TsvRow): { person: string, offset: number, length: number, key: number } | { reason: string } {
  const places = Object.hasOwn(COLUMNS, columns) ? COLUMNS[columns]! : undefined
  if (!places)
    return { reason: `it has ${columns} columns; faces have 7, thumbnails 6, low-shot sets 5` }
  const person = PERSON.exec(fields[places.person]!.text ?? '')?.[1]
  if (person === undefined)
    return { reason: `"${(fields[places.person]!.text ?? 'a long text').slice(0, 40)}" is no Freebase id like m.0107_f` }
  const { offset, length } = fields[places.image]!
  if (length > mostArchivedBytes)
    return { reason: `its image has ${count(length)} bytes of base64; at most ${count(mostArchivedBytes)} are read` }
  if (length === 0 || length % 4 !== 0)
    return { reason: `its image has ${length} bytes, which is no base64: the line is cut off` }
  return { person: `m.${person.toLowerCase()}`, offset, length, key: keyOf(places.key.map(place => fields[place]!.text ?? `${fields[place]!.length}`).join('\t')) }
}

/** 53 bits of a text (two FNV-1a hashes): among ten million rows two differing ones agree once in two hundred data sets. */
function keyOf(text: string): number {
  let [a, b] = [0x811C9DC5, 0x1234567]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code, 0x85EBCA6B) ^ (b >>> 13)
  }
  return (a >>> 0) * 2 ** 21 + ((b >>> 0) >>> 11)
}

/** Indexes of all but the first of each number. */
function doubles(keys: number[]): Set<number> {
  const sorted = Float64Array.from(keys).sort()
  const twice = new Set<number>()
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] === sorted[i - 1])
      twice.add(sorted[i]!)
  }
  if (twice.size === 0)
    return twice
  const seen = new Set<number>()
  const indexes = new Set<number>()
  keys.forEach((key, i) => {
    if (twice.has(key) && seen.has(key))
      indexes.add(i)
    else if (twice.has(key))
      seen.add(key)
  })
  return indexes
}

function imagesOfFolders(listing: Listing): Found {
  const rejected = strangers(listing.files)
  const { people, numberOf } = createPeople()
  const personOf: number[] = []
  const paths = listing.files.filter(isImage).filter((path) => {
    const person = FACE.exec(path)?.[1]?.toLowerCase()
    if (person === undefined)
      rejected.push({ path, reason: 'lies in no folder of a person, like m.0107_f' })
    else
      personOf.push(numberOf(person))
    return person !== undefined
  })
  return { images: { people, personOf, pathOf: image => paths[image]! }, rejected, notes: ['The images lie in folders, one a person.'] }
}
