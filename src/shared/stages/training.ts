import { z } from 'zod'

const positive = z.number().positive()

/** Update rule of a training stage. The learning rate is the schedule's peak. */
export const OptimizerConfig = z.strictObject({
  kind: z.enum(['adam', 'adamw', 'sgd']).default('adam').describe('Update rule; sgd has momentum'),
  learningRate: positive.default(1e-3).describe('Peak of the schedule'),
  weightDecay: z.number().min(0).default(0).describe('Decoupled, adamw only (Loshchilov and Hutter 2019)'),
  momentum: z.number().min(0).max(1).default(0.9).describe('sgd only'),
})
export type OptimizerConfig = z.infer<typeof OptimizerConfig>

/** How the learning rate moves over the steps. */
export const ScheduleConfig = z.strictObject({
  kind: z.enum(['constant', 'cosine']).default('cosine').describe('cosine falls to zero at the last step'),
  warmup: z.int().min(0).default(0).describe('Steps of linear rise from zero'),
})
export type ScheduleConfig = z.infer<typeof ScheduleConfig>

/** What is varied of a face before a convolutional network sees it. */
export const AugmentationConfig = z.strictObject({
  flip: z.boolean().default(true).describe('Mirror half of the faces'),
  // About 1, so that faces are as large on average as where nothing is varied; 0.1 and more, and crops that only enlarge, gave a worse student.
  scale: z.number().min(0).max(0.4).default(0.06).describe('Largest relative change of size, somewhere within the face or around it'),
  color: z.number().min(0).max(1).default(0.2).describe('Largest relative change of brightness, contrast and saturation'),
})
export type AugmentationConfig = z.infer<typeof AugmentationConfig>
