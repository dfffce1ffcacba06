import { z } from 'zod'
import { combine, combinerReads } from './stages/combine.ts'
import { distil } from './stages/distil.ts'
import { embed } from './stages/embed.ts'
import { prepare } from './stages/prepare.ts'
import { select } from './stages/select.ts'
import { AfterConfig, LabelShare, transfer } from './stages/transfer.ts'

const Name = z.string().regex(/^[\w-]+$/, 'letters, digits, dashes and underscores')
const Seeds = z.array(z.int().min(0)).min(1)

/** A combiner of the study; `name` is its method and column where two of a kind are compared. */
const CombineEntry = z.strictObject({
  name: Name.optional().describe('Its method and column in tables; the kind where left out'),
  ...partialShape(combine.config.shape),
}).superRefine((entry, context) => {
  const kind = entry.kind ?? 'ae'
  const reads: readonly string[] = combinerReads[kind]
  for (const field of Object.keys(entry).filter(field => !['name', 'kind', ...reads].includes(field)))
    context.addIssue({ code: 'custom', path: [field], message: `must be left out: ${kind} reads ${reads.join(', ')} alone` })
})
const DistilEntry = z.strictObject({
  target: Name.optional().describe('Combiner whose h_G the student learns; the last one of combine where left out'),
  seeds: Seeds.optional().describe('Where fewer than the study\'s: other seeds build on the first of these'),
  ...partialShape(distil.config.shape),
})
const { task: _task, encoder: _encoder, folds: _folds, after: _after, ...transferShape } = transfer.config.shape
const { labels: _labels, ...fineTuneShape } = transferShape
const TransferEntry = z.strictObject({
  ...partialShape(transferShape),
  fineTune: z.strictObject(partialShape(fineTuneShape)).optional().describe('What differs where every parameter is trained'),
  pCnn: z.strictObject(partialShape(fineTuneShape)).optional().describe('What differs further where a teacher\'s are (p-cnn): it is larger than a student and slower'),
})
/** A selection's heads are those of transfer. */
const SelectEntry = z.strictObject(partialShape(select.config.pick({ train: true }).shape))
const { teachers: _teachers, ...embedShape } = embed.config.shape

/** Optional fields without their defaults: a recipe holds only what differs, and the defaults stand in the stage's schema alone. */
function partialShape<Shape extends z.ZodRawShape>(shape: Shape): { [K in keyof Shape]: z.ZodOptional<Shape[K]> } {
  const entries = Object.entries(shape).map(([key, schema]) => [
    key,
    withoutDefault(schema as z.ZodType).optional(),
  ])
  return Object.fromEntries(entries) as { [K in keyof Shape]: z.ZodOptional<Shape[K]> }
}
function withoutDefault(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return withoutDefault(schema.unwrap() as z.ZodType)
  return schema instanceof z.ZodObject
    ? z.strictObject(partialShape(schema.shape))
    : schema
}
function oneOrList<T extends z.ZodType>(entry: T) {
  return z.preprocess(value => (value === undefined || Array.isArray(value)
    ? value
    : [value]), z.array(entry).min(1))
}

/** Tables and figures of a study, in the paper's order. */
export const tableNames = ['knowledge', 'faces', 'target', 'source', 'reconstruction', 'combiners', 'size', 'labels', 'time', 'cost', 'teachers', 'subgroups', 'claims'] as const

/** A study as written: data, teachers, what differs from the stages' defaults, what is compared. */
export const Recipe = z.strictObject({
  study: Name.describe('Name of the study'),
  variables: z.record(Name, z.union([
    z.string(),
    z.number(),
    z.null(),
  ])).default({}).describe('Values for ${name}; null must be given with --set'),
  data: z.record(Name, z.looseObject({
    format: z.string().optional(),
    path: z.string().optional(),
  })).describe('Data sets by name: format, path and the format\'s own options'),
  unlabelled: z.array(Name).min(1).describe('Data sets whose faces combiner and student learn from, without labels'),
  nearCopies: z.number().min(0.5).max(1).optional().describe('Unlabelled faces whose embeddings are as close as this to a held-out face of any data set of the study (mean cosine over the teachers) show its photograph again and are left out; 0.95 finds recompressed and resized copies'),
  teachers: z.array(Name).min(1).describe('Teachers in the order in which they are concatenated'),
  stages: z.strictObject({
    prepare: z.strictObject(partialShape(prepare.config.shape)).default({}),
    embed: z.strictObject(partialShape(embedShape)).default({}),
    combine: oneOrList(CombineEntry).default([
      { kind: 'ae' },
    ]),
    distil: DistilEntry.default({}),
    transfer: TransferEntry.default({}),
    select: SelectEntry.default({}),
  }).prefault({}),
  knowledge: z.array(z.strictObject({
    name: Name,
    data: Name,
    task: Name,
    source: Name.optional().describe('The teacher that was trained for it: then it is source knowledge, and Table 4 compares with that teacher'),
    after: z.strictObject({ data: Name, ...AfterConfig.shape }).optional().describe('Verification: what methods that train a network learn first (the paper\'s figures in parentheses)'),
    labels: oneOrList(LabelShare).optional().describe('Share of the training labels; a list is a grid: a knowledge of its own for each, NAME-1pct for 0.01'),
    folds: z.strictObject({
      'frozen': z.union([
        z.literal('subject'),
        z.int().min(2),
      ]).optional(),
      'fine-tuned': z.union([
        z.literal('subject'),
        z.int().min(2),
      ]).optional(),
    }).default({}),
  })).min(1).describe('What is transferred to'),
  methods: z.array(z.union([
    z.string(),
    z.strictObject({
      name: z.string(),
      seeds: Seeds.optional(),
    }),
  ])).min(1).describe('What is compared; "teacher:*" is every teacher'),
  seeds: Seeds.default([0]),
  deterministic: z.boolean().default(false).describe('Kernels that give the same bits each time also on a GPU, where they are slower; such runs have keys of their own'),
  tables: z.array(z.enum(tableNames)).default(['target']).describe('Printed when the study is done'),
})
export type Recipe = z.infer<typeof Recipe>
export type CombineEntry = z.infer<typeof CombineEntry>
