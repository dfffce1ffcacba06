import type { Rejected, Sample, Task } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import path from 'node:path'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { baseName, declareFormat, isImage, strangers } from './format.ts'
import { append, count, createRoster, filesNamed, linesOf, partNote } from './lists.ts'
import { cutValidation, validationOptions } from './splits.ts'

const NAME = /^((?:train|test)_\d{4,5})(_aligned)?\.[a-z]+$/i
/** The published list is called "patition". */
const LIST = /^list_par?tition_label\.txt$/i
/** In the order of the labels 1 to 7. */
const EXPRESSIONS = ['Surprise', 'Fear', 'Disgust', 'Happiness', 'Sadness', 'Anger', 'Neutral']
const TASKS: Record<string, Task> = {
  expression: { kind: 'classification', label: 'expression', classes: EXPRESSIONS, protocol: 'split' },
}
const WHOLE = 15_339
/** Of these the published training part. */
const TRAIN = 12_271

/**
 * RAF-DB, the basic emotions: EmoLabel/list_patition_label.txt ("train_00001.jpg 5"), Image/original and Image/aligned; or class folders
 * train/1 to test/7. Li et al. 2017; 12,271 training and 3,068 test images of 7 expressions.
 */
export const rafdb = declareFormat({
  name: 'rafdb',
  title: 'RAF-DB (expression)',
  licence: 'Non-commercial research only, on request to the authors; not to be passed on.',
  obtained: 'On request with an academic address: whdeng.cn/RAF (the basic set).',
  aligned: false,
  options: z.strictObject({
    ...validationOptions,
    images: z.enum(['original', 'aligned']).optional().describe('Which of the two folders of images; original where it is there, since faces are found and aligned here all the same'),
  }),
  published: ({ validation }) => ({ samples: WHOLE, seen: Math.round(TRAIN * (1 - validation)), tasks: TASKS }),
  recognise(listing) {
    const images = listing.files.filter(isImage)
    const named = images.filter(file => NAME.test(baseName(file)))
    const hasList = filesNamed(listing, LIST).length > 0
    const inClass = named.filter(file => classFolderOf(file) !== null).length
    const share = images.length === 0 ? 0 : (hasList ? named.length : inClass * 0.9) / images.length
    return {
      confidence: share,
      why: `${named.length} of ${images.length} images are named train_00001 or test_0001, ${hasList ? 'with list_patition_label.txt' : `${inClass} of them in class folders 1 to 7, without list_patition_label.txt`}`,
    }
  },
  async scan(listing, options) {
    const lists = filesNamed(listing, LIST)
    const list = lists.find(file => /basic/i.test(file)) ?? lists[0]
    const { images, kind, passedOver, rejected } = chooseImages(listing, list, options.images)
    const { classes, rows, notes } = list === undefined
      ? labelsOfFolders(images)
      : await labelsOfList(listing, list, images)
    append(rejected, rows)
    const labelled = [...classes].map(([file, stratum]) => ({ path: file, stratum: String(stratum), isTest: baseName(file).toLowerCase().startsWith('test') }))
    const { splits, note } = cutValidation(labelled, options)
    const samples = labelled.map(({ path: file }): Sample => ({
      path: file,
      labels: { expression: classes.get(file)! },
      split: splits.get(file)!,
      subject: null,
      unseen: false,
    }))
    return {
      format: 'rafdb',
      samples,
      rejected,
      tasks: TASKS,
      pairs: [],
      licence: this.licence,
      notes: [
        `Test is the published one. ${note}`,
        ...passedOver > 0 ? [`The images are the ${kind} ones; ${count(passedOver)} others of the same photographs are passed over (option images).`] : [],
        ...notes,
        ...partNote(samples.length, WHOLE, 'images'),
      ],
    }
  },
})

interface Chosen { images: Map<string, string>, kind: 'original' | 'aligned', passedOver: number, rejected: Rejected[] }

/** The images by their name in the list, one of each. */
function chooseImages(listing: Listing, list: string | undefined, asked: 'original' | 'aligned' | undefined): Chosen {
  const base = list === undefined ? '' : /(?:^|\/)EmoLabel$/i.test(path.posix.dirname(list)) ? path.posix.dirname(path.posix.dirname(list)) : path.posix.dirname(list)
  const rejected = strangers(listing.files)
  const found = listing.files.filter(isImage).flatMap((file) => {
    const match = NAME.exec(baseName(file))
    if (!match)
      rejected.push({ path: file, reason: 'name is not train_00001 or test_0001, perhaps with _aligned' })
    else if (base !== '.' && base !== '' && !file.startsWith(`${base}/`))
      rejected.push({ path: file, reason: `lies outside ${base}, the folder of ${list}` })
    return match && (base === '.' || base === '' || file.startsWith(`${base}/`))
      ? [{ file, key: match[1]!.toLowerCase(), kind: match[2] ? 'aligned' as const : 'original' as const }]
      : []
  })
  const kind = asked ?? (found.some(each => each.kind === 'original') ? 'original' : 'aligned')
  const ofKind = found.filter(each => each.kind === kind)
  if (ofKind.length === 0)
    throw new FacetError('bad-input', `No ${kind} images of RAF-DB are here.`, { where: listing.root, hint: asked ? 'Leave the option images out.' : 'Give the folder that holds EmoLabel and Image.' })
  const images = new Map<string, string>()
  for (const { file, key } of ofKind) {
    if (images.has(key))
      rejected.push({ path: file, reason: `is ${key} once more (${images.get(key)})` })
    else
      images.set(key, file)
  }
  return { images, kind, passedOver: found.length - ofKind.length, rejected }
}

interface Labels { classes: Map<string, number>, rows: Rejected[], notes: string[] }

async function labelsOfList(listing: Listing, list: string, images: Map<string, string>): Promise<Labels> {
  const roster = createRoster<number>(baseName(list))
  for await (const { text, line } of linesOf(listing, list)) {
    const [name = '', label = '', ...more] = text.trim().split(/\s+/)
    if (!NAME.test(name) || more.length > 0)
      roster.refuse(name, line, `"${text.slice(0, 80)}" is not an image and its label, like "train_00001.jpg 5"`)
    else if (!/^[1-7]$/.test(label))
      roster.refuse(name, line, `label "${label.slice(0, 20)}" is not 1 to 7`)
    else
      roster.add({ file: images.get(NAME.exec(name)![1]!.toLowerCase()), named: name, line, value: Number(label) - 1 })
  }
  const classes = roster.values()
  const told = new Set([...classes.keys(), ...roster.rejected().map(({ path: file }) => file)])
  return {
    classes,
    rows: [...roster.rejected(), ...[...images.values()].filter(file => !told.has(file)).map(file => ({ path: file, reason: `is not in the list ${baseName(list)}` }))],
    notes: roster.notes(),
  }
}

function labelsOfFolders(images: Map<string, string>): Labels {
  const files = [...images.values()]
  return {
    classes: new Map(files.flatMap((file): [string, number][] => {
      const label = classFolderOf(file)
      return label === null ? [] : [[file, label - 1]]
    })),
    rows: files.filter(file => classFolderOf(file) === null).map(file => ({ path: file, reason: 'lies in no class folder 1 to 7' })),
    notes: ['Labels are those of the class folders: there is no list_patition_label.txt.'],
  }
}

function classFolderOf(file: string): number | null {
  const folder = file.split('/').at(-2) ?? ''
  return /^[1-7]$/.test(folder) ? Number(folder) : null
}
