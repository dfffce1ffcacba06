import { z } from 'zod'
import { TeacherManifest } from './manifest.ts'

/** A teacher as the registry shows it. */
export const TeacherView = z.strictObject({
  name: z.string(),
  title: z.string(),
  knowledge: z.string(),
  dimension: z.int(),
  licence: z.string(),
  origin: z.enum(['built-in', 'workspace']),
  manifest: z.string(),
  contaminates: z.array(z.string()),
  problem: z.string().nullable(),
})
export type TeacherView = z.infer<typeof TeacherView>

/** A teacher with everything its manifest says, where its files lie and what uses it. */
export const TeacherDetail = TeacherView.extend({
  sha256: z.string(),
  bytes: z.int(),
  described: TeacherManifest.nullable().describe('Null where the manifest cannot be read'),
  model: z.string().nullable().describe('Its model file on this machine'),
  text: z.string().describe('The manifest as it is written'),
  usedBy: z.array(z.string()).describe('Studies'),
  embedded: z.array(z.string()).describe('Data sets whose embeddings are there'),
})
export type TeacherDetail = z.infer<typeof TeacherDetail>

/** A node of a model that may be the embedding. Shapes are of one face; null where only a try can tell. */
export const NodeView = z.strictObject({
  name: z.string(),
  op: z.string(),
  shape: z.array(z.int()).nullable(),
  dimension: z.int().nullable(),
  pool: z.enum(['none', 'average']),
  suggested: z.boolean(),
})
export type NodeView = z.infer<typeof NodeView>

/** What a model file is. Nothing of it was executed but its graph, on a grey picture. */
export const InspectedModel = z.strictObject({
  path: z.string().describe('The file that a manifest names: model.json, a .onnx file, or the folder of a SavedModel'),
  format: z.enum(['tfjs-graph', 'saved-model', 'onnx']),
  name: z.string().describe('A name for it, of its file'),
  input: z.strictObject({
    size: z.int().nullable().describe('Null where the model takes any'),
    channels: z.int().nullable(),
  }),
  files: z.array(z.string()),
  bytes: z.int(),
  parameters: z.int().nullable(),
  sha256: z.string(),
  ops: z.int(),
  nodes: z.array(NodeView),
})
export type InspectedModel = z.infer<typeof InspectedModel>

/** What a person says of a new teacher; the rest of its manifest is found out. */
export const TeacherDraft = TeacherManifest.pick({
  name: true,
  title: true,
  knowledge: true,
  format: true,
  embedding: true,
  input: true,
  licence: true,
  trainedOn: true,
  contaminates: true,
  paper: true,
}).strict()
export type TeacherDraft = z.infer<typeof TeacherDraft>

/** How a teacher answered one photograph. */
export const TeacherTrial = z.strictObject({
  shape: z.array(z.int()),
  norm: z.number(),
  finite: z.boolean(),
  zeros: z.number().describe('Share of zeros'),
  /** Largest difference between two runs, relative to the norm. */
  repeatDeviation: z.number(),
  batchDeviation: z.number().describe('Alone against beside other faces, relative to the norm'),
  shiftCosine: z.number().describe('Cosine to the same face moved by 4 of 300 pixels'),
  otherCosine: z.number().describe('Cosine to the drawn test face'),
  msPerFace: z.number(),
  msPerFaceInBatch: z.number(),
  values: z.array(z.number()).describe('The embedding, at most 512 of its numbers, spread evenly'),
  aligned: z.string().describe('JPEG, base64'),
  seen: z.string().describe('PNG, base64: what the network gets, before it is normalised'),
  face: z.enum(['detected', 'ready crop', 'drawn']),
})
export type TeacherTrial = z.infer<typeof TeacherTrial>

/** Whether a teacher's files are those its manifest was made for. */
export const TeacherVerification = z.strictObject({
  name: z.string(),
  ok: z.boolean(),
  sha256: z.string(),
  problem: z.string().nullable(),
})
export type TeacherVerification = z.infer<typeof TeacherVerification>

/** An embed run whose faces teachers can be compared on. */
export const EmbeddedView = z.strictObject({
  key: z.string(),
  dataset: z.string(),
  faces: z.int(),
  teachers: z.array(z.string()),
})
export type EmbeddedView = z.infer<typeof EmbeddedView>

/** How much teachers share: linear CKA. Kornblith et al. 2019. */
export const AffinityView = z.strictObject({
  key: z.string(),
  dataset: z.string(),
  faces: z.int(),
  of: z.int().describe('Faces that the pack holds'),
  teachers: z.array(z.strictObject({
    name: z.string(),
    dimension: z.int(),
    effectiveRank: z.number().describe('(sum of eigenvalues)^2 over the sum of their squares'),
    deadUnits: z.int(),
  })),
  matrix: z.array(z.array(z.number())),
  milliseconds: z.number(),
})
export type AffinityView = z.infer<typeof AffinityView>
