import { z } from 'zod'
import { declareStage } from './declare.ts'
import { OptimizerConfig, ScheduleConfig } from './training.ts'

const sizeRule = 'must be "mean" or a whole number of at least 1'

/** Combine: fuses the embeddings h_1 .. h_M of each face into h_G, f32 [N, sum d_i] -> f32 [N, d]. Vielzeuf et al. 2019, Section 3.2, Eqs. 1-3, Tables 5 and 6. */
export const combine = declareStage({
  name: 'combine',
  version: 2, // 2: layers start small, nRMSE on z-scores
  summary: 'Fuses the teachers\' embeddings into one',
  config: z.strictObject({
    kind: z.enum(['concat', 'pca', 'ae']).default('ae').describe('How embeddings are fused'),
    size: z.union([
      z.literal('mean'),
      z.int().positive({ error: sizeRule }),
    ], { error: sizeRule })
      .default('mean')
      .describe('Dimension of h_G; "mean" is the average of the teachers\' (Section 3.2). concat keeps all'),
    layers: z.int().min(1).max(6).default(3).describe('Layers of the encoder; widths d0 * (d / d0)^(k / layers), the paper\'s 4/7 rule'),
    balance: z.enum(['none', 'teacher']).default('none').describe('none: loss summed over units as printed (Eq. 3); teacher: averaged within each teacher'),
    activation: z.enum(['elu', 'relu']).default('elu').describe('Between layers'),
    optimizer: OptimizerConfig.prefault({ learningRate: 1e-4 }),
    schedule: ScheduleConfig.prefault({ kind: 'constant' }),
    batch: z.int().min(2).max(4096).default(64).describe('Faces in one step'),
    epochs: z.int().min(1).default(130).describe('Most passes over the unlabelled faces'),
    patience: z.int().min(0).default(12).describe('Epochs without a better validation loss before training stops; 0 never stops early'),
  }),
  usesSeed: config => config.kind === 'ae',
  usesAllCores: config => config.kind === 'ae',
})

/** What each kind reads of its configuration besides itself; null: all of it. A recipe that sets something else is told so, for it would change nothing. */
export const combinerReads: Record<z.output<typeof combine.config>['kind'], readonly string[] | null> = {
  concat: [],
  pca: ['size'],
  ae: null,
}

/** Widths of the encoder's layers: round(d0 * (d / d0)^(k / layers)), k = 1 .. layers; 5488 to 1024 in 3 gives 3136, 1792, 1024 (the paper's 4/7 rule). */
export function encoderWidths(inputs: number, size: number, layers: number): number[] {
  return Array.from({ length: layers }, (_, k) => Math.round(inputs * (size / inputs) ** ((k + 1) / layers)))
}
