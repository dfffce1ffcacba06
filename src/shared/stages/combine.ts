import { z } from 'zod'
import { declareStage } from './declare.ts'
import { OptimizerConfig, ScheduleConfig } from './training.ts'

export const CombinerKind = z.enum(['concat', 'pca', 'ae', 'vae', 'dae'])
export type CombinerKind = z.infer<typeof CombinerKind>

/** Kinds that are autoencoders: they learn by steps. */
export function isTrained(kind: CombinerKind): boolean {
  return kind !== 'concat' && kind !== 'pca'
}

const sizeRule = 'must be "mean" or a whole number of at least 1'

/** What a denoising autoencoder's inputs go through. Vincent et al. 2010, Section 3.3: gaussian and masking noise; teacher: as a whole, Neverova et al. 2016. */
export const NoiseConfig = z.strictObject({
  kind: z.enum(['gaussian', 'masking', 'teacher']).default('masking').describe('gaussian: normal noise is added; masking: single units become 0; teacher: whole embeddings become 0'),
  // As little as keeps the paper's order AE < DAE < VAE (Table 5): on 1,442 photographs nRMSE .694 without, .712 with .1, .743 with .25.
  level: z.number().min(0).max(0.9).default(0.1).describe('gaussian: standard deviation, where a unit has 1; masking, teacher: part of the units or teachers that becomes 0'),
})
export type NoiseConfig = z.infer<typeof NoiseConfig>

/** Combine: fuses the embeddings h_1 .. h_M of each face into h_G, f32 [N, sum d_i] -> f32 [N, d]. Vielzeuf et al. 2019, Section 3.2, Eqs. 1-3, Section 4.3, Tables 5 and 6. */
export const combine = declareStage({
  name: 'combine',
  version: 2, // 2: layers start small, nRMSE on z-scores
  summary: 'Fuses the teachers\' embeddings into one',
  config: z.strictObject({
    kind: CombinerKind.default('ae').describe('How embeddings are fused: side by side, principal components, an autoencoder, a variational or a denoising one'),
    size: z.union([
      z.literal('mean'),
      z.int().positive({ error: sizeRule }),
    ], { error: sizeRule })
      .default('mean')
      .describe('Dimension of h_G; "mean" is the average of the teachers\' (Section 3.2). concat keeps all'),
    normalise: z.enum(['none', 'zscore', 'phi-s']).default('zscore').describe('none: embeddings are only centred; zscore: each unit has variance 1; phi-s: each teacher is rotated and has one scale (Ranzinger et al. 2024)'),
    layers: z.int().min(1).max(6).default(3).describe('Layers of the encoder; widths d0 * (d / d0)^(k / layers), the paper\'s 4/7 rule'),
    skip: z.enum(['none', 'linear']).default('none').describe('linear: a linear path beside the layers that starts as PCA, which the autoencoder is then never worse than on its validation faces (not in the paper)'),
    balance: z.enum(['none', 'teacher']).default('none').describe('none: loss summed over units as printed (Eq. 3); teacher: averaged within each teacher'),
    activation: z.enum(['elu', 'relu']).default('elu').describe('Between layers'),
    // 1 is the evidence bound itself, and gives nRMSE .724 on the same photographs; the paper prints none of its settings.
    beta: z.number().min(0).default(1).describe('vae: weight of the divergence from a standard normal code; 1 is the VAE of Kingma and Welling (2014) for units of noise variance 1'),
    annealing: z.int().min(0).default(10).describe('vae: epochs over which that weight rises from 0; 0 starts with all of it'),
    noise: NoiseConfig.prefault({}).describe('dae: what its inputs go through in training'),
    optimizer: OptimizerConfig.prefault({ learningRate: 1e-4 }),
    schedule: ScheduleConfig.prefault({ kind: 'constant' }),
    batch: z.int().min(2).max(4096).default(64).describe('Faces in one step'),
    epochs: z.int().min(1).default(130).describe('Most passes over the unlabelled faces'),
    patience: z.int().min(0).default(12).describe('Epochs without a better validation loss before training stops; 0 never stops early'),
  }),
  // Fields younger than version 2 count where they do something, so that what was computed before them is still found.
  keyed: ({ normalise, skip, beta, annealing, noise, ...config }) => ({
    ...config,
    ...normalise !== 'zscore' && { normalise },
    ...skip !== 'none' && { skip },
    ...config.kind === 'vae' && { beta, annealing },
    ...config.kind === 'dae' && { noise },
  }),
  usesSeed: config => isTrained(config.kind),
  usesAllCores: config => isTrained(config.kind),
})
export type CombinerConfig = z.output<typeof combine.config>

const trained = ['size', 'normalise', 'layers', 'balance', 'activation', 'optimizer', 'schedule', 'batch', 'epochs', 'patience'] as const satisfies (keyof CombinerConfig)[]

/** What each kind reads of its configuration besides itself. A recipe that sets something else is told so, for it would change nothing. */
export const combinerReads: Record<CombinerKind, readonly (keyof CombinerConfig)[]> = {
  concat: ['normalise'],
  pca: ['size', 'normalise'],
  ae: [...trained, 'skip'],
  vae: [...trained, 'beta', 'annealing'],
  dae: [...trained, 'noise'],
}

/** Widths of the encoder's layers: round(d0 * (d / d0)^(k / layers)), k = 1 .. layers; 5488 to 1024 in 3 gives 3136, 1792, 1024 (the paper's 4/7 rule). */
export function encoderWidths(inputs: number, size: number, layers: number): number[] {
  return Array.from({ length: layers }, (_, k) => Math.round(inputs * (size / inputs) ** ((k + 1) / layers)))
}
