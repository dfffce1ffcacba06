import type { Sample, Split, Task } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { baseName, declareFormat, isImage, shareOf, strangers } from './format.ts'
import { count, partNote } from './lists.ts'
import { cutValidation, validationOptions } from './splits.ts'

/** Film, time and frame: Airheads_000519240_00000005.png. */
const NAME = /^.+_\d{9}_\d{8}\.[a-z]+$/i
const PART = /^(train|val|validation|test)(?:_.*)?$/i
const ALIGNED = /(?:^|\/)[^/]*aligned[^/]*\//i
const EXPRESSIONS = ['Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise']
const TASKS: Record<string, Task> = {
  expression: { kind: 'classification', label: 'expression', classes: EXPRESSIONS, protocol: 'split' },
}
/** 958 train, 436 val, 372 test. */
const WHOLE = 1766
const TRAIN = 958

type Part = 'train' | 'val' | 'test'
interface Still { path: string, part: Part, expression: number | null }

/**
 * SFEW 2.0, stills of films: Train/Angry to Val/Surprise, perhaps with a folder such as Train_Aligned_Faces between. Dhall et al. 2011, 2015;
 * 7 expressions. The labels of its Test were never published: where they are not here, Val is our test split, as in the literature.
 */
export const sfew = declareFormat({
  name: 'sfew',
  title: 'SFEW 2.0 (expression, film stills)',
  licence: 'Academic research only, under a signed agreement; the films\' rights stay with their owners.',
  obtained: 'On request with a signed agreement: cs.anu.edu.au/few.',
  aligned: false,
  options: z.strictObject({
    ...validationOptions,
    images: z.enum(['original', 'aligned']).optional().describe('Whole stills or the aligned faces beside them; original where they are there, since faces are found and aligned here all the same'),
  }),
  published: ({ validation }) => ({ samples: WHOLE, seen: Math.round(TRAIN * (1 - validation)), tasks: TASKS }),
  recognise(listing) {
    const images = listing.files.filter(isImage).filter(file => partOf(file) !== 'test')
    const share = shareOf(images.filter(file => NAME.test(baseName(file)) && partOf(file) !== null && expressionOf(file) !== null).length, images.length, 'are film stills (Film_000519240_00000005) in Train or Val and a folder of one of 7 expressions')
    return images.some(file => partOf(file) === 'train')
      ? share
      : { ...share, confidence: share.confidence * 0.5 }
  },
  async scan(listing, options) {
    const rejected = strangers(listing.files)
    const { chosen, kind, passedOver } = chooseStills(listing, options.images)
    const stills = chosen.flatMap((path): Still[] => {
      const part = partOf(path)
      const expression = expressionOf(path)
      if (part !== null && (expression !== null || part === 'test'))
        return [{ path, part, expression }]
      rejected.push({ path, reason: part === null ? 'lies in none of the folders Train, Val and Test' : `lies in no class folder (${EXPRESSIONS.join(', ')})` })
      return []
    })
    const labelled = stills.filter(({ expression }) => expression !== null)
    const isTestLabelled = labelled.some(({ part }) => part === 'test')
    const splitByPart: Record<Part, Split> = { train: 'train', val: isTestLabelled ? 'validation' : 'test', test: 'test' }
    const cut = labelled.some(({ part }) => splitByPart[part] === 'validation')
      ? null
      : cutValidation(labelled.map(({ path, part, expression }) => ({ path, stratum: String(expression), isTest: splitByPart[part] === 'test' })), options)
    const samples = stills.map(({ path, part, expression }): Sample => ({
      path,
      labels: expression === null ? {} : { expression },
      split: expression === null ? null : cut?.splits.get(path) ?? splitByPart[part],
      subject: null,
      unseen: part === 'test',
    }))
    const hidden = stills.length - labelled.length
    return {
      format: 'sfew',
      samples,
      rejected,
      tasks: TASKS,
      pairs: [],
      licence: this.licence,
      notes: [
        isTestLabelled ? 'Test is the folder Test, whose labels are here.' : 'Test is the folder Val, as in the literature: the labels of Test were never published.',
        cut ? cut.note : 'Validation is the folder Val.',
        ...hidden > 0 ? [`The ${count(hidden)} images of Test without a label are held out of everything.`] : [],
        ...passedOver > 0 ? [`The images are the ${kind} ones; ${count(passedOver)} others are passed over (option images).`] : [],
        ...partNote(samples.length, WHOLE, 'images (958 Train, 436 Val, 372 Test)'),
      ],
    }
  },
})

/** Whole stills or aligned faces, where both are there. */
function chooseStills(listing: Listing, asked: 'original' | 'aligned' | undefined): { chosen: string[], kind: 'original' | 'aligned', passedOver: number } {
  const images = listing.files.filter(isImage)
  const isLabelled = (file: string): boolean => partOf(file) !== null && expressionOf(file) !== null
  const kind = asked ?? (images.some(file => !ALIGNED.test(file) && isLabelled(file)) ? 'original' : 'aligned')
  const chosen = images.filter(file => ALIGNED.test(file) === (kind === 'aligned'))
  if (!chosen.some(isLabelled))
    throw new FacetError('bad-input', `No ${kind} images lie in Train or Val and a folder of an expression.`, { where: listing.root, hint: asked ? 'Leave the option images out.' : 'Give the folder that holds Train and Val.' })
  return { chosen, kind, passedOver: images.length - chosen.length }
}

/** The outermost folder that names a part. */
function partOf(file: string): Part | null {
  const match = file.split('/').slice(0, -1).map(folder => PART.exec(folder)).find(found => found !== null)
  const word = match?.[1]?.toLowerCase()
  return word === undefined ? null : word === 'validation' ? 'val' : word as Part
}

function expressionOf(file: string): number | null {
  const folder = (file.split('/').at(-2) ?? '').toLowerCase()
  const index = EXPRESSIONS.findIndex(name => name.toLowerCase() === folder)
  return index < 0 ? null : index
}
