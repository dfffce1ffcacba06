import type { Rejected, Sample, Split, Task } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import path from 'node:path'
import { z } from 'zod'
import { packAttributes } from '#shared/attributes.ts'
import { FacetError } from '#shared/errors.ts'
import { baseName, declareFormat, isImage, numbered, strangers } from './format.ts'
import { append, count, createRoster, filesNamed, linesOf, partNote } from './lists.ts'

const NAME = /^(\d{6})\.(?:jpe?g|png)$/i
const FOLDER = /(?:^|\/)img_(?:align_)?celeba(?:_png)?\//i
const ALIGNED = /(?:^|\/)[^/]*align[^/]*\//i
const ATTRIBUTES = /^list_attr_celeba\.(?:txt|csv)$/i
const PARTITION = /^list_eval_partition\.(?:txt|csv)$/i
const IDENTITY = /^identity_celeba\.(?:txt|csv)$/i
const PARTS: Split[] = ['train', 'validation', 'test']
/** The published parts follow the numbers: 162,770 train, 19,867 validation, 19,962 test. */
const LAST_TRAIN = 162_770
const LAST_VALIDATION = 182_637
const WHOLE = 202_599
const PEOPLE = 10_177

/** CelebA: list_attr_celeba.txt, list_eval_partition.txt (or .csv) and the images in the wild or aligned. Liu et al. 2015; 202,599 images, 40 attributes. */
export const celeba = declareFormat({
  name: 'celeba',
  title: 'CelebA (40 attributes)',
  licence: 'Non-commercial research only; not to be passed on. The images\' rights stay with their owners.',
  obtained: 'Free download for research: mmlab.ie.cuhk.edu.hk/projects/CelebA.html.',
  aligned: false,
  options: z.strictObject({
    images: z.enum(['original', 'aligned']).optional().describe('img_celeba (in the wild) or img_align_celeba; original where it is there, since faces are found and aligned here all the same'),
  }),
  published: () => ({ samples: WHOLE, seen: LAST_TRAIN, subjects: PEOPLE, tasks: tasksOf(numbered('attribute', 40)) }),
  recognise(listing) {
    const images = listing.files.filter(isImage)
    const named = images.filter(file => NAME.test(baseName(file)))
    const hasList = filesNamed(listing, ATTRIBUTES).length > 0
    const inFolder = named.filter(file => FOLDER.test(file)).length
    return {
      confidence: images.length === 0 ? 0 : (hasList ? named.length : inFolder * 0.5) / images.length,
      why: `${named.length} of ${images.length} images are named 000001.jpg, ${hasList ? 'with' : 'without'} list_attr_celeba`,
    }
  },
  async scan(listing, options) {
    const { images, kind, passedOver, rejected } = chooseImages(listing, options.images)
    const { attributes, labels, notes } = await readAttributes(listing, images, rejected)
    const parts = await readNumbers(listing, PARTITION, images, value => /^[0-2]$/.test(value), 'part "%" is not 0, 1 or 2', rejected)
    const people = await readNumbers(listing, IDENTITY, images, value => /^\d{1,6}$/.test(value), 'person "%" is no number', rejected)
    const samples: Sample[] = []
    for (const [file, word] of labels) {
      const part = parts ? parts.get(file) : partOfNumber(file)
      if (part === undefined)
        rejected.push({ path: file, reason: 'is not in the list list_eval_partition' })
      else
        samples.push({ path: file, labels: { attributes: word }, split: PARTS[part]!, subject: people?.has(file) ? String(people.get(file)) : null, unseen: false })
    }
    return {
      format: 'celeba',
      samples,
      rejected,
      tasks: tasksOf(attributes),
      pairs: [],
      licence: this.licence,
      notes: [
        parts ? 'Split by list_eval_partition.' : 'There is no list_eval_partition: split by number as published (train to 162770, validation to 182637, test to 202599).',
        ...passedOver > 0 ? [`The images are the ${kind} ones; ${count(passedOver)} others of the same photographs are passed over (option images).`] : [],
        ...attributes.length === 40 ? [] : [`The list has ${attributes.length} attributes; the published one has 40.`],
        ...notes,
        ...partNote(samples.length, WHOLE, 'images'),
      ],
    }
  },
})

function tasksOf(attributes: string[]): Record<string, Task> {
  return {
    attributes: { kind: 'attributes', label: 'attributes', attributes, protocol: 'split' },
  }
}

function partOfNumber(file: string): number | undefined {
  const number = Number(NAME.exec(baseName(file))![1])
  return number < 1 || number > WHOLE ? undefined : number <= LAST_TRAIN ? 0 : number <= LAST_VALIDATION ? 1 : 2
}

