import { z } from 'zod'
import { Rejected, Split, Task } from './dataset.ts'
import { Problem } from './problem-schema.ts'
import { DatasetView } from './views.ts'

const Splits = z.strictObject({
  train: z.int(),
  validation: z.int(),
  test: z.int(),
  none: z.int(),
})
export type SplitCounts = z.infer<typeof Splits>

/** One option of a data set format, as a form shows it. `json`: anything that no simpler field can hold. */
export const OptionView = z.strictObject({
  name: z.string(),
  help: z.string(),
  type: z.enum(['text', 'number', 'choice', 'texts', 'numbers', 'json']),
  choices: z.array(z.string()),
  least: z.number().nullable(),
  most: z.number().nullable(),
  default: z.unknown().optional().describe('Missing where the format finds it out itself'),
})
export type OptionView = z.infer<typeof OptionView>

/** A data set format: what it reads, on which terms, how it is obtained. */
export const FormatView = z.strictObject({
  name: z.string(),
  title: z.string(),
  licence: z.string(),
  obtained: z.string().nullable().describe('How its photographs are obtained; null where they are one\'s own'),
  aligned: z.boolean(),
  draws: z.boolean().describe('It draws its photographs itself'),
  options: z.array(OptionView),
})
export type FormatView = z.infer<typeof FormatView>

/** What a folder looks like. Nothing was written and no image opened. */
export const RecognisedFolder = z.strictObject({
  root: z.string(),
  name: z.string().describe('What it would be called'),
  addedAs: z.array(z.string()).describe('Data sets that this folder is already'),
  files: z.int(),
  images: z.int(),
  refused: z.array(Rejected),
  milliseconds: z.number(),
  formats: z.array(z.strictObject({
    name: z.string(),
    title: z.string(),
    confidence: z.number(),
    why: z.string(),
    explained: z.int().nullable().describe('Images that would become samples; null where its lists cannot be read'),
    problem: Problem.nullable(),
  })).describe('The surest first'),
})
export type RecognisedFolder = z.infer<typeof RecognisedFolder>

/** Labels of one task as bars, by split. */
export const Histogram = z.strictObject({
  task: z.string(),
  kind: z.enum(['classification', 'regression', 'attributes']),
  unit: z.string().nullable(),
  labelled: z.int().describe('Samples with this label; of attributes a sample may stand in many bars or none'),
  bars: z.array(z.strictObject({
    label: z.string(),
    from: z.number().nullable().describe('Where a bin of numbers begins'),
    to: z.number().nullable(),
    counts: Splits,
  })),
})
export type Histogram = z.infer<typeof Histogram>

/** One file as it will be read. */
export const PreviewRow = z.strictObject({
  path: z.string(),
  labels: z.record(z.string(), z.string()).describe('In words, by task'),
  split: Split.nullable(),
  subject: z.string().nullable(),
  thumbnail: z.string().nullable().describe('JPEG, base64'),
  problem: z.string().nullable(),
})
export type PreviewRow = z.infer<typeof PreviewRow>

/** A folder as one format will read it. */
export const DatasetPreview = z.strictObject({
  root: z.string(),
  format: z.string(),
  title: z.string(),
  licence: z.string(),
  notes: z.array(z.string()),
  tasks: z.record(z.string(), Task),
  samples: z.int(),
  rejected: z.int(),
  rejectedFirst: z.array(Rejected),
  splits: Splits,
  subjects: z.int(),
  unseen: z.int(),
  pairs: z.int(),
  histograms: z.array(Histogram),
  rows: z.array(PreviewRow),
  milliseconds: z.number(),
})
export type DatasetPreview = z.infer<typeof DatasetPreview>

/** A folder that is being read at this moment. */
export const AddingView = z.strictObject({
  name: z.string(),
  path: z.string(),
  phase: z.enum(['drawing', 'listing', 'reading']),
  done: z.int(),
  total: z.int(),
})
export type AddingView = z.infer<typeof AddingView>

/** Faces found, of the prepare run that finished last. */
export const FacesTally = z.strictObject({
  key: z.string(),
  photographs: z.int(),
  found: z.int(),
  notFound: z.int(),
  unreadable: z.int(),
  aligned: z.boolean(),
})
export type FacesTally = z.infer<typeof FacesTally>

/** A data set as the list of them shows it. */
export const DatasetRowView = DatasetView.extend({
  isHere: z.boolean().describe('Its folder is where it was'),
  obtained: z.string().nullable(),
  faces: FacesTally.nullable(),
  roles: z.array(z.strictObject({
    study: z.string(),
    knowledge: z.array(z.string()),
    unlabelled: z.boolean(),
  })),
})
export type DatasetRowView = z.infer<typeof DatasetRowView>

export const FaceState = z.enum(['found', 'not-found', 'unreadable'])
export type FaceState = z.infer<typeof FaceState>

/** One face of a page, or why there is none. */
export const FaceCell = z.strictObject({
  index: z.int(),
  path: z.string(),
  caption: z.string(),
  split: Split.nullable(),
  image: z.string().nullable().describe('JPEG, base64: the aligned face, or the photograph where none was found'),
  reason: z.string().nullable(),
})
export type FaceCell = z.infer<typeof FaceCell>

/** A range of a data set's faces. */
export const FacesPage = z.strictObject({
  key: z.string().nullable().describe('The prepare run; null where the data set is not prepared'),
  total: z.int(),
  from: z.int(),
  cells: z.array(FaceCell),
})
export type FacesPage = z.infer<typeof FacesPage>

/** One photograph with what was found on it, in its pixels. */
export const PhotographView = z.strictObject({
  index: z.int(),
  path: z.string(),
  labels: z.record(z.string(), z.string()),
  split: Split.nullable(),
  subject: z.string().nullable(),
  width: z.int(),
  height: z.int(),
  image: z.string().nullable().describe('JPEG, base64, reduced'),
  face: z.string().nullable().describe('The aligned face, JPEG, base64'),
  problem: z.string().nullable(),
  status: FaceState.nullable(),
  reason: z.string().nullable(),
  box: z.strictObject({
    left: z.number(),
    top: z.number(),
    width: z.number(),
    height: z.number(),
  }).nullable(),
  landmarks: z.array(z.tuple([
    z.number(),
    z.number(),
  ])),
  score: z.number().nullable(),
  faces: z.int(),
})
export type PhotographView = z.infer<typeof PhotographView>

/** What stands on a data set or a teacher. */
export const Dependents = z.strictObject({
  studies: z.array(z.strictObject({
    name: z.string(),
    as: z.array(z.string()).describe('Knowledge, "unlabelled", or "teacher"'),
  })),
  runs: z.int(),
  bytes: z.int().describe('Artefacts of those runs'),
})
export type Dependents = z.infer<typeof Dependents>
