import type { Sample, Task } from '#shared/dataset.ts'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
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

/** An image and whom it shows. */
export interface PersonImage { path: string, person: string }

/**
 * Makes a class of each person, with part of each one's images for validation and test: learning to tell people apart, as before a
 * verification (Vielzeuf et al. 2019, LFW in parentheses).
 * @throws FacetError `bad-input` where there are fewer than two people
 */
export function identitySamples(images: readonly PersonImage[], options: IdentitySplit, where: string): { samples: Sample[], tasks: Record<string, Task>, notes: string[] } {
  const byPerson = Map.groupBy(images, ({ person }) => person)
  const people = [...byPerson.keys()].sort(byCodeUnit)
  if (people.length < 2)
    throw new FacetError('bad-input', `${people.length} people have images to train with; at least 2 are needed.`, { where, hint: 'Give the folder that holds all of them. Without labels: --format images.' })
  const share = shareOfFaces(images.length, options.faces)
  const samples: Sample[] = []
  people.forEach((person, identity) => {
    const own = thin(byPerson.get(person)!, share, options.splitSeed)
    const parts = stratifiedSplit(own.map(({ path }) => ({ name: path, stratum: '' })), { seed: options.splitSeed, train: 1 - options.validation - options.test, validation: options.validation })
    const labels = { identity } // one object for all of a person: there may be millions of images
    for (const { path } of own)
      samples.push({ path, labels, split: parts.get(path)!, subject: person, unseen: false })
  })
  return {
    samples,
    tasks: { identity: { kind: 'classification', label: 'identity', classes: people, protocol: 'split' } },
    notes: [
      `${count(people.length)} people are classes; of each one's images validation gets ${options.validation}, test ${options.test}, ordered by the SHA-256 of "${options.splitSeed}/path".`,
      ...share < 1 ? [`${count(samples.length)} of ${count(images.length)} images are taken, the same share of each person (option faces).`] : [],
    ],
  }
}

/** The share of all images that a number of faces is. */
export function shareOfFaces(there: number, most: number | undefined): number {
  return most === undefined ? 1 : Math.min(1, most / there)
}

/** A share of a person's images, at least three: those with the smallest hashes, in their order. */
export function thin<T extends { path: string }>(images: T[], share: number, seed: number): T[] {
  if (share === 1)
    return images
  const wanted = Math.max(3, Math.floor(share * images.length))
  const chosen = new Set(images.map(({ path }) => ({ path, at: hashFraction(`${seed}/faces/${path}`) })).sort((a, b) => a.at - b.at || byCodeUnit(a.path, b.path)).slice(0, wanted).map(({ path }) => path))
  return images.filter(({ path }) => chosen.has(path))
}
