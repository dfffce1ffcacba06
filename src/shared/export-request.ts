import { z } from 'zod'
import { Task } from './dataset.ts'
import { ExportFormat, ExportWeights } from './export.ts'

/** Faces that smaller weights are measured on. */
export const ExportFaces = z.strictObject({
  of: z.string().describe('Which faces these are, for people'),
  packs: z.array(z.strictObject({
    pack: z.string().describe('Faces pack'),
    indexes: z.array(z.int().min(0)).describe('Of faces that were found'),
  })),
  answers: z.strictObject({
    task: Task,
    labels: z.array(z.union([z.number(), z.string()])).describe('Of all faces, pack after pack'),
  }).nullable().describe('null where the run predicts nothing'),
})
export type ExportFaces = z.infer<typeof ExportFaces>

/** What the host asks a worker to write. Paths are absolute. */
export const ExportRequest = z.strictObject({
  model: z.string().describe('Artefact folder'),
  student: z.string().nullable().describe('Artefact folder of the student below'),
  format: ExportFormat,
  weights: ExportWeights,
  into: z.string(),
  card: z.string().describe('Lower part of the README'),
  faces: ExportFaces.nullable().describe('null where no faces are there any more'),
})
export type ExportRequest = z.infer<typeof ExportRequest>
