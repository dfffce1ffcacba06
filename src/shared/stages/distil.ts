import { z } from 'zod'
import { declareStage } from './declare.ts'
import { AugmentationConfig, OptimizerConfig, ScheduleConfig } from './training.ts'

/** Architectures by name; each is a file of src/worker/models/networks. */
export const studentNetworks = ['resnet18', 'mobilenet', 'cnn'] as const
export type StudentNetwork = typeof studentNetworks[number]

/** The student's network. resnet18 of width 27 with 1024 outputs has 2,216,023 trainable parameters: the paper's 2.2 M. */
export const StudentConfig = z.strictObject({
  network: z.enum(studentNetworks).default('resnet18').describe('Architecture: resnet18 (the paper\'s), mobilenet (MobileNetV3-Small) or cnn (a plain stack of convolutions)'),
  width: z.int().min(4).max(128).default(27).describe('Channels of the first layer; mobilenet\'s width multiplier is a sixteenth of it'),
  input: z.int().min(32).max(300).default(96).describe('Side in pixels of what the student sees'),
})

const sizeRule = 'must be "mean" or a whole number of at least 1'

/** What the multi-task student needs beside the student's own configuration. A study that says nothing gives it the shape of the combiner that the other one learns. */
export const MultiTaskConfig = z.strictObject({
  size: z.union([
    z.literal('mean'),
    z.int().positive({ error: sizeRule }),
  ], { error: sizeRule })
    .default('mean')
    .describe('Dimension of h_MT; left out: that of the combiner that the student learns; "mean" is the average of the teachers\''),
  layers: z.int().min(1).max(6).default(3).describe('Layers of the decoder, the mirror of a combiner\'s; left out: as many as that one has'),
  activation: z.enum(['elu', 'relu']).default('elu').describe('Between the decoder\'s layers'),
  balance: z.enum(['none', 'teacher', 'uncertainty']).default('none').describe('none: loss summed over units; teacher: every teacher counts alike; uncertainty: divided by variances that are learnt (Kendall et al. 2018)'),
  teacherDropping: z.number().min(0).max(0.95).default(0).describe('Probability that a teacher other than the worst does not count for a face (Sariyildiz et al. 2024)'),
})

/**
 * Distil: the student learns h_G, or, multi-task, the h_i themselves from pixels. u8 [N, 300, 300, 3] -> f32 [N, d].
 * Vielzeuf et al. 2019, Section 3.3, Eq. 4.
 */
export const distil = declareStage({
  name: 'distil',
  version: 3, // 3: faces vary about their own size, stronger weight decay
  summary: 'Trains a student to give h_G from pixels, or the embeddings themselves',
  config: z.strictObject({
    ...StudentConfig.shape,
    optimizer: OptimizerConfig.prefault({ kind: 'adamw', weightDecay: 0.5 }),
    schedule: ScheduleConfig.prefault({ warmup: 100 }),
    augmentation: AugmentationConfig.prefault({}),
    batch: z.int().min(2).max(1024).default(32).describe('Faces in one step'),
    steps: z.int().min(1).default(4000).describe('Optimizer steps'),
    evaluateEvery: z.int().min(1).default(250).describe('Steps between two looks at the validation cosine (multi-task: loss); the best is kept'),
    multiTask: MultiTaskConfig.optional().describe('The multi-task student E_MT: learns the embeddings through a decoder, without a combiner'),
  }),
  usesSeed: () => true,
  usesAllCores: () => true,
})
