import type { Rejected, Sample, Split, Task } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import type { MatField } from './mat.ts'
import path from 'node:path'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { fileWithin } from '#shared/files/within.ts'
import { ageClassOf, AgeEdges, ageTasks } from './ages.ts'
import { baseName, declareFormat, isImage, strangers } from './format.ts'
import { append, count, createRoster, filesNamed } from './lists.ts'
import { readMatStruct } from './mat.ts'
import { hashFraction, partOf } from './splits.ts'

const TABLE = /^(?:imdb|wiki)\.mat$/i
/** A folder of two digits, then person, birth and year: 01/nm0000001_rm124825600_1899-5-10_1968.jpg. */
const NAME = /(?:^|\/)\d{2}\/[^/]*_\d{4}-\d{1,2}-\d{1,2}_\d{4}\.[a-z]+$/i
const FIELDS = ['dob', 'photo_taken', 'full_path', 'gender', 'face_score', 'second_face_score'] as const
/** Says who is who in both tables; tables cut down by others may lack it. */
const PERSON = 'name'
const GENDERS = ['female', 'male'] // as the table codes them: 0 female, 1 male
/** MATLAB counts days from the year 0; this is 1 January 1970. */
const DATENUM_1970 = 719_529
const MS_A_DAY = 86_400_000
const OLDEST = 100
const SHARES = { train: 0.8, validation: 0.1 }
const WHOLE: Record<string, number> = { imdb: 460_723, wiki: 62_328 }

/**
 * IMDB-WIKI: imdb.mat and wiki.mat (MATLAB, version 5) beside the folders of images. Rothe et al. 2015; 460,723 + 62,328 photographs.
 * The age is that on 1 July of the year in which the photograph was taken, as the authors state it.
 */
export const imdbWiki = declareFormat({
  name: 'imdb-wiki',
  title: 'IMDB-WIKI (age, gender)',
  licence: 'Academic research only; the images\' rights stay with their owners. Labels come from web pages and are often wrong.',
  obtained: 'Free download for research: data.vision.ee.ethz.ch/cvl/rrothe/imdb-wiki (imdb_crop, wiki_crop).',
  aligned: false,
  options: z.strictObject({
    ageEdges: AgeEdges,
    leastFaceScore: z.number().min(0).default(1).describe('Photographs whose face score is lower are rejected, with those that have none'),
    secondFace: z.enum(['reject', 'keep']).default('reject').describe('Photographs with a second face: nobody knows whose the age is'),
    splitSeed: z.int().min(0).default(0).describe('Which people those of validation and test are'),
  }),
  published: (options) => {
    const samples = WHOLE.imdb! + WHOLE.wiki!
    return { samples, seen: Math.round(samples * SHARES.train), tasks: tasksOf([0, OLDEST], options.ageEdges) }
  },
  recognise(listing) {
    const images = listing.files.filter(isImage)
    const named = images.filter(file => NAME.test(file)).length
    const tables = filesNamed(listing, TABLE)
    return {
      confidence: images.length === 0 ? 0 : named / images.length * (tables.length > 0 ? 1 : 0.6),
      why: `${named} of ${images.length} images are named NN/PERSON_BIRTH_YEAR.jpg, ${tables.length > 0 ? `with ${tables.map(baseName).join(' and ')}` : 'without imdb.mat or wiki.mat'}`,
    }
  },
  async scan(listing, options) {
    const tables = filesNamed(listing, TABLE)
    if (tables.length === 0)
      throw new FacetError('bad-input', 'Neither imdb.mat nor wiki.mat is here: nothing says how old the people are.', { where: listing.root, hint: 'Copy it from the download into the folder above the images. Without labels: --format images.' })
    const rejected = strangers(listing.files)
    const samples: Sample[] = []
    const notes: string[] = []
    const images = listing.files.filter(isImage)
    for (const table of tables) {
      const read = await readTable(listing, images, table, options)
      append(samples, read.samples)
      append(rejected, read.rejected)
      notes.push(...read.notes)
    }
    append(rejected, unnamed(images, samples, rejected, tables))
    const ages = samples.map(({ labels }) => Number(labels.age))
    return {
      format: 'imdb-wiki',
      samples,
      rejected,
      tasks: tasksOf(ages, options.ageEdges),
      pairs: [],
      licence: this.licence,
      notes: [
        `Age on 1 July of the year of the photograph. Split by person (of one name, whichever table names them): SHA-256 of "${options.splitSeed}/person" as a fraction, below ${SHARES.train} train, below ${SHARES.train + SHARES.validation} validation, else test.`,
        ...notes,
      ],
    }
  },
})

