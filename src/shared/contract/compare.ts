import { z } from 'zod'
import { Key, method } from './method.ts'

const Keys = z.array(Key).min(2).max(8)

/** What the screen of comparisons asks beside `runs.compare`. */
export const compareMethods = {
  'compare.curves': method('read', z.strictObject({
    keys: z.array(Key).min(1).max(8),
    metric: z.string().optional().describe('The first that all runs have, where left out'),
    buckets: z.int().min(1).max(2000).default(300),
  }), z.strictObject({
    metrics: z.array(z.string()).describe('That any of the runs has; those that all have come first'),
    metric: z.string().nullable(),
    runs: z.array(z.strictObject({
      key: z.string(),
      steps: z.array(z.number()),
      seconds: z.array(z.number()).describe('Since the run\'s first value, pauses included'),
      values: z.array(z.number()),
      points: z.int().describe('Before thinning'),
    })),
  })),
  'compare.disagreements': method('read', z.strictObject({
    keys: Keys,
    kind: z.string().default('all'),
    page: z.int().min(0).default(0),
    size: z.int().min(1).max(60).default(18),
    side: z.int().min(32).max(300).default(128),
  }), z.strictObject({
    reason: z.string().nullable().describe('Why there is nothing to show'),
    notices: z.array(z.string()).describe('What a reader must know of such a task'),
    kinds: z.array(z.strictObject({ id: z.string(), title: z.string(), count: z.int() })),
    shared: z.int().describe('Samples that all runs answered'),
    total: z.int().describe('Of the kind asked for'),
    letters: z.array(z.string()),
    samples: z.array(z.strictObject({
      path: z.string(),
      truth: z.string(),
      answers: z.array(z.strictObject({ text: z.string(), isRight: z.boolean().nullable().describe('null where numbers are answered') })),
      images: z.array(z.string().nullable()).describe('JPEG as base64: one face, or two of a pair; null where none was found'),
    })),
  })),
  'compare.methods': method('read', z.strictObject({ keys: Keys }), z.strictObject({
    reason: z.string().nullable(),
    study: z.string().nullable(),
    methods: z.array(z.string()).describe('What each run stands for in the study'),
    rows: z.array(z.strictObject({
      knowledge: z.string(),
      metric: z.string().describe('With its unit and direction'),
      measure: z.string().describe('The metric alone'),
      better: z.enum(['higher', 'lower']),
      cells: z.array(z.strictObject({
        mean: z.number(),
        interval: z.tuple([z.number(), z.number()]).nullable(),
        n: z.int(),
      }).nullable()),
      tests: z.array(z.strictObject({
        difference: z.number(),
        interval: z.tuple([z.number(), z.number()]),
        adjusted: z.number(),
        verdict: z.enum(['better', 'worse', 'no difference shown']),
      }).nullable()).describe('Against the first; null where it cannot be tested'),
    })),
    tests: z.int().describe('Over which p was corrected'),
    others: z.array(z.strictObject({ key: z.string(), method: z.string() })).describe('Finished runs of the first run\'s knowledge and seed that could be added'),
  })),
} as const
