import { z } from 'zod'

/** Which part of a data set a sample belongs to; null where the protocol has no fixed parts (FG-NET, LFW). */
export const Split = z.enum(['train', 'validation', 'test'])
export type Split = z.infer<typeof Split>

/** One photograph of a data set, as its format describes it. Its index is its place in the scan, sorted by path. */
export const Sample = z.strictObject({
  path: z.string().describe('Relative to the data set\'s folder, with forward slashes'),
  labels: z.record(z.string(), z.union([
    z.number(),
    z.string(),
  ])).describe('By label; classes as class numbers, attributes as one string of 1, 0 and - (attributes.ts)'),
  split: Split.nullable(),
  subject: z.string().nullable().describe('The person, where the data set names one'),
  unseen: z.boolean().describe('Never shown to a combiner or student, not even without its label'),
})
export type Sample = z.infer<typeof Sample>

/** Whether the protocol keeps this sample from everything that learns without labels. */
export function isHeldOut({ split, unseen }: Pick<Sample, 'split' | 'unseen'>): boolean {
  return unseen || split === 'validation' || split === 'test'
}

/** A file of the folder that is no sample, with the reason. */
export const Rejected = z.strictObject({
  path: z.string(),
  reason: z.string(),
})
export type Rejected = z.infer<typeof Rejected>

/** What a look at an image file's header found: it can be decoded, or why not. A worker looks, the host never decodes. */
export const ProbeResult = z.discriminatedUnion('ok', [
  z.strictObject({
    ok: z.literal(true),
    width: z.int().positive(),
    height: z.int().positive(),
    format: z.string().describe('What the bytes are, whatever the name says: jpeg, png, ...'),
    pages: z.int().positive().describe('Frames of an animation or pages of a TIFF; only the first is used'),
  }),
  z.strictObject({
    ok: z.literal(false),
    reason: z.string(),
  }),
])
export type ProbeResult = z.infer<typeof ProbeResult>

/** Two samples (by index) of a verification protocol. `unseen` folds lie outside what combiners learnt from. */
export const Pair = z.strictObject({
  a: z.int(),
  b: z.int(),
  same: z.boolean(),
  fold: z.int(),
  unseen: z.boolean(),
})
export type Pair = z.infer<typeof Pair>

/**
 * What can be predicted on a data set and how it is evaluated.
 * `split`: train, validation and test of each sample; `subjects`: every subject is left out in turn (or k folds of subjects);
 * `pairs`: ten-fold verification, threshold from the other folds.
 * `attributes`: many yes-or-no questions at once, evaluated by the mean error rate; a sample's label is packed by packAttributes.
 */
export const Task = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('classification'),
    label: z.string(),
    classes: z.array(z.string()).min(2),
    protocol: z.enum(['split', 'subjects']),
  }),
  z.strictObject({
    kind: z.literal('regression'),
    label: z.string(),
    unit: z.string(),
    range: z.tuple([
      z.number(),
      z.number(),
    ]),
    protocol: z.enum(['split', 'subjects']),
  }),
  z.strictObject({
    kind: z.literal('attributes'),
    label: z.string(),
    attributes: z.array(z.string().min(1)).min(1).refine(names => new Set(names).size === names.length, 'names an attribute twice'),
    protocol: z.literal('split'),
  }),
  z.strictObject({
    kind: z.literal('verification'),
    protocol: z.literal('pairs'),
  }),
])
export type Task = z.infer<typeof Task>

/** Everything a format found in a folder. */
export const Scan = z.strictObject({
  format: z.string(),
  samples: z.array(Sample),
  rejected: z.array(Rejected),
  tasks: z.record(z.string(), Task),
  pairs: z.array(Pair),
  licence: z.string(),
  notes: z.array(z.string()).describe('What the person should know: counts expected, split rule, partial folder'),
})
export type Scan = z.infer<typeof Scan>
