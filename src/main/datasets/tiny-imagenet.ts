import type { Rejected, Sample, Split, Task } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { baseName, declareFormat, isImage, numbered, shareOf, strangers } from './format.ts'
import { byCodeUnit } from './listing.ts'
import { stratifiedSplit } from './splits.ts'

const TRAIN = /^train\/(n\d{8})\/(?:images\/)?[^/]+$/
const VAL_BY_CLASS = /^val\/(n\d{8})\/(?:images\/)?[^/]+$/
const VAL = /^val\/(?:images\/)?([^/]+)$/
const TEST = /^test\//
const CLASSES = 200
/** With a label: 500 a class to train with, 50 in val. */
const [TRAIN_IMAGES, VAL_IMAGES] = [100_000, 10_000]

/**
 * Tiny ImageNet (Stanford CS231n): train/WNID/images, val/images with val_annotations.txt, wnids.txt, words.txt; 200 classes, 64x64.
 * Its test images have no labels, so `val` is our test split, as in the paper (validation accuracy), and our validation split is cut from train.
 */
export const tinyImagenet = declareFormat({
  name: 'tiny-imagenet',
  title: 'Tiny ImageNet (objects)',
  licence: 'From ImageNet: non-commercial research and education only.',
  obtained: 'Free download for research: cs231n.stanford.edu, tiny-imagenet-200.',
  aligned: true,
  options: z.strictObject({
    validation: z.number().positive().max(0.5).default(0.1).describe('Share of the training images of each class that validation gets'),
    splitSeed: z.int().min(0).default(0).describe('Which images those are'),
  }),
  published: ({ validation }) => ({ samples: TRAIN_IMAGES + VAL_IMAGES, seen: Math.round(TRAIN_IMAGES * (1 - validation)), tasks: tasksOf(numbered('class', CLASSES)) }),
  recognise(listing) {
    const images = listing.files.filter(isImage).filter(file => !TEST.test(file))
    const isNamed = listing.files.includes('wnids.txt') || listing.files.some(file => TRAIN.test(file))
    const share = shareOf(images.filter(file => TRAIN.test(file) || VAL_BY_CLASS.test(file) || VAL.test(file)).length, images.length, 'lie in train/WNID/images or val/images')
    return isNamed
      ? share
      : { ...share, confidence: 0 }
  },
  async scan(listing, options) {
    const images = listing.files.filter(isImage)
    const classes = await readClasses(listing, images)
    const annotations = await readAnnotations(listing)
    const rejected: Rejected[] = strangers(listing.files)
    const found: { path: string, wnid: string, isTest: boolean }[] = []
    for (const file of images.filter(file => !TEST.test(file))) {
      const wnid = (TRAIN.exec(file) ?? VAL_BY_CLASS.exec(file))?.[1] ?? annotations.get(VAL.exec(file)?.[1] ?? '')
      if (wnid === undefined) {
        rejected.push({
          path: file,
          reason: VAL.test(file)
            ? 'is not in val/val_annotations.txt'
            : 'lies neither in train/WNID/images nor in val/images',
        })
      }
      else if (!classes.numbers.has(wnid)) {
        rejected.push({ path: file, reason: `class ${wnid} has no training images here` })
      }
      else {
        found.push({ path: file, wnid, isTest: !file.startsWith('train/') })
      }
    }
    const parts = stratifiedSplit(found.filter(({ isTest }) => !isTest).map(({ path, wnid }) => ({ name: path, stratum: wnid })), { seed: options.splitSeed, train: 1 - options.validation, validation: options.validation })
    const samples = found.map(({ path, wnid, isTest }): Sample => ({
      path,
      labels: {
        object: classes.numbers.get(wnid)!,
      },
      split: isTest
        ? 'test'
        : parts.get(path) ?? ('train' satisfies Split),
      subject: null,
      unseen: false,
    }))
    const unlabelled = images.filter(file => TEST.test(file)).length
    return {
      format: 'tiny-imagenet',
      samples,
      rejected,
      tasks: tasksOf(classes.titles),
      pairs: [],
      licence: this.licence,
      notes: [
        `Test is the folder val, as in the paper. Validation: ${Math.round(options.validation * 100)} % of the training images of each class, ordered by the SHA-256 of "${options.splitSeed}/path".`,
        ...unlabelled > 0
          ? [`The ${unlabelled} images of the folder test have no labels and are passed over.`]
          : [],
        ...classes.titles.length < CLASSES
          ? [`${classes.titles.length} of the ${CLASSES} classes of the whole data set are here.`]
          : [],
      ],
    }
  },
})

function tasksOf(classes: string[]): Record<string, Task> {
  return {
    object: { kind: 'classification', label: 'object', classes, protocol: 'split' },
  }
}

interface Classes { numbers: Map<string, number>, titles: string[] }

/** Classes with training images, sorted by WordNet number and titled by words.txt. */
async function readClasses(listing: Listing, images: string[]): Promise<Classes> {
  const wnids = [
    ...new Set(images.flatMap(file => TRAIN.exec(file)?.[1] ?? [])),
  ].sort(byCodeUnit)
  if (wnids.length < 2) {
    throw new FacetError('bad-input', `${wnids.length} classes have images in train/WNID/images; at least 2 are needed.`, {
      where: path.join(listing.root, 'train'),
      hint: 'Give the folder that holds train, val and wnids.txt.',
    })
  }
  const words = new Map(await readTabbed(listing, 'words.txt'))
  const titles = wnids.map(wnid => words.get(wnid) ?? wnid)
  return {
    numbers: new Map(wnids.map((wnid, number) => [wnid, number])),
    titles: titles.map((title, i) => titles.indexOf(title) === titles.lastIndexOf(title)
      ? title
      : `${title} (${wnids[i]})`),
  }
}

async function readAnnotations(listing: Listing): Promise<Map<string, string>> {
  return new Map(await readTabbed(listing, listing.files.find(file => baseName(file) === 'val_annotations.txt') ?? 'val/val_annotations.txt'))
}

/** First two tab-separated fields of each line; none where the file is absent. */
async function readTabbed(listing: Listing, file: string): Promise<[string, string][]> {
  if (!listing.files.includes(file))
    return []
  const text = await readFile(path.join(listing.root, file), 'utf8')
  return text.split(/\r?\n/).flatMap((line): [string, string][] => {
    const [first, second] = line.split('\t')
    return first && second
      ? [
          [
            first.trim(),
            second.trim(),
          ],
        ]
      : []
  })
}
