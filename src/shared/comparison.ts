import { z } from 'zod'
import { TestAuc, TestEffect } from './table.ts'

/** Runs side by side: what differs in what they were asked, what they reached, and whether the difference is more than chance. The first is the reference. */
export const Comparison = z.strictObject({
  runs: z.array(z.strictObject({
    letter: z.string(),
    key: z.string(),
    stage: z.string(),
    label: z.string(),
  })),
  differences: z.array(z.strictObject({
    path: z.string().describe('Where in the configuration, inputs or seed'),
    values: z.array(z.string().nullable()).describe('One per run, as JSON; null where the run has no such field'),
  })),
  equal: z.array(z.strictObject({
    path: z.string(),
    value: z.string(),
  })).describe('What all runs were asked alike, as JSON'),
  figures: z.array(z.strictObject({
    name: z.string().describe('A metric with its scope, or a number of the run\'s summary'),
    better: z.enum(['higher', 'lower']).nullable(),
    values: z.array(z.number().nullable()),
    intervals: z.array(z.tuple([
      z.number(),
      z.number(),
    ]).nullable()),
  })),
  tests: z.array(z.strictObject({
    letter: z.string().describe('Compared with the first run'),
    shared: z.int().describe('Test samples or pairs that both answered'),
    difference: z.number().describe('Mean of this run\'s scores minus the first\'s'),
    interval: z.tuple([
      z.number(),
      z.number(),
    ]).describe('95 % of the paired bootstrap'),
    p: z.number(),
    adjusted: z.number().describe('Holm-corrected over all tests shown'),
    verdict: z.enum(['better', 'worse', 'no difference shown']),
    effect: TestEffect.nullable().describe('null where all samples differ by the same'),
    auc: TestAuc.nullable().describe('Only in verification: DeLong\'s test'),
  })),
  notes: z.array(z.string()),
})
export type Comparison = z.infer<typeof Comparison>