function tasksOf(ages: number[], edges: number[]): Record<string, Task> {
  return {
    ...ageTasks(ages, edges, 'split'),
    gender: { kind: 'classification', label: 'gender', classes: GENDERS, protocol: 'split' },
  }
}

interface Options { ageEdges: number[], leastFaceScore: number, secondFace: 'reject' | 'keep', splitSeed: number }
interface Read { samples: Sample[], rejected: Rejected[], notes: string[] }
type Columns = Record<Exclude<typeof FIELDS[number], 'full_path'>, Float64Array> & { full_path: string[] }
interface Entry { age: number, gender: number | null }

async function readTable(listing: Listing, images: string[], table: string, options: Options): Promise<Read> {
  const name = baseName(table).slice(0, 4).toLowerCase()
  const where = fileWithin(listing.root, table, { what: 'The table', hint: 'Copy it into the folder.' })
  const fields = await readMatStruct(where, name, [...FIELDS, PERSON])
  const columns = requireColumns(fields, where)
  const subjects = subjectsOf(name, columns.full_path, fields.get(PERSON), where)
  const roster = createRoster<Entry>(baseName(table))
  const folder = path.posix.dirname(table) === '.' ? '' : `${path.posix.dirname(table)}/`
  const known = new Set(images)
  const reasons = new Map<string, number>()
  columns.full_path.forEach((named, i) => {
    const file = `${folder}${named}`
    const entry = entryOf(columns, i, options)
    if (typeof entry === 'string' && known.has(file)) {
      roster.refuse(file, i + 1, entry)
      reasons.set(entry, (reasons.get(entry) ?? 0) + 1)
    }
    else {
      roster.add({ file: known.has(file) ? file : undefined, named, line: i + 1, value: entry as Entry })
    }
  })
  const samples = [...roster.values()].map(([file, { age, gender }]): Sample => {
    const subject = subjects.of(file)
    const split: Split = partOf(hashFraction(`${options.splitSeed}/${subject}`), SHARES)
    return { path: file, labels: { age, 'age-class': ageClassOf(age, options.ageEdges), ...gender !== null && { gender } }, split, subject, unseen: false }
  })
  return {
    samples,
    rejected: roster.rejected(),
    notes: [
      `${baseName(table)} lists ${count(columns.full_path.length)} photographs (published: ${count(WHOLE[name]!)}); ${count(samples.length)} of them are used.`,
      ...reasons.size > 0 ? [`Rejected by what ${baseName(table)} says: ${[...reasons].map(([reason, times]) => `${count(times)} ${reason}`).join('; ')}.`] : [],
      ...subjects.unnamed > 0 ? [`${baseName(table)} does not name ${count(subjects.unnamed)} of its people: they are told apart by number, and whoever of them is in the other table too counts as two.`] : [],
      ...roster.notes().map(note => note.replaceAll(' rows ', ' entries ').replace(' in line ', ' in entry ')),
    ],
  }
}

/**
 * Who is in a photograph: by name, since each table numbers people in its own way and many are in both; by number where no entry of that
 * number has a name. Namesakes count as one person, which keeps people apart all the same.
 */
