import { z } from 'zod'

/** Where a teacher's file comes from: a file inside an npm package, or a path beside the manifest. */
const Source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('npm'),
    package: z.string(),
    file: z.string(),
    version: z.string(),
  }),
  z.strictObject({
    kind: z.literal('file'),
    path: z.string(),
  }),
])

/** A teacher is data, not code: everything needed to feed it what it was trained on (timm's pretrained record). */
export const TeacherManifest = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and dashes'),
  title: z.string(),
  knowledge: z.string().describe('What it knows, e.g. identity, expression, object, age, gender, liveness'),
  format: z.enum(['tfjs-graph', 'face-api', 'saved-model', 'onnx']),
  source: Source,
  sha256: z.string().regex(/^[0-9a-f]{64}$/).describe('Of the model file and its weight files, in the order the model file names them'),
  embedding: z.strictObject({
    node: z.string().describe('Graph node (face-api net path, ONNX tensor) whose output is the embedding'),
    dimension: z.int().positive(),
    pool: z.enum(['none', 'average']).default('none').describe('average: mean over the two spatial axes'),
  }),
  input: z.strictObject({
    size: z.int().positive().describe('Side in pixels of the square input'),
    crop: z.tuple([
      z.number(),
      z.number(),
      z.number(),
      z.number(),
    ]).describe('x0, y0, x1, y1 in the 300x300 aligned face'),
    color: z.enum(['rgb', 'bgr', 'gray']),
    mean: z.array(z.number()).min(1).max(3).describe('Subtracted from 0..255, in the order of color'),
    std: z.array(z.number().positive()).min(1).max(3).describe('Divided by afterwards'),
  }),
  licence: z.string(),
  trainedOn: z.array(z.string()).describe('Training data sets; a knowledge evaluated on one of them is contaminated'),
  contaminates: z.array(z.string()).default([]).describe('Data set formats whose test faces it has seen, e.g. utkface'),
  paper: z.string(),
  probes: z.array(z.strictObject({
    image: z.enum(['gradient', 'face', 'noise']).describe('A generated aligned face picture, 300x300'),
    embedding: z.array(z.number()).min(1).describe('The first numbers of the embedding to expect'),
    norm: z.number().positive(),
  })).default([]).describe('Recorded on the built-in pictures, to notice a wrong file, node, colour order or crop'),
})
export type TeacherManifest = z.infer<typeof TeacherManifest>
