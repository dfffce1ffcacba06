import type { Pair, Rejected, Sample, Task } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { baseName, declareFormat, isImage, shareOf, strangers } from './format.ts'
import { codeOf } from './listing.ts'

const NAME = /^([^/]+)_(\d{4})\.[a-z]+$/i
const WHOLE = 13_233
const PEOPLE = 5749
/** Images that the ten folds' 6,000 pairs show; no two folds share a person. */
const PAIRED = 7701
const FOLDS = 10
const TASKS: Record<string, Task> = {
  verification: { kind: 'verification', protocol: 'pairs' },
}

/** One line of pairs.txt: two images, each a person and a number. */
interface ListedPair { a: string, b: string, same: boolean, fold: number }

/**
 * Labeled Faces in the Wild: `Name/Name_0001.jpg` and pairs.txt. Huang et al. 2007; 13,233 images of 5,749 people, ten folds of
 * 300 pairs of the same and 300 of different people. Any number and size of folds is read.
 */
export const lfw = declareFormat({
  name: 'lfw',
  title: 'Labeled Faces in the Wild (verification)',
  licence: 'Public research benchmark; no licence text found.',
  obtained: 'Free download; the original host is gone, mirrors carry it (e.g. figshare).',
  aligned: false,
  options: z.strictObject({
    unseen: z.array(z.int().positive()).default([1, 2, 3, 4, 5]).describe('Folds whose images no combiner or student sees'),
  }),
  published: ({ unseen }) => ({ samples: WHOLE, seen: WHOLE - Math.round(PAIRED * unseen.length / FOLDS), subjects: PEOPLE, tasks: TASKS }),
  recognise(listing) {
    const images = listing.files.filter(isImage)
    const { confidence, why } = shareOf(images.filter(file => parseImage(file) !== null).length, images.length, 'are named Name/Name_0001.jpg')
    const hasPairs = listing.files.some(file => baseName(file) === 'pairs.txt')
    return hasPairs
      ? { confidence, why: `${why}, with pairs.txt` }
      : { confidence: confidence * 0.8, why: `${why}, without pairs.txt` }
  },
  async scan(listing, options) {
    const rejected: Rejected[] = strangers(listing.files)
    const images: { path: string, person: string, key: string }[] = []
    const indexByKey = new Map<string, number>()
    for (const file of listing.files.filter(isImage)) {
      const image = parseImage(file)
      if (image === null)
        rejected.push({ path: file, reason: 'is not Name/Name_0001.jpg: a person\'s name, a line, four digits, in a folder of that name' })
      else if (indexByKey.has(image.key))
        rejected.push({ path: file, reason: `is ${image.key} once more (${images[indexByKey.get(image.key)!]!.path})` })
      else
        indexByKey.set(image.key, images.push({ path: file, ...image }) - 1)
    }
    const list = await readPairs(listing)
    const unseen = unseenImages(list, options.unseen, listing.root)
    const pairs = list.pairs.flatMap(({ a, b, same, fold }): Pair[] => {
      const first = indexByKey.get(a)
      const second = indexByKey.get(b)
      return first === undefined || second === undefined
        ? []
        : [
            {
              a: first,
              b: second,
              same,
              fold,
              unseen: unseen.has(a) && unseen.has(b),
            },
          ]
    })
    const samples: Sample[] = images.map(({ path, person, key }) => ({
      path,
      labels: {},
      split: null,
      subject: person,
      unseen: unseen.has(key),
    }))
    return {
      format: 'lfw',
      samples,
      rejected,
      tasks: pairs.length > 0 ? TASKS : {},
      pairs,
      licence: this.licence,
      notes: notesOf(list, pairs.length, samples, options.unseen),
    }
  },
})

function parseImage(file: string): { person: string, key: string } | null {
  const parts = file.split('/')
  const match = NAME.exec(parts.at(-1)!)
  if (!match || match[1] !== parts.at(-2))
    return null
  return {
    person: match[1]!,
    key: keyOf(match[1]!, match[2]!),
  }
}

function keyOf(person: string, number: string): string {
  return `${person} ${Number(number)}`
}

