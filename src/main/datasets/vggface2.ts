import type { Rejected, Sample, Split, Task } from '#shared/dataset.ts'
import type { IdentitySplit } from './identities.ts'
import type { Listing } from './listing.ts'
import path from 'node:path'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { baseName, declareFormat, isImage, shareOf, strangers } from './format.ts'
import { createPeople, identityOptions, identitySamples, publishedIdentities, shareOfFaces, thin } from './identities.ts'
import { append, count, filesNamed, linesOf, partNote } from './lists.ts'
import { hashFraction } from './splits.ts'

const FACE = /(?:^|\/)(n\d{6})\/[^/]+\.[a-z]+$/i
const PART = /(?:^|_)(train|test)(?:_|$)/i
const GENDER_TASKS: Record<string, Task> = {
  gender: { kind: 'classification', label: 'gender', classes: ['male', 'female'], protocol: 'split' },
}
const WHOLE = 3_311_286
/** Images of the 500 people of test. */
const TEST = 169_396
const [TRAIN_PEOPLE, TEST_PEOPLE] = [8631, 500]

type Part = 'train' | 'test'
interface Face { path: string, person: string, part: Part }

/**
 * VGGFace2: train/n000002/0001_01.jpg and test/n000001/..., with train_list.txt, test_list.txt and identity_meta.csv where they are there.
 * Cao et al. 2018; 3.31 million images of 8,631 people to train with and 500 others to test with.
 */
export const vggface2 = declareFormat({
  name: 'vggface2',
  title: 'VGGFace2 (identity, gender)',
  licence: 'Research only; no longer distributed by its authors. The images\' rights stay with their owners.',
  obtained: 'Its authors have withdrawn it; copies of earlier downloads only.',
  aligned: false,
  options: z.strictObject({
    task: z.enum(['identity', 'gender']).default('identity').describe('identity: the people of train are classes, and part of each one\'s images is kept for validation and test; gender: by person, a share of the people of train for validation, tested on the people of test'),
    ...identityOptions,
  }),
  published: (options) => {
    const train = publishedIdentities(WHOLE - TEST, TRAIN_PEOPLE, options)
    const all = { ...train, samples: train.samples + TEST, subjects: TRAIN_PEOPLE + TEST_PEOPLE }
    return options.task === 'identity' ? all : { ...all, seen: Math.round(train.samples * (1 - options.validation)), tasks: GENDER_TASKS }
  },
  recognise(listing) {
    const images = listing.files.filter(isImage)
    const share = shareOf(images.filter(file => FACE.test(file)).length, images.length, 'lie in a folder of a person, n000001')
    const isNamed = images.some(file => partOf(file) !== null) || filesNamed(listing, 'identity_meta.csv').length > 0
    return isNamed ? share : { ...share, confidence: share.confidence * 0.8 }
  },
  async scan(listing, options) {
    const rejected = strangers(listing.files)
    const meta = await readMeta(listing, rejected)
    const faces = await findFaces(listing, meta, rejected)
    const notes = await checkLists(listing, faces, rejected)
    const { samples, tasks, notes: split } = options.task === 'identity' ? identityParts(faces.kept, options, listing.root) : genderSamples(faces.kept, meta, options, listing.root)
    return {
      format: 'vggface2',
      samples,
      rejected,
      tasks,
      pairs: [],
      licence: this.licence,
      notes: [
        ...split,
        ...notes,
        ...meta.size === 0 ? ['There is no identity_meta.csv: nothing says anybody\'s gender.'] : [],
        ...partNote(faces.kept.length, WHOLE, 'images'),
      ],
    }
  },
})

interface Person { part: Part, gender: number | null }

/** Who is in which part, and the gender: "n000001, "Name", images, flag (1 train, 0 test), m or f". A name may hold commas. */
async function readMeta(listing: Listing, rejected: Rejected[]): Promise<Map<string, Person>> {
  const people = new Map<string, Person>()
  const contradicted = new Set<string>()
  const file = filesNamed(listing, 'identity_meta.csv')[0]
  if (file === undefined)
    return people
  for await (const { text, line } of linesOf(listing, file)) {
    const fields = text.split(',').map(field => field.trim())
    const [id, flag, gender] = [fields[0]!.toLowerCase(), fields.at(-2) ?? '', (fields.at(-1) ?? '').toLowerCase()]
    if (line === 1 && id === 'class_id')
      continue
    if (!/^n\d{6}$/.test(id) || !/^[01]$/.test(flag) || !/^[mf]$/.test(gender) || fields.length < 5) {
      rejected.push({ path: `${baseName(file)} line ${line}`, reason: `line ${line} of ${baseName(file)}: "${text.slice(0, 80)}" is not a person, a name, a number, 0 or 1, and m or f` })
      continue
    }
    const person: Person = { part: flag === '1' ? 'train' : 'test', gender: gender === 'm' ? 0 : 1 }
    const before = people.get(id)
    if (before && (before.gender !== person.gender || before.part !== person.part))
      contradicted.add(id)
    people.set(id, person)
  }
  for (const id of contradicted) {
    people.delete(id)
    rejected.push({ path: id, reason: `${baseName(file)} has two rows of ${id} that say different things, so neither is used` })
  }
  return people
}

