import type { Rejected, Sample, Task } from '#shared/dataset.ts'
import type { Labels } from './affectnet-labels.ts'
import { z } from 'zod'
import { labelsOfNpy, labelsOfTables, NPY_IMAGE, TABLE } from './affectnet-labels.ts'
import { baseName, declareFormat, isImage, strangers } from './format.ts'
import { count, filesNamed, partNote } from './lists.ts'
import { cutValidation, validationOptions } from './splits.ts'

const EXPRESSIONS = ['Neutral', 'Happiness', 'Sadness', 'Surprise', 'Fear', 'Disgust', 'Anger', 'Contempt']
const AUTOMATIC = /(?:^|\/)automatically_annotated[^/]*\//i
/** Labelled with one of 8 expressions by a person. */
const WHOLE = 291_651
/** Of these the published validation part, which is our test. */
const TEST = 4000
/** The image of the csv files: a number and a name of hexadecimal digits. */
const HASHED = /(?:^|\/)\d+\/[0-9a-f]{30,64}\.[a-z]+$/i

/**
 * AffectNet: the whole database (training.csv, validation.csv, Manually_Annotated_Images/NUMBER/HASH.jpg) or the part with 8 labels
 * (train_set and val_set, each with images/N.jpg and annotations/N_exp.npy, N_val.npy, N_aro.npy). Mollahosseini et al. 2017. Its test set
 * was never published: validation is our test split, as in the literature.
 */
export const affectnet = declareFormat({
  name: 'affectnet',
  title: 'AffectNet (expression, valence, arousal)',
  licence: 'Research only, under an agreement with the authors; not to be passed on.',
  obtained: 'On request by a principal investigator: mohammadmahoor.com/affectnet.',
  aligned: false,
  options: z.strictObject({
    ...validationOptions,
    classes: z.enum(['8', '7']).default('8').describe('7 leaves contempt without a label'),
  }),
  published: options => ({
    samples: WHOLE,
    seen: Math.round((WHOLE - TEST) * (1 - options.validation)),
    tasks: tasksOf(Number(options.classes), ['valence', 'arousal']),
  }),
  recognise(listing) {
    const images = listing.files.filter(isImage).filter(file => !AUTOMATIC.test(file))
    const inFolders = images.filter(file => NPY_IMAGE.test(file)).length
    const hasNpy = inFolders > 0 && listing.files.some(file => /(?:^|\/)annotations\/\d+_exp\.npy$/i.test(file))
    const hashed = images.filter(file => HASHED.test(file)).length
    const hasTable = filesNamed(listing, TABLE).length > 0
    const matching = (hasNpy ? inFolders : 0) + (hasTable ? hashed : 0)
    return {
      confidence: images.length === 0 ? 0 : matching / images.length,
      why: hasTable || hasNpy
        ? `${matching} of ${images.length} images are ${hasNpy ? 'numbered in train_set/images or val_set/images, with annotations' : 'named NUMBER/HASH.jpg, with training.csv or validation.csv'}`
        : 'there is neither training.csv or validation.csv nor a folder of annotations with _exp.npy',
    }
  },
  async scan(listing, options) {
    const isInFolders = listing.files.some(file => NPY_IMAGE.test(file))
    const images = listing.files.filter(isImage)
    const manual = images.filter(file => !AUTOMATIC.test(file))
    const { labels, rejected, notes } = isInFolders ? await labelsOfNpy(listing, manual) : await labelsOfTables(listing, manual)
    const kept = [...labels].map(([path, label]) => ({ path, ...label, expression: label.expression >= Number(options.classes) ? undefined : label.expression }))
    const { splits, note } = cutValidation(kept.map(({ path, expression, isTest }) => ({ path, stratum: String(expression ?? ''), isTest })), options)
    const samples = kept.map(({ path, expression, valence, arousal }): Sample => ({
      path,
      labels: { ...expression !== undefined && { expression }, ...valence !== undefined && { valence }, ...arousal !== undefined && { arousal } },
      split: splits.get(path)!,
      subject: null,
      unseen: false,
    }))
    const unlabelled = kept.filter(({ expression }) => expression === undefined).length
    return {
      format: 'affectnet',
      samples,
      rejected: [...strangers(listing.files), ...rejected, ...unnamed(manual, labels, rejected)],
      tasks: tasksOf(Number(options.classes), ['valence', 'arousal'].filter(label => samples.some(({ labels }) => labels[label] !== undefined))),
      pairs: [],
      licence: this.licence,
      notes: [
        `Test is the published validation part: the published test has no labels. ${note}`,
        ...unlabelled > 0 ? [`${count(unlabelled)} images have none of the ${options.classes} expressions and serve without that label.`] : [],
        ...manual.length < images.length ? [`${count(images.length - manual.length)} images that a program annotated are passed over.`] : [],
        ...notes,
        ...partNote(samples.length - unlabelled, WHOLE, 'images with one of 8 expressions'),
      ],
    }
  },
})

/** Images that no list names. */
function unnamed(images: string[], labels: Map<string, Labels>, rejected: Rejected[]): Rejected[] {
  const told = new Set([...labels.keys(), ...rejected.map(({ path }) => path)])
  return images.filter(file => !told.has(file)).map(path => ({ path, reason: NPY_IMAGE.test(path) ? `has no label ${baseName(path)} in annotations` : 'is not in the list training.csv or validation.csv' }))
}

function tasksOf(classes: number, affects: string[]): Record<string, Task> {
  const affect = (label: string): Task => ({ kind: 'regression', label, unit: '', range: [-1, 1], protocol: 'split' })
  return {
    expression: { kind: 'classification', label: 'expression', classes: EXPRESSIONS.slice(0, classes), protocol: 'split' },
    ...Object.fromEntries(affects.map(label => [label, affect(label)])),
  }
}
