import type { Sample, Task } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import type { Roster } from './lists.ts'
import path from 'node:path'
import { z } from 'zod'
import { packAttributes } from '#shared/attributes.ts'
import { FacetError } from '#shared/errors.ts'
import { baseName, declareFormat, isImage, strangers } from './format.ts'
import { append, count, createRoster, filesNamed, linesOf } from './lists.ts'
import { hashFraction, partOf } from './splits.ts'

const NAME = /(?:^|\/)N_\d{6,12}_\d+\.[a-z]+$/i
const LIST = /^(?:dataFile_\d[^/]*|[^/]*emotionet[^/]*)\.(?:csv|tsv|txt)$/i
const UNIT_COLUMN = /^AU\s?(\d{1,2})$/i
/** Lists without a header have an image, its source, and a column for each action unit from 1 to this. */
const UNITS = 60
const NOT_CODED = '999'
const SHARES = { train: 0.8, validation: 0.1 }

/**
 * EmotioNet: lists of image addresses with action units (1 seen, 0 not, 999 not coded) and the images fetched from there, in folders N_0000000001
 * or all in one. Fabian Benitez-Quiroz et al. 2016; about a million addresses, many of them gone. Without a list the faces serve without labels.
 */
export const emotionet = declareFormat({
  name: 'emotionet',
  title: 'EmotioNet (action units)',
  licence: 'Non-commercial research only, under an agreement; the images\' rights stay with their owners.',
  obtained: 'On request to the Ohio State University (cbcsl.ece.ohio-state.edu); addresses only, the images are fetched from there.',
  aligned: false,
  options: z.strictObject({
    splitSeed: z.int().min(0).default(0).describe('Which images validation and test get'),
  }),
  recognise(listing) {
    const images = listing.files.filter(isImage)
    const named = images.filter(file => NAME.test(file)).length
    const lists = filesNamed(listing, LIST).length
    return {
      confidence: images.length === 0 ? 0 : named / images.length * (lists > 0 ? 1 : 0.8),
      why: `${named} of ${images.length} images are named N_0000000001_00001.jpg, ${lists > 0 ? `with ${count(lists)} lists` : 'without a list'}`,
    }
  },
  async scan(listing, options) {
    const rejected = strangers(listing.files)
    const images = new Map<string, string>()
    for (const file of listing.files.filter(isImage)) {
      const name = baseName(file).toLowerCase()
      if (!NAME.test(file))
        rejected.push({ path: file, reason: 'name is not like N_0000000001_00001.jpg' })
      else if (images.has(name))
        rejected.push({ path: file, reason: `is ${name} once more (${images.get(name)})` })
      else
        images.set(name, file)
    }
    const { units, words, rows, notes } = await readLists(listing, images)
    append(rejected, rows)
    const told = new Set(rejected.map(({ path: file }) => file))
    const unlabelled = [...images.values()].filter(file => !words.has(file) && !told.has(file))
    const samples = [...words.keys(), ...unlabelled].map((file): Sample => ({
      path: file,
      labels: words.has(file) ? { 'action-units': words.get(file)! } : {},
      split: words.has(file) ? partOf(hashFraction(`${options.splitSeed}/${baseName(file).toLowerCase()}`), SHARES) : null,
      subject: null,
      unseen: false,
    }))
    return {
      format: 'emotionet',
      samples,
      rejected,
      tasks: tasksOf(units),
      pairs: [],
      licence: this.licence,
      notes: [
        units.length > 0
          ? `Split by the SHA-256 of "${options.splitSeed}/name" as a fraction: below ${SHARES.train} train, below ${SHARES.train + SHARES.validation} validation, else test. The publisher's own test images are not labelled here.`
          : 'There is no list of action units: the faces serve without labels only.',
        ...unlabelled.length > 0 && units.length > 0 ? [`${count(unlabelled.length)} images stand in no list and serve without labels.`] : [],
        ...notes,
      ],
    }
  },
})

