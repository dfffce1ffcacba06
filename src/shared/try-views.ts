import { z } from 'zod'
import { PredictedFace, Prediction, PredictRequest, PredictResult } from './predict.ts'

/** Largest photograph that is taken from a page, in bytes of the file. */
export const largestPhotograph = 24_000_000

/** A photograph as it comes from a page: the file's bytes in base64. It is looked at and forgotten, never stored. */
export const Photograph = z.base64('is no base64').min(1).max(Math.ceil(largestPhotograph / 3) * 4, `holds more than ${largestPhotograph / 1e6} MB; reduce it first`)

/** A head of a teacher that speaks about some knowledge. */
export const TeacherHead = z.strictObject({
  knowledge: z.string(),
  task: z.string(),
  teacher: z.string(),
  model: z.string().describe('Artefact folder of its transfer'),
})

/** What the inspect worker needs for a photograph and all that speaks about it. */
export const TryRequest = PredictRequest.omit({
  image: true,
}).extend({
  photograph: Photograph,
  teachers: z.array(z.strictObject({
    name: z.string(),
    manifest: z.string(),
    sha256: z.string(),
  })),
  heads: z.array(TeacherHead),
  wholeImage: z.boolean().describe('Takes the middle square for a face, where none is found'),
})
export type TryRequest = z.infer<typeof TryRequest>

/** What one network costs, on one face. */
export const ModelCost = z.strictObject({
  name: z.string(),
  role: z.enum(['student', 'teacher', 'faces']),
  parameters: z.int().nullable(),
  bytes: z.int(),
  milliseconds: z.number().describe('Median of several runs on one face; nothing was measured where there is no face'),
})
export type ModelCost = z.infer<typeof ModelCost>

/** A face with everything that was said of it. */
export const TriedFace = PredictedFace.extend({
  image: z.string().describe('The aligned face, JPEG, base64'),
  teachers: z.array(Prediction.extend({
    teacher: z.string(),
  })),
})
export type TriedFace = z.infer<typeof TriedFace>

/** What the worker answers. Its networks stay open from one photograph to the next, so times are told for each of them. */
export const TryResult = PredictResult.omit({ milliseconds: true }).extend({
  faces: z.array(TriedFace),
  isWholeImage: z.boolean(),
  costs: z.array(ModelCost),
})
export type TryResult = z.infer<typeof TryResult>

/** What `try.predict` answers. */
export const Tried = TryResult.extend({
  study: z.string(),
  missing: z.array(z.strictObject({
    knowledge: z.string(),
    reason: z.string(),
  })),
  notices: z.array(z.string()),
  sensitive: z.array(z.string()).describe('Knowledge on emotion or ethnicity, shown only where asked for'),
})
export type Tried = z.infer<typeof Tried>

/** A study whose networks can be asked about a photograph. */
export const TryStudy = z.strictObject({
  study: z.string(),
  student: z.string().nullable().describe('The network that sees pixels, e.g. "student, seed 0"'),
  knowledge: z.array(z.string()),
  teachers: z.array(z.string()),
})
export type TryStudy = z.infer<typeof TryStudy>
