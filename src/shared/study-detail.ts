import { z } from 'zod'
import { Recipe } from './recipe.ts'

/**
 * contaminated: a teacher behind the method was trained on this data set. seen-unlabelled: combiner and student saw part of its images,
 * without labels. oracle: the test set itself chose among subsets of teachers. after-identity: the network
 * learnt to tell identities apart before its embeddings were compared.
 */
export const Mark = z.enum(['contaminated', 'seen-unlabelled', 'oracle', 'after-identity'])
export type Mark = z.infer<typeof Mark>

/** One cell's contribution: the run that fills it, or why there is none. */
export const Cell = z.strictObject({
  knowledge: z.string(),
  data: z.string(),
  task: z.string(),
  method: z.string(),
  seed: z.int(),
  key: z.string().nullable(),
  reason: z.string().nullable(),
  marks: z.array(Mark),
})
export type Cell = z.infer<typeof Cell>

/** What a workspace keeps of a study besides its runs: the recipe with all settings applied, and which run fills which cell. */
export const StudyDetail = z.strictObject({
  recipe: Recipe,
  /** How it was asked for, for the command that fills a missing cell. */
  command: z.strictObject({
    path: z.string(),
    set: z.array(z.string()),
    seeds: z.array(z.int()).optional(),
  }),
  target: z.string().nullable().describe('Combiner that the student learns'),
  cells: z.array(Cell),
  faces: z.array(z.strictObject({
    data: z.string(),
    key: z.string(),
  })).describe('Prepare run per data set'),
  reconstructions: z.array(z.strictObject({
    method: z.string(),
    seed: z.int(),
    key: z.string(),
  })),
  datasets: z.array(z.strictObject({
    name: z.string(),
    format: z.string(),
    fingerprint: z.string(),
    aligned: z.boolean(),
  })),
  teachers: z.array(z.strictObject({
    name: z.string(),
    sha256: z.string(),
    dimension: z.int(),
    contaminates: z.array(z.string()),
  })),
  estimates: z.record(z.string(), z.number()).describe('Seconds expected per run key, before calibration'),
})
export type StudyDetail = z.infer<typeof StudyDetail>