function tasksOf(units: string[]): Record<string, Task> {
  return units.length > 0
    ? { 'action-units': { kind: 'attributes', label: 'action-units', attributes: units, protocol: 'split' } }
    : {}
}

interface Lists { units: string[], words: Map<string, string>, rows: { path: string, reason: string }[], notes: string[] }

/** Reads every list. Action units that are coded for no image are left out. */
async function readLists(listing: Listing, images: Map<string, string>): Promise<Lists> {
  const coded = new Set<number>()
  const lists: Lists = { units: [], words: new Map(), rows: [], notes: [] }
  const codes = new Map<string, Map<number, boolean>>()
  for (const list of filesNamed(listing, LIST)) {
    const roster = createRoster<[number, boolean][]>(baseName(list))
    await readList(listing, list, images, roster)
    for (const [file, units] of roster.values()) {
      const known = codes.get(file)
      if (known && units.some(([unit, isSeen]) => known.has(unit) && known.get(unit) !== isSeen)) {
        codes.delete(file)
        lists.rows.push({ path: file, reason: `${baseName(list)} says something else of the image than another list, so neither is used` })
        continue
      }
      codes.set(file, new Map([...known ?? [], ...units]))
      units.forEach(([unit]) => coded.add(unit))
    }
    append(lists.rows, roster.rejected())
    lists.notes.push(...roster.notes())
  }
  const numbers = [...coded].sort((a, b) => a - b)
  lists.units = numbers.map(unit => `AU${unit}`)
  const refused = new Set(lists.rows.map(({ path: file }) => file))
  for (const [file, units] of codes) {
    if (!refused.has(file))
      lists.words.set(file, packAttributes(numbers.map(unit => units.get(unit) ?? null)))
  }
  return lists
}

async function readList(listing: Listing, list: string, images: Map<string, string>, roster: Roster<[number, boolean][]>): Promise<void> {
  let columns: (number | null)[] | undefined
  for await (const { text, line, where } of linesOf(listing, list)) {
    const fields = text.split(text.includes('\t') ? '\t' : ',').map(field => field.trim().replaceAll(/^['"]+|['"]+$/g, '').trim())
    if (columns === undefined) {
      columns = columnsOf(fields, where)
      if (UNIT_COLUMN.test(fields.at(-1)!))
        continue
    }
    const named = fields[0]!
    const file = images.get(path.posix.basename(named).toLowerCase())
    const units = unitsOf(fields, columns)
    if (typeof units === 'string')
      roster.refuse(file ?? named, line, units)
    else
      roster.add({ file, named, line, value: units })
  }
}

/** The action unit of each column, by the header or by their number. */
function columnsOf(fields: string[], where: string): (number | null)[] {
  const byName = fields.map(field => UNIT_COLUMN.exec(field)?.[1])
  const columns = byName.some(unit => unit !== undefined)
    ? byName.map(unit => unit === undefined ? null : Number(unit))
    : fields.length === UNITS + 2 ? fields.map((_, i) => i < 2 ? null : i - 1) : null
  if (columns === null || new Set(columns.filter(unit => unit !== null)).size !== columns.filter(unit => unit !== null).length)
    throw new FacetError('bad-input', `The list has ${fields.length} columns and none is named like "AU 1"; without a header it has ${UNITS + 2}: the address, its source and action units 1 to ${UNITS}.`, { where, hint: 'Take the list as it was published, or give it another name if it belongs to something else.' })
  return columns
}

/** What is coded, by action unit; or what is wrong. */
function unitsOf(fields: string[], columns: (number | null)[]): [number, boolean][] | string {
  if (fields.length !== columns.length)
    return `it has ${fields.length} fields where ${columns.length} belong`
  const units: [number, boolean][] = []
  for (const [i, unit] of columns.entries()) {
    if (unit === null || fields[i] === NOT_CODED || fields[i] === '')
      continue
    if (fields[i] !== '0' && fields[i] !== '1')
      return `action unit ${unit} is "${fields[i]!.slice(0, 20)}", not 0, 1 or ${NOT_CODED}`
    units.push([unit, fields[i] === '1'])
  }
  return units
}