/** The images by their number, one of each. */
function chooseImages(listing: Listing, asked: 'original' | 'aligned' | undefined): { images: Map<string, string>, kind: string, passedOver: number, rejected: Rejected[] } {
  const rejected = strangers(listing.files)
  const named = listing.files.filter(isImage).filter((file) => {
    const isNamed = NAME.test(baseName(file))
    if (!isNamed)
      rejected.push({ path: file, reason: 'name is not a number of six digits, like 000001.jpg' })
    return isNamed
  })
  const kind = asked ?? (named.some(file => !ALIGNED.test(file)) ? 'original' : 'aligned')
  const chosen = named.filter(file => ALIGNED.test(file) === (kind === 'aligned'))
  if (chosen.length === 0)
    throw new FacetError('bad-input', `No ${kind} images of CelebA are here.`, { where: listing.root, hint: asked ? 'Leave the option images out.' : 'Give the folder that holds Img and Anno.' })
  const images = new Map<string, string>()
  for (const file of chosen) {
    const number = NAME.exec(baseName(file))![1]!
    if (images.has(number))
      rejected.push({ path: file, reason: `is ${number} once more (${images.get(number)})` })
    else
      images.set(number, file)
  }
  return { images, kind, passedOver: named.length - chosen.length, rejected }
}

/** The fields of a row, whether it is separated by commas or by spaces. */
function fieldsOf(text: string): string[] {
  return text.includes(',') ? text.split(',').map(field => field.trim()) : text.trim().split(/\s+/)
}

/** Reads the names of the attributes and a word of 1 and 0 for each image. */
async function readAttributes(listing: Listing, images: Map<string, string>, rejected: Rejected[]): Promise<{ attributes: string[], labels: Map<string, string>, notes: string[] }> {
  const list = filesNamed(listing, ATTRIBUTES)[0]
  if (list === undefined)
    throw new FacetError('bad-input', 'list_attr_celeba.txt is not here: nothing says what the faces have.', { where: listing.root, hint: 'Give the folder above, or copy Anno/list_attr_celeba.txt into it. Without labels: --format images.' })
  const roster = createRoster<string>(baseName(list))
  let attributes: string[] | undefined
  let promised: number | undefined
  let rows = 0
  for await (const { text, line, where } of linesOf(listing, list)) {
    const fields = fieldsOf(text)
    if (attributes === undefined && promised === undefined && /^\d+$/.test(text.trim())) {
      promised = Number(text)
    }
    else if (attributes === undefined) {
      attributes = requireNames(fields[0]?.toLowerCase() === 'image_id' ? fields.slice(1) : fields, where)
    }
    else {
      rows++
      readRow(fields, attributes.length, line)
    }
  }
  if (attributes === undefined)
    throw new FacetError('bad-input', 'The list names no attributes.', { where: path.join(listing.root, list), hint: 'Take list_attr_celeba.txt as it was published.' })
  const labels = roster.values()
  append(rejected, roster.rejected())
  append(rejected, unnamed(images, labels, roster.rejected(), baseName(list)))
  return {
    attributes,
    labels,
    notes: [...roster.notes(), ...promised !== undefined && promised !== rows ? [`${baseName(list)} says it has ${count(promised)} rows and has ${count(rows)}: it is not whole.`] : []],
  }

  function readRow(fields: string[], wanted: number, line: number): void {
    const [named = '', ...values] = fields
    const wrong = values.find(value => value !== '1' && value !== '-1')
    if (values.length !== wanted)
      roster.refuse(named, line, `it has ${values.length} attributes where ${wanted} belong`)
    else if (wrong !== undefined)
      roster.refuse(named, line, `attribute "${wrong.slice(0, 20)}" is not 1 or -1`)
    else
      roster.add({ file: imageOf(images, named), named, line, value: packAttributes(values.map(value => value === '1')) })
  }
}

function requireNames(names: string[], where: string): string[] {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (names.length < 2 || twice !== undefined || NAME.test(names[0]!))
    throw new FacetError('bad-input', twice === undefined ? 'The line is not a list of attributes.' : `The line names the attribute "${twice.slice(0, 40)}" twice.`, { where, hint: 'Take list_attr_celeba.txt as it was published: the number of images, the names, then a row an image.' })
  return names
}

function imageOf(images: Map<string, string>, named: string): string | undefined {
  return images.get(NAME.exec(named)?.[1] ?? '')
}

/** A list of "000001.jpg NUMBER"; null where there is none. */
async function readNumbers(listing: Listing, name: RegExp, images: Map<string, string>, isRight: (value: string) => boolean, wrong: string, rejected: Rejected[]): Promise<Map<string, number> | null> {
  const list = filesNamed(listing, name)[0]
  if (list === undefined)
    return null
  const roster = createRoster<number>(baseName(list))
  for await (const { text, line } of linesOf(listing, list)) {
    const [named = '', value = ''] = fieldsOf(text)
    if (line === 1 && named.toLowerCase() === 'image_id')
      continue
    if (isRight(value))
      roster.add({ file: imageOf(images, named), named, line, value: Number(value) })
    else
      roster.refuse(named, line, wrong.replace('%', value.slice(0, 20)))
  }
  append(rejected, roster.rejected())
  return roster.values()
}

function unnamed(images: Map<string, string>, labels: Map<string, unknown>, told: Rejected[], list: string): Rejected[] {
  const known = new Set([...labels.keys(), ...told.map(({ path: file }) => file)])
  return [...images.values()].filter(file => !known.has(file)).map(file => ({ path: file, reason: `is not in the list ${list}` }))
}
