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

/** Distil: the student learns h_G from pixels. u8 [N, 300, 300, 3] -> f32 [N, d]. Vielzeuf et al. 2019, Section 3.3, Eq. 4. */
export const distil = declareStage({
  name: 'distil',
  version: 3, // 3: faces vary about their own size, stronger weight decay
  summary: 'Trains the student to give h_G from pixels',
  config: z.strictObject({
    ...StudentConfig.shape,
    optimizer: OptimizerConfig.prefault({ kind: 'adamw', weightDecay: 0.5 }),
    schedule: ScheduleConfig.prefault({ warmup: 100 }),
    augmentation: AugmentationConfig.prefault({}),
    batch: z.int().min(2).max(1024).default(32).describe('Faces in one step'),
    steps: z.int().min(1).default(4000).describe('Optimizer steps'),
    evaluateEvery: z.int().min(1).default(250).describe('Steps between two looks at the validation cosine; the best is kept'),
  }),
  usesSeed: () => true,
  usesAllCores: () => true,
})