function subjectsOf(table: string, paths: string[], names: MatField | undefined, where: string): { of: (file: string) => string, unnamed: number } {
  if (names && (!Array.isArray(names) || names.length !== paths.length))
    throw new FacetError('bad-input', `The field "${PERSON}" of the table does not name each of its ${count(paths.length)} photographs.`, { where, hint: 'Take imdb.mat or wiki.mat as it was published.' })
  const known = new Map<string, string>()
  paths.forEach((file, i) => {
    const [number, person] = [numberOf(file), names?.[i] ? nameKey(names[i] as string) : '']
    known.set(number, known.get(number) || person)
  })
  return {
    of: file => known.get(numberOf(file)) || `${table}/${numberOf(file)}`,
    unnamed: [...known.values()].filter(person => !person).length,
  }
}

function numberOf(file: string): string {
  return baseName(file).split('_')[0]!
}

/** "Fred  Astaire" and "fred astaire" are one. */
function nameKey(name: string): string {
  return name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
}

/** Age and gender of an entry, or why it is not used. */
function entryOf(columns: Columns, i: number, { leastFaceScore, secondFace }: Options): Entry | string {
  const [score, second, gender] = [columns.face_score[i]!, columns.second_face_score[i]!, columns.gender[i]!]
  if (!Number.isFinite(score))
    return 'without a face'
  if (score < leastFaceScore)
    return `with a face score below ${leastFaceScore}`
  if (secondFace === 'reject' && !Number.isNaN(second))
    return 'with a second face'
  const age = ageOf(columns.dob[i]!, columns.photo_taken[i]!)
  if (age === null || age < 0 || age > OLDEST)
    return `whose age is not 0 to ${OLDEST}`
  if (!Number.isNaN(gender) && gender !== 0 && gender !== 1)
    return 'whose gender is neither 0 nor 1'
  return { age, gender: Number.isNaN(gender) ? null : gender }
}

/** Whole years on 1 July of the year `taken` of somebody born on the MATLAB day number `dob`; null where one of them is no date. */
export function ageOf(dob: number, taken: number): number | null {
  const born = new Date((Math.floor(dob) - DATENUM_1970) * MS_A_DAY)
  if (Number.isNaN(born.getTime()) || !Number.isInteger(taken) || dob < 1)
    return null
  const isAfterJulyFirst = born.getUTCMonth() > 6 || (born.getUTCMonth() === 6 && born.getUTCDate() > 1)
  return taken - born.getUTCFullYear() - Number(isAfterJulyFirst)
}

function requireColumns(fields: Map<string, MatField>, where: string): Columns {
  const missing = FIELDS.filter(field => !fields.has(field))
  if (missing.length > 0)
    throw new FacetError('bad-input', `The table lacks ${missing.join(', ')}.`, { where, hint: 'Take imdb.mat or wiki.mat as it was published.' })
  const wrong = FIELDS.filter(field => Array.isArray(fields.get(field)) !== (field === 'full_path'))
  if (wrong.length > 0)
    throw new FacetError('bad-input', `${wrong.join(', ')} of the table is of the wrong kind.`, { where, hint: 'Take imdb.mat or wiki.mat as it was published.' })
  const lengths = new Set(FIELDS.map(field => fields.get(field)!.length))
  if (lengths.size > 1)
    throw new FacetError('bad-input', `The fields of the table have different lengths: ${FIELDS.map(field => `${field} ${count(fields.get(field)!.length)}`).join(', ')}.`, { where, hint: 'Take imdb.mat or wiki.mat as it was published.' })
  return Object.fromEntries(fields) as unknown as Columns
}

function unnamed(images: string[], samples: Sample[], rejected: Rejected[], tables: string[]): Rejected[] {
  const told = new Set([...samples.map(({ path: file }) => file), ...rejected.map(({ path: file }) => file)])
  return images.filter(file => !told.has(file)).map(file => ({ path: file, reason: `is not in the list ${tables.map(baseName).join(' or ')}` }))
}
