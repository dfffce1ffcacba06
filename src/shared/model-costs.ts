import { z } from 'zod'

/** What one network costs for one face: of its files, counted from its graph, and measured. */
export const NetworkCost = z.strictObject({
  parameters: z.int().nullable().describe('null where they cannot be counted (a SavedModel keeps its own)'),
  multiplyAdds: z.int().nullable().describe('Per face, of convolutions and matrix products; null where the graph is not ours'),
  bytes: z.int().describe('Of its weights as they lie on the disk'),
  milliseconds: z.number().describe('Per face in batches, median'),
  batch: z.int(),
  processor: z.string().describe('What it was measured on'),
})
export type NetworkCost = z.infer<typeof NetworkCost>

/** What is to be measured: a teacher by its manifest, a combiner or a student by its artefact. */
export const CostQuestion = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('teacher'), manifest: z.string() }),
  z.strictObject({ kind: z.literal('combiner'), folder: z.string() }),
  z.strictObject({ kind: z.literal('student'), folder: z.string() }),
])
export type CostQuestion = z.infer<typeof CostQuestion>
