import { z } from 'zod'

/** What the inspect worker needs to speak about a photograph. Paths are absolute. */
export const PredictRequest = z.strictObject({
  image: z.string(),
  size: z.int().positive().describe('Side of the aligned faces the networks were trained on'),
  minDetection: z.number(),
  minMesh: z.number(),
  knowledge: z.array(z.strictObject({
    name: z.string(),
    task: z.string(),
    model: z.string().describe('Artefact folder of its transfer'),
    student: z.string().nullable().describe('Artefact folder of the student it stands on'),
    encoder: z.string().describe('Equal for knowledge that shares all weights before the head'),
  })),
})
export type PredictRequest = z.infer<typeof PredictRequest>

/** What one knowledge says of one face. */
export const Prediction = z.strictObject({
  knowledge: z.string(),
  task: z.string(),
  value: z.number().describe('Class number, the number in its unit, or how many attributes it sees'),
  unit: z.string().nullable(),
  label: z.string().nullable().describe('The class in words'),
  probability: z.number().nullable().describe('Of that class, 0 to 1, not calibrated'),
  probabilities: z.record(z.string(), z.number()).nullable(),
  attributes: z.record(z.string(), z.number()).nullable().describe('Probability of each attribute by its own, 0 to 1, not calibrated'),
})
export type Prediction = z.infer<typeof Prediction>

/** A face in the photograph's pixels. */
export const PredictedFace = z.strictObject({
  box: z.strictObject({
    left: z.number(),
    top: z.number(),
    width: z.number(),
    height: z.number(),
  }),
  landmarks: z.array(z.tuple([
    z.number(),
    z.number(),
  ])),
  score: z.number(),
  meshScore: z.number(),
  predictions: z.array(Prediction),
})
export type PredictedFace = z.infer<typeof PredictedFace>

/** All faces of a photograph, nearest its centre first. */
export const PredictResult = z.strictObject({
  width: z.int(),
  height: z.int(),
  faces: z.array(PredictedFace),
  bestScore: z.number().describe('Of the detector, where no face passed'),
  milliseconds: z.strictObject({
    load: z.number(),
    detect: z.number(),
    predict: z.number(),
  }),
})
export type PredictResult = z.infer<typeof PredictResult>

/** What `predict` answers: the faces, and what is to be known about the answers. */
export const Predicted = PredictResult.extend({
  study: z.string(),
  missing: z.array(z.strictObject({
    knowledge: z.string(),
    reason: z.string(),
  })),
  notices: z.array(z.string()),
})
export type Predicted = z.infer<typeof Predicted>