interface Faces { kept: Face[] }

async function findFaces(listing: Listing, meta: Map<string, Person>, rejected: Rejected[]): Promise<Faces> {
  const kept: Face[] = []
  const taken = new Map<string, string>()
  for (const file of listing.files) {
    if (!isImage(file))
      continue
    const person = FACE.exec(file)?.[1]?.toLowerCase()
    if (person === undefined)
      rejected.push({ path: file, reason: 'lies in no folder of a person, like n000001' })
    else
      keep({ path: file, person, part: partOf(file) ?? meta.get(person)?.part ?? 'train' })
  }
  return { kept }

  /** Originals and crops of the same photographs lie in folders beside each other: two parts must not each get one of them. */
  function keep(face: Face): void {
    const first = taken.get(`${face.part}/${endOf(face.path)}`)
    if (first === undefined) {
      taken.set(`${face.part}/${endOf(face.path)}`, face.path)
      kept.push(face)
    }
    else {
      rejected.push({ path: face.path, reason: `is ${first} once more` })
    }
  }
}

/** By the innermost folder above the person's that names one: train, vggface2_test, train_mtcnnpy_182. */
function partOf(file: string): Part | null {
  const word = file.split('/').slice(0, -2).reverse().map(folder => PART.exec(folder)).find(match => match !== null)?.[1]
  return word === undefined ? null : word.toLowerCase() as Part
}

/** Images that train_list.txt or test_list.txt do not name are rejected; rows of absent images are counted. */
async function checkLists(listing: Listing, faces: Faces, rejected: Rejected[]): Promise<string[]> {
  const notes: string[] = []
  for (const part of ['train', 'test'] as const) {
    const list = filesNamed(listing, `${part}_list.txt`)[0]
    if (list === undefined)
      continue
    const indexes = new Map<string, number>()
    faces.kept.forEach((face, i) => {
      if (face.part === part)
        indexes.set(endOf(face.path), i)
    })
    const isListed = new Uint8Array(faces.kept.length)
    let missing = 0
    for await (const { text } of linesOf(listing, list)) {
      const index = indexes.get(endOf(text.trim()))
      if (index === undefined)
        missing++
      else
        isListed[index] = 1
    }
    const isKept = (face: Face, i: number): boolean => face.part !== part || isListed[i] === 1
    append(rejected, faces.kept.filter((face, i) => !isKept(face, i)).map(face => ({ path: face.path, reason: `is not in the list ${baseName(list)}` })))
    faces.kept = faces.kept.filter(isKept)
    if (missing > 0)
      notes.push(`${count(missing)} rows of ${baseName(list)} name images that are not here.`)
  }
  return notes
}

function endOf(file: string): string {
  return file.split('/').slice(-2).join('/').toLowerCase()
}

interface Parts { samples: Sample[], tasks: Record<string, Task>, notes: string[] }

/** Each person of train is a class; the people of test are held out of everything. */
function identityParts(faces: Face[], options: IdentitySplit, root: string): Parts {
  const train = faces.filter(({ part }) => part === 'train')
  const { people, numberOf } = createPeople()
  const { samples, tasks, notes } = identitySamples({ personOf: train.map(({ person }) => numberOf(person)), people, pathOf: image => train[image]!.path }, options, path.join(root, 'train'))
  const held = faces.filter(({ part }) => part === 'test')
  for (const { path: file, person } of held)
    samples.push({ path: file, labels: {}, split: null, subject: person, unseen: true })
  return { samples, tasks, notes: [...notes, ...held.length > 0 ? [`The ${count(held.length)} images of the people of test are held out of everything.`] : []] }
}

function genderSamples(faces: Face[], meta: Map<string, Person>, options: IdentitySplit, root: string): Parts {
  if (meta.size === 0)
    throw new FacetError('bad-input', 'identity_meta.csv is not here: nothing says anybody\'s gender.', { where: root, hint: 'Copy it into the folder, or leave the option task out.' })
  const ofTrain = Map.groupBy(faces.filter(({ part }) => part === 'train'), ({ person }) => person)
  const share = shareOfFaces(faces.filter(({ part }) => part === 'train').length, options.faces)
  const taken = new Set([...ofTrain.values()].flatMap(images => thin(images.map(face => face.path), share, options.splitSeed)))
  const chosen = faces.filter(face => face.part === 'test' || taken.has(face.path))
  const splitOf = ({ part, person }: Face): Split => part === 'test' ? 'test' : hashFraction(`${options.splitSeed}/${person}`) < options.validation ? 'validation' : 'train'
  return {
    samples: chosen.map((face): Sample => ({
      path: face.path,
      labels: meta.get(face.person)?.gender === undefined ? {} : { gender: meta.get(face.person)!.gender! },
      split: splitOf(face),
      subject: face.person,
      unseen: false,
    })),
    tasks: GENDER_TASKS,
    notes: [`Test are the people of test. Validation: people of train whose SHA-256 of "${options.splitSeed}/person" is a fraction below ${options.validation}.`],
  }
}
