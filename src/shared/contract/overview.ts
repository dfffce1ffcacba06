import { z } from 'zod'
import { Pipeline } from '../pipeline.ts'
import { method, Name, nothing } from './method.ts'

/** One line of what was looked at on this computer. */
export const Check = z.strictObject({
  name: z.string(),
  title: z.string(),
  verdict: z.enum(['ok', 'warning', 'problem', 'absent']),
  value: z.string(),
  hint: z.string().optional(),
})

/** The study as a whole, and the computer it runs on. */
export const overviewMethods = {
  'studies.pipeline': method('read', z.strictObject({ name: Name }), Pipeline),
  'recipes.list': method('read', nothing, z.array(z.strictObject({
    name: z.string(),
    title: z.string().describe('Its first comment'),
    path: z.string(),
    text: z.string(),
  })).describe('Recipes that come with Facet')),
  'disk.usage': method('read', nothing, z.strictObject({
    parts: z.array(z.strictObject({
      name: z.enum(['faces', 'embeddings', 'models', 'datasets', 'runs', 'database', 'other']),
      bytes: z.number(),
      files: z.int(),
    })),
    bytes: z.number(),
    freeBytes: z.number(),
    totalBytes: z.number(),
  })),
  'engine.status': method('read', nothing, z.strictObject({
    isReady: z.boolean(),
    name: z.string().describe('e.g. "TensorFlow 2.21.0, CPU"'),
    remedy: z.string().nullable().describe('The command that mends it'),
    processor: z.strictObject({ name: z.string(), cores: z.int(), load: z.number().describe('Share of all cores, over the last seconds') }),
    memory: z.strictObject({ usedBytes: z.number(), totalBytes: z.number() }),
    gpus: z.array(z.strictObject({
      id: z.string(),
      name: z.string(),
      load: z.number(),
      usedBytes: z.number(),
      totalBytes: z.number(),
      celsius: z.number().nullable(),
    })).describe('Those that runs can be given, one run each'),
    diskFreeBytes: z.number(),
  })),
  'engine.check': method('read', nothing, z.strictObject({ checks: z.array(Check), isHealthy: z.boolean() })),
  'engine.repair': method('write', nothing, z.strictObject({ checks: z.array(Check), isHealthy: z.boolean() })),
} as const
