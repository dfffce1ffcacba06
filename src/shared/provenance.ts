import { z } from 'zod'

/** A GPU as NVIDIA's tool names it. */
export const GpuDevice = z.strictObject({
  id: z.string().describe('Its UUID, which keeps its meaning where others are added or hidden'),
  name: z.string(),
  memoryBytes: z.number(),
  driver: z.string(),
})
export type GpuDevice = z.infer<typeof GpuDevice>

/** What a run was computed with, as its worker found it when it started: all that may change bits without changing the run's key. */
export const Environment = z.strictObject({
  facet: z.string(),
  node: z.string(),
  engine: z.string().describe('TensorFlow and what it computes on, e.g. "2.21.0-cpu"'),
  tfjs: z.string().nullable(),
  sharp: z.string().nullable(),
  libvips: z.string().nullable(),
  system: z.string().describe('Operating system and kernel'),
  processor: z.strictObject({
    name: z.string(),
    cores: z.int(),
    features: z.array(z.string()).describe('Vector instructions: kernels are chosen by them'),
  }),
  memoryBytes: z.number(),
  gpu: GpuDevice.nullable().describe('The one that this run had; null on the CPU'),
  threads: z.int().describe('Of one operation, and operations side by side'),
  oneDnn: z.boolean(),
  isDeterministic: z.boolean().describe('Deterministic kernels were asked for'),
})
export type Environment = z.infer<typeof Environment>

/** The recipe's folder when somebody asked for the run. */
export const RecipeState = z.strictObject({
  recipe: z.string().describe('Absolute path'),
  sha256: z.string().describe('Of the recipe\'s text'),
  git: z.strictObject({
    root: z.string(),
    commit: z.string().nullable().describe('null before the first one'),
    patch: z.string().describe('Uncommitted changes of the folder, against the commit'),
    patchBytes: z.int().nullable().describe('Length of the whole; null where only its beginning was read'),
    untracked: z.array(z.string()).describe('Files that git does not know, the first of them'),
    untrackedCount: z.int(),
  }).nullable().describe('null without git, or outside a repository'),
})
export type RecipeState = z.infer<typeof RecipeState>

/** Where a run came from, beside its configuration, seed, data sets and teachers, which are part of its key. Parts are null where an older Facet ran it. */
export const Provenance = z.strictObject({
  environment: Environment.nullable(),
  recipe: RecipeState.nullable(),
})
export type Provenance = z.infer<typeof Provenance>
