import { z } from 'zod'
import { Problem } from './problem-schema.ts'
import { Environment, GpuDevice } from './provenance.ts'
import { SealedFile } from './sealed-file.ts'

/** One data set as a worker gets it: sealed files of the workspace, and the folder of the photographs. */
export const OrderSource = z.strictObject({
  name: z.string(),
  root: z.string().describe('Absolute folder of the photographs'),
  dataset: z.string().describe('Dataset pack (samples, labels, splits, pairs, content hashes)'),
  faces: z.string().nullable().describe('Faces pack'),
  embeddings: z.string().nullable().describe('Embeddings pack'),
  unlabelled: z.boolean().describe('Combiner and student learn from its faces'),
})
export type OrderSource = z.infer<typeof OrderSource>

/** A teacher with its files resolved on this machine. */
export const OrderTeacher = z.strictObject({
  name: z.string(),
  manifest: z.string().describe('Path of the YAML manifest'),
  sha256: z.string(),
})
export type OrderTeacher = z.infer<typeof OrderTeacher>

/** runs/<key>/order.json: all that a worker needs to do one run. Paths are absolute. */
export const Order = z.strictObject({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  stage: z.enum([
    'prepare',
    'embed',
    'combine',
    'distil',
    'transfer',
    'select',
  ]),
  version: z.int(),
  config: z.unknown().describe('The stage\'s configuration with every default filled in'),
  seed: z.int().min(0),
  runDir: z.string(),
  firstSeq: z.int().min(0).optional().describe('The first number that the host does not know yet of this run\'s events'),
  artefact: z.string().describe('Final path; the worker writes a temporary one beside it and renames'),
  threads: z.int().positive(),
  device: GpuDevice.nullable().optional().describe('The GPU that it has; none: the CPU'),
  isDeterministic: z.boolean().optional().describe('Kernels that give the same bits each time, slower on a GPU'),
  sources: z.array(OrderSource),
  teachers: z.array(OrderTeacher),
  combiner: z.string().nullable().describe('Artefact folder of the combiner below'),
  student: z.string().nullable().describe('Artefact folder of the student below'),
  candidates: z.array(z.strictObject({
    teacher: z.string(),
    key: z.string().describe('Its frozen transfer of the same knowledge'),
    validation: z.number().nullable().optional().describe('Score of that run, lower is better; the host adds it when the run starts'),
  })).optional().describe('Teachers of which a p-cnn takes the one that transfers best'),
  nearCopies: z.number().optional().describe('Unlabelled faces as close as this (mean cosine over the teachers) to a held-out one are left out'),
  selection: z.string().nullable().optional().describe('Artefact folder of the finished selection whose scores are chosen from'),
})
export type Order = z.infer<typeof Order>

/** One figure of one knowledge under its protocol. */
export const Evaluation = z.strictObject({
  scope: z.enum(['test', 'all', 'unseen']).describe('test: the test split; all: the whole protocol; unseen: only what combiner and student never saw'),
  metric: z.enum(['accuracy', 'mae', 'cosine', 'error-rate']),
  value: z.number().describe('Accuracy and mean error rate in per cent, MAE in the label\'s unit'),
  count: z.int().describe('Samples or pairs it rests on, those without a found face included'),
  standardError: z.number(),
  interval: z.tuple([
    z.number(),
    z.number(),
  ]).describe('95 % bootstrap interval'),
})
export type Evaluation = z.infer<typeof Evaluation>

/** What a selection found of each subset of teachers and of each teacher. Scores are in the knowledge's metric. */
export const SelectionResult = z.strictObject({
  metric: z.enum(['accuracy', 'mae', 'error-rate']),
  teachers: z.array(z.strictObject({
    name: z.string(),
    logme: z.number().nullable().describe('Log evidence per training face (You et al. 2021); null where there is no label to explain'),
    cka: z.array(z.number()).describe('Linear CKA with each teacher, itself included'),
  })),
  subsets: z.array(z.strictObject({
    teachers: z.array(z.int()).describe('Places in the list of teachers'),
    ridge: z.number().nullable().describe('Validation score of the ridge solution'),
    validation: z.number().nullable().describe('Of its head; null where it has none. Mean over folds'),
    test: z.number().nullable(),
    steps: z.int().describe('Optimizer steps of its head, over all folds'),
  })),
  chosen: z.array(z.strictObject({
    subset: z.int().describe('Place in the list of subsets'),
    folds: z.int().describe('Folds that it was chosen for'),
  })).describe('The one that most folds chose first'),
})
export type SelectionResult = z.infer<typeof SelectionResult>

/** What a finished run is worth knowing for without opening its artefact. */
export const RunResult = z.strictObject({
  summary: z.record(z.string(), z.union([
    z.number(),
    z.string(),
    z.boolean(),
    z.null(),
  ])),
  evaluations: z.array(Evaluation).default([]),
  selection: SelectionResult.optional(),
  reconstruction: z.record(z.string(), z.number()).optional().describe('nRMSE per teacher on unseen faces'),
  baselines: z.strictObject({
    mean: z.record(z.string(), z.number()).describe('Of the mean of the faces learnt from'),
    random: z.record(z.string(), z.number()).describe('Of another face, drawn at random'),
  }).optional().describe('The same of answers that take no look at the face'),
})
export type RunResult = z.infer<typeof RunResult>

/** One line of runs/<key>/events.ndjson. `seq` counts from 0 over all attempts; `time` is milliseconds since 1970. */
const line = {
  seq: z.int(),
  time: z.number(),
  attempt: z.int(),
}
/** By a clock that nobody sets: the times of two events may be an hour apart because somebody did. */
const durationMs = z.number().optional().describe('How long the attempt took; workers of earlier versions did not say')

export const RunEvent = z.discriminatedUnion('type', [
  z.strictObject({
    ...line,
    type: z.literal('started'),
    pid: z.int(),
    engine: z.string(),
    threads: z.int(),
    // A worker of another version may say something else; what it does is worth more than how.
    environment: Environment.optional().catch(undefined),
    resumedFrom: z.int().nullable().describe('Step of the checkpoint'),
  }),
  z.strictObject({
    ...line,
    type: z.literal('metrics'),
    step: z.int(),
    values: z.record(z.string(), z.number()),
  }),
  z.strictObject({
    ...line,
    type: z.literal('progress'),
    done: z.number(),
    total: z.number(),
    unit: z.string(),
    perSecond: z.number(),
  }),
  z.strictObject({
    ...line,
    type: z.literal('log'),
    level: z.enum(['info', 'warning', 'error']),
    text: z.string(),
  }),
  z.strictObject({
    ...line,
    type: z.literal('heartbeat'),
    memoryBytes: z.int(),
  }),
  z.strictObject({
    ...line,
    type: z.literal('paused'),
    durationMs,
  }),
  z.strictObject({
    ...line,
    type: z.literal('stopped'),
    durationMs,
  }),
  z.strictObject({
    ...line,
    type: z.literal('failed'),
    problem: Problem,
    durationMs,
  }),
  z.strictObject({
    ...line,
    type: z.literal('done'),
    result: RunResult,
    durationMs: z.number(),
    bytes: z.int(),
    files: z.array(SealedFile).optional().describe('What was sealed; workers of earlier versions did not say'),
  }),
])
export type RunEvent = z.infer<typeof RunEvent>

/** States of a run. A plan's step has states of its own. */
export const RunState = z.enum([
  'queued',
  'running',
  'pausing',
  'paused',
  'done',
  'failed',
  'interrupted',
  'cancelled',
])
export type RunState = z.infer<typeof RunState>
