import type { Rejected, Sample, Split } from '#shared/dataset.ts'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { declareFormat, isImage, strangers } from './format.ts'
import { byCodeUnit } from './listing.ts'
import { append } from './lists.ts'
import { stratifiedSplit } from './splits.ts'

const PARTS: Record<string, Split> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
}

/** Where an image lies: its part, where the folders name one, and its class. */
interface Placed { path: string, part: Split | null, className: string | null }

/** A folder of images per class, directly or within train, val and test. */
export const folders = declareFormat({
  name: 'folders',
  title: 'A folder of images per class',
  licence: 'Not stated: whoever adds the folder knows its terms.',
  aligned: false,
  options: z.strictObject({
    task: z.string().min(1).default('class').describe('Name of the task'),
    validation: z.number().positive().max(0.4).default(0.1).describe('Share of validation where no folder gives it'),
    test: z.number().positive().max(0.5).default(0.2).describe('Share of test where no folder gives it'),
    splitSeed: z.int().min(0).default(0).describe('Which images those are'),
  }),
  recognise(listing) {
    const placed = place(listing.files.filter(isImage))
    const inClass = placed.filter(({ className }) => className !== null)
    const classes = new Set(inClass.map(({ className }) => className)).size
    return {
      confidence: classes < 2
        ? 0
        : 0.3 * inClass.length / placed.length,
      why: `${inClass.length} of ${placed.length} images lie in ${classes} class ${classes === 1
        ? 'folder'
        : 'folders'}`,
    }
  },
  async scan(listing, options) {
    const rejected: Rejected[] = strangers(listing.files)
    const placed = place(listing.files.filter(isImage))
    append(rejected, placed.filter(({ className }) => className === null).map(({ path }) => ({ path, reason: 'lies in no class folder' })))
    const inClass = placed.filter((image): image is Placed & { className: string } => image.className !== null)
    const classes = [
      ...new Set(inClass.map(({ className }) => className)),
    ].sort(byCodeUnit)
    if (classes.length < 2)
      throw new FacetError('bad-input', `${classes.length} class folders have images; at least 2 are needed.`, { where: listing.root, hint: 'Make one folder per class, or use the format csv.' })
    const { splitOf, note } = split(inClass, options)
    const samples = inClass.map(({ path, part, className }): Sample => ({
      path,
      labels: {
        [options.task]: classes.indexOf(className),
      },
      split: splitOf(path, part),
      subject: null,
      unseen: false,
    }))
    return {
      format: 'folders',
      samples,
      rejected,
      tasks: {
        [options.task]: {
          kind: 'classification',
          label: options.task,
          classes,
          protocol: 'split',
        },
      },
      pairs: [],
      licence: this.licence,
      notes: [note],
    }
  },
})

/** Single folders above the classes (`images/cat/1.jpg`) are passed through. */
function place(images: string[]): Placed[] {
  let strip = 0
  const parts = images.map(file => file.split('/'))
  while (parts.length > 0 && parts.every(part => part.length > strip + 2 && part[strip] === parts[0]![strip]) && !(parts[0]![strip]!.toLowerCase() in PARTS))
    strip++
  const hasParts = parts.length > 0 && parts.every(part => part.length > strip + 1 && part[strip]!.toLowerCase() in PARTS)
  return images.map((path, i) => {
    const rest = parts[i]!.slice(strip)
    const part = hasParts
      ? PARTS[rest[0]!.toLowerCase()]!
      : null
    const inside = hasParts
      ? rest.slice(1)
      : rest
    return {
      path,
      part,
      className: inside.length > 1
        ? inside[0]!
        : null,
    }
  })
}

/** Parts that the folders give stand; the others are cut from train (or from everything), the same share of each class. */
function split(images: (Placed & { className: string })[], { validation, test, splitSeed }: { validation: number, test: number, splitSeed: number }): { splitOf: (path: string, part: Split | null) => Split, note: string } {
  const given = new Set(images.map(({ part }) => part))
  const validationShare = given.has('validation')
    ? 0
    : validation
  const testShare = given.has('test')
    ? 0
    : test
  const toCut = images.filter(({ part }) => part === null || part === 'train')
  const cut = stratifiedSplit(toCut.map(({ path, className }) => ({ name: path, stratum: className })), { seed: splitSeed, train: 1 - validationShare - testShare, validation: validationShare })
  const named = [...given].filter(part => part !== null).sort(byCodeUnit)
  const cuts = [validationShare > 0 && `validation ${validationShare}`, testShare > 0 && `test ${testShare}`].filter(Boolean).join(', ')
  return {
    splitOf: (path, part) => part === 'validation' || part === 'test'
      ? part
      : cut.get(path)!,
    note: `${named.length > 0
      ? `Split by the folders ${named.join(', ')}. `
      : ''}${cuts
      ? `Cut from ${named.length > 0
        ? 'train'
        : 'all'}, the same share of each class, ordered by the SHA-256 of "${splitSeed}/path": ${cuts}.`
      : ''}`.trim(),
  }
}
