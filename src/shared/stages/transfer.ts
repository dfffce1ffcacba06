import { z } from 'zod'
import { declareStage } from './declare.ts'
import { StudentConfig } from './distil.ts'
import { AugmentationConfig, OptimizerConfig, ScheduleConfig } from './training.ts'

/** What stands before the head. `network` is a student trained from scratch (the paper's CNN) or a distilled one. */
export const EncoderConfig = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('teacher'),
    name: z.string(),
  }),
  z.strictObject({
    kind: z.literal('combiner'),
  }),
  z.strictObject({
    kind: z.literal('student'),
    mode: z.enum(['frozen', 'fine-tune']),
  }),
  z.strictObject({
    kind: z.literal('scratch'),
    ...StudentConfig.shape,
  }),
  z.strictObject({
    kind: z.literal('p-cnn'),
    teacher: z.string().optional().describe('The one that was chosen; in a model, not in what is asked for'),
  }),
])
export type EncoderConfig = z.infer<typeof EncoderConfig>

/** Whether every parameter is trained, so that a run works on pixels. */
export function trainsPixels(encoder: EncoderConfig): boolean {
  return encoder.kind === 'scratch' || encoder.kind === 'p-cnn' || (encoder.kind === 'student' && encoder.mode === 'fine-tune')
}

/** Share of the training labels, for the label-efficiency curve. */
export const LabelShare = z.number().positive().max(1)

/** Training before verification: the task of another data set, and how many of its faces. */
export const AfterConfig = z.strictObject({
  task: z.string().describe('A classification of people'),
  faces: z.int().min(2).default(100_000).describe('Most faces trained on, of everybody alike; the paper\'s 100,000'),
})

const Folds = z.union([
  z.literal('subject'),
  z.int().min(2),
], { error: 'must be "subject" or a number of folds of at least 2' })

/** Transfer: encoder + head -> predictions of one knowledge, evaluated by its data set's protocol. Vielzeuf et al. 2019, Section 3.3, Tables 3 and 4. */
export const transfer = declareStage({
  name: 'transfer',
  version: 3, // 3: faces vary about their own size where pixels are trained on
  summary: 'Trains a head (or everything) for one knowledge and evaluates it',
  config: z.strictObject({
    task: z.string().describe('A task of the data set'),
    labels: LabelShare.optional().describe('Share of the training labels that is used, stratified; all where left out. Validation and test stay whole'),
    after: AfterConfig.optional().describe('Verification only: a network is first trained to tell identities apart'),
    folds: Folds.default('subject').describe('How subjects are left out where the protocol says so'),
    encoder: EncoderConfig,
    head: z.strictObject({
      hidden: z.array(z.int().positive()).default([256]).describe('Widths of the hidden layers'),
      dropout: z.number().min(0).max(0.9).default(0.5).describe('After each hidden layer'),
    }).prefault({}),
    optimizer: OptimizerConfig.prefault({ kind: 'adamw', weightDecay: 0.01 }),
    schedule: ScheduleConfig.prefault({ kind: 'constant' }),
    augmentation: AugmentationConfig.prefault({}).describe('Only where pixels are trained on'),
    batch: z.int().min(2).max(1024).default(64).describe('Faces in one step'),
    epochs: z.int().min(1).default(100).describe('Most passes over the training split'),
    steps: z.int().min(1).default(2000).describe('Most optimizer steps'),
    patience: z.int().min(0).default(12).describe('Epochs without a better validation metric before training stops; 0 never stops early'),
  }),
  // plan 2: faces that choose the checkpoint of an identity training are bounded too; runs without such a training keep their keys
  keyed: ({ after, ...config }) => ({ ...config, after: after && { ...after, plan: 2 } }),
  usesSeed: () => true,
  usesAllCores: config => trainsPixels(config.encoder),
  hasAnswers: true,
})

/** What differs from the defaults above where every parameter is trained (fine-tuning, and from scratch): a smaller rate for weights that already know something, cosine to zero, small batches. */
export const fineTuneDefaults = {
  optimizer: { kind: 'adamw', learningRate: 5e-4, weightDecay: 0.02 },
  schedule: { kind: 'cosine', warmup: 50 },
  head: { hidden: [], dropout: 0.2 },
  batch: 32,
  steps: 1200,
} as const

/** What differs further for a P-CNN: batch norms are folded into its convolutions, so nothing holds its activations where a larger rate would drive them. */
export const pCnnDefaults = {
  optimizer: { learningRate: 5e-5 },
} as const
