import { z } from 'zod'
import { declareStage } from './declare.ts'

/** Prepare: photograph -> aligned face u8 [300, 300, 3], or "not found". Vielzeuf et al. 2019, Section 4.1, Table 2. */
export const prepare = declareStage({
  name: 'prepare',
  version: 1,
  summary: 'Finds the face nearest the centre of each photograph and aligns it',
  config: z.strictObject({
    size: z.int().min(64).max(1024).default(300).describe('Side in pixels of the aligned face'),
    aligned: z.boolean().default(false).describe('The images are ready crops (or no faces): only resized, nothing is detected'),
    minDetection: z.number().min(0).max(1).default(0.6).describe('Least blazeface score of a face'),
    minMesh: z.number().min(0).max(1).default(0.5).describe('Least facemesh score of a face'),
    encoding: z.enum(['jpeg', 'raw']).default('jpeg').describe('jpeg: quality 95; raw: lossless, ten times the disk'),
  }),
  usesSeed: () => false,
  usesAllCores: () => true,
})