interface PairList { folds: number, pairs: ListedPair[] }

/** Reads pairs.txt: a line "folds pairs", then per fold as many lines "name i j" as lines "name i name j". */
async function readPairs(listing: Listing): Promise<PairList> {
  const file = listing.files.find(file => baseName(file) === 'pairs.txt')
  if (file === undefined)
    return { folds: 0, pairs: [] }
  const where = path.join(listing.root, file)
  const text = await readFile(where, 'utf8').catch((error: unknown) => {
    throw new FacetError('bad-input', `pairs.txt cannot be read (${codeOf(error)}).`, { where, cause: error })
  })
  const lines = text.split(/\r?\n/)
  const head = /^(\d+)\s+(\d+)\s*$/.exec(lines[0] ?? '')
  const [folds, size] = [
    Number(head?.[1] ?? 0),
    Number(head?.[2] ?? 0),
  ]
  if (folds < 2 || size < 1)
    throw new FacetError('bad-input', `The first line is "${(lines[0] ?? '').slice(0, 60)}"; it must be the number of folds (at least 2) and of pairs of each kind in a fold.`, { where: `${where} line 1`, hint: 'The original begins with "10 300", separated by a tab.' })
  const body = lines.slice(1).map((text, i) => ({ text, line: i + 2 })).filter(({ text }) => text.trim() !== '')
  if (body.length !== folds * size * 2)
    throw new FacetError('bad-input', `${body.length} pairs are listed; ${folds} folds of ${size} same and ${size} different are ${folds * size * 2}.`, { where, hint: 'Take the file as it was published.' })
  const pairs = body.map(({ text, line }, i) => parsePair(text, {
    where: `${where} line ${line}`,
    fold: Math.floor(i / (2 * size)) + 1,
    same: i % (2 * size) < size,
  }))
  return { folds, pairs }
}

function parsePair(text: string, { where, fold, same }: { where: string, fold: number, same: boolean }): ListedPair {
  const fields = text.trim().split(text.includes('\t')
    ? /\t/
    : /\s+/).map(field => field.trim())
  const [a, i, b, j] = fields.length === 3
    ? [
        fields[0]!,
        fields[1]!,
        fields[0]!,
        fields[2]!,
      ]
    : fields as [string, string, string, string]
  const isRight = fields.length === (same
    ? 3
    : 4) && /^\d+$/.test(i) && /^\d+$/.test(j)
  if (!isRight) {
    throw new FacetError('bad-input', `"${text.slice(0, 80)}" is no pair of ${same
      ? 'the same person (name, number, number)'
      : 'different people (name, number, name, number)'}.`, { where, hint: 'Take the file as it was published.' })
  }
  return {
    a: keyOf(a, i),
    b: keyOf(b, j),
    same,
    fold,
  }
}

/** Images of the unseen folds; one that stands in a seen fold too still counts as unseen. */
function unseenImages({ folds, pairs }: PairList, unseen: number[], root: string): Set<string> {
  const beyond = unseen.filter(fold => fold > folds)
  if (folds > 0 && beyond.length > 0)
    throw new FacetError('bad-input', `Option unseen names fold ${beyond.join(', ')}; pairs.txt has ${folds}.`, { where: root, hint: `Give folds from 1 to ${folds}.` })
  return new Set(pairs.filter(({ fold }) => unseen.includes(fold)).flatMap(({ a, b }) => [a, b]))
}

function notesOf({ folds, pairs }: PairList, usable: number, samples: Sample[], unseen: number[]): string[] {
  if (folds === 0)
    return ['There is no pairs.txt: nothing can be verified, the images serve without labels only.']
  const hidden = samples.filter(sample => sample.unseen).length
  return [
    `${folds} folds of ${pairs.length / folds} pairs; the ${hidden} images of folds ${unseen.join(', ')} are held out of combiner and student.`,
    ...usable < pairs.length
      ? [`${pairs.length - usable} of ${pairs.length} pairs are left out because an image of theirs is not here.`]
      : [],
    ...samples.length < WHOLE
      ? [`${samples.length} of the 13,233 images of the whole data set are here.`]
      : [],
  ]
}
