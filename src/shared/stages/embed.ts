import { z } from 'zod'
import { declareStage } from './declare.ts'

/** Embed: face -> h_1 .. h_M, all teachers in one graph over one batch. u8 [N, 300, 300, 3] -> f32 [N, d_i]. Vielzeuf et al. 2019, Section 3.1, Table 1. */
export const embed = declareStage({
  name: 'embed',
  version: 2, // 2: factors behind convolutions are part of their filters, faces go 4 at a time: other rounding
  summary: 'Computes every teacher\'s embedding of every face, once',
  config: z.strictObject({
    teachers: z.array(z.strictObject({
      name: z.string(),
      sha256: z.string().describe('Of the manifest and its files'),
    })).min(1).describe('In the order in which they are concatenated'),
  }),
  usesSeed: () => false,
  usesAllCores: () => true,
})
