import type { Sample, Task } from '#shared/dataset.ts'
import type { Published } from './format.ts'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { numbered } from './format.ts'
import { byCodeUnit } from './listing.ts'
import { count } from './lists.ts'
import { hashFraction, stratifiedSplit } from './splits.ts'

/** Options of formats whose classes are people. */
export const identityOptions = {
  validation: z.number().positive().max(0.4).default(0.05).describe('Share of each person\'s images that validation gets'),
  test: z.number().positive().max(0.4).default(0.05).describe('Share of each person\'s images that test gets'),
  splitSeed: z.int().min(0).default(0).describe('Which images those are'),
  faces: z.int().positive().optional().describe('At most about so many images, the same share of each person, of each at least 3; the paper takes 100000 of VGGFace2 for LFW'),
}

/** What those options hold. */
export interface IdentitySplit { validation: number, test: number, splitSeed: number, faces?: number | undefined }

/** Images and whom they show. There may be ten million, so nothing is an object of its own. */
export interface PeopleImages {
  /** Names of the people, in any order. */
  people: readonly string[]
  /** Of each image the place of its person in `people`. */
  personOf: ArrayLike<number>
  pathOf: (image: number) => string
}

/**
 * Makes a class of each person, with part of each one's images for validation and test: learning to tell people apart, as before a
 * verification (Vielzeuf et al. 2019, LFW in parentheses).
 * @throws FacetError `bad-input` where there are fewer than two people
 */
export function identitySamples({ people: names, personOf, pathOf }: PeopleImages, options: IdentitySplit, where: string): { samples: Sample[], tasks: Record<string, Task>, notes: string[] } {
  const ranked = names.map((name, i) => ({ name, i })).sort((a, b) => byCodeUnit(a.name, b.name))
  const people = ranked.map(({ name }) => name)
  if (people.length < 2)
    throw new FacetError('bad-input', `${people.length} people have images to train with; at least 2 are needed.`, { where, hint: 'Give the folder that holds all of them. Without labels: --format images.' })
  const { order, starts } = byPerson(personOf, names.length)
  const share = shareOfFaces(personOf.length, options.faces)
  const samples: Sample[] = []
  ranked.forEach(({ name: subject, i }, identity) => {
    const paths = thin(Array.from(order.subarray(starts[i]!, starts[i + 1]!), pathOf), share, options.splitSeed)
    const parts = stratifiedSplit(paths.map(name => ({ name, stratum: '' })), { seed: options.splitSeed, train: 1 - options.validation - options.test, validation: options.validation })
    const labels = { identity } // one object for all of a person
    for (const path of paths)
      samples.push({ path, labels, split: parts.get(path)!, subject, unseen: false })
  })
  return {
    samples,
    tasks: identityTasks(people),
    notes: [
      `${count(people.length)} people are classes; of each one's images validation gets ${options.validation}, test ${options.test}, ordered by the SHA-256 of "${options.splitSeed}/path".`,
      ...share < 1 ? [`${count(samples.length)} of ${count(personOf.length)} images are taken, the same share of each person (option faces).`] : [],
    ],
  }
}

/** So many images of so many people, of which each one's share is kept from learning. */
export function publishedIdentities(images: number, people: number, { validation, test, faces }: IdentitySplit): Published {
  const samples = Math.round(images * shareOfFaces(images, faces))
  return { samples, seen: Math.round(samples * (1 - validation - test)), subjects: people, tasks: identityTasks(numbered('person', people)) }
}

function identityTasks(people: string[]): Record<string, Task> {
  return { identity: { kind: 'classification', label: 'identity', classes: people, protocol: 'split' } }
}

/** The share of all images that a number of faces is. */
export function shareOfFaces(there: number, most: number | undefined): number {
  return most === undefined ? 1 : Math.min(1, most / there)
}

/** A share of a person's images, at least three: those with the smallest hashes, in their order. */
export function thin(paths: string[], share: number, seed: number): string[] {
  if (share === 1)
    return paths
  const wanted = Math.max(3, Math.floor(share * paths.length))
  const chosen = new Set(paths.map(path => ({ path, at: hashFraction(`${seed}/faces/${path}`) })).sort((a, b) => a.at - b.at || byCodeUnit(a.path, b.path)).slice(0, wanted).map(({ path }) => path))
  return paths.filter(path => chosen.has(path))
}

/** The images person after person: those of person p are `order` from `starts[p]` to `starts[p + 1]`. */
function byPerson(personOf: ArrayLike<number>, people: number): { order: Int32Array, starts: Int32Array } {
  const starts = new Int32Array(people + 1)
  for (let image = 0; image < personOf.length; image++)
    starts[personOf[image]! + 1]!++
  for (let person = 0; person < people; person++)
    starts[person + 1]! += starts[person]!
  const next = starts.slice()
  const order = new Int32Array(personOf.length)
  for (let image = 0; image < personOf.length; image++)
    order[next[personOf[image]!]!++] = image
  return { order, starts }
}

/** Numbers people as they come. */
export function createPeople(): { people: string[], numberOf: (name: string) => number } {
  const numbers = new Map<string, number>()
  const people: string[] = []
  return {
    people,
    numberOf(name) {
      let number = numbers.get(name)
      if (number === undefined) {
        number = people.push(name) - 1
        numbers.set(name, number)
      }
      return number
    },
  }
}
