import { z } from 'zod'
import { declareStage } from './declare.ts'

/** Embed: face -> h_1 .. h_M, all teachers in one graph over one batch. u8 [N, 300, 300, 3] -> f32 [N, d_i]. Vielzeuf et al. 2019, Section 3.1, Table 1. */
export const embed = declareStage({
  name: 'embed',
  version: 1,
  summary: 'Computes every teacher\'s embedding of every face, once',
  config: z.strictObject({
    teachers: z.array(z.strictObject({
      name: z.string(),
      sha256: z.string().describe('Of the manifest and its files'),
    })).min(1).describe('In the order in which they are concatenated'),
    batch: z.int().min(1).max(256).default(16).describe('Faces in one step'),
  }),
  usesSeed: () => false,
  usesAllCores: () => true,
})
