import type { TensorData } from '#worker/stage.ts'
import type { HeadTarget } from './head.ts'
import type { Normalizer } from './normalizer.ts'
import { z } from 'zod'
import { EncoderConfig } from '#shared/stages/transfer.ts'
import { readModel, writeModel } from './folder.ts'
import { applyHead, labelWidth, predictionsOf, probabilitiesOf, sigmoidOf } from './head.ts'
import { normalize } from './normalizer.ts'

export const TransferManifest = z.strictObject({
  format: z.literal('facet-transfer-1'),
  task: z.string(),
  encoder: EncoderConfig,
  width: z.int().positive().describe('Numbers that the encoder gives'),
  clip: z.number().positive(),
  head: z.strictObject({
    hidden: z.array(z.int().positive()),
    dropout: z.number(),
  }),
  target: z.strictObject({
    kind: z.enum(['classification', 'regression', 'attributes']),
    outputs: z.int().positive(),
    middle: z.number(),
    spread: z.number(),
    range: z.tuple([
      z.number(),
      z.number(),
    ]),
  }),
  classes: z.array(z.string()).nullable().describe('Or attributes, by their outputs'),
  unit: z.string().nullable(),
})
export type TransferManifest = z.infer<typeof TransferManifest>

/**
 * Tensors: `head/...`, `input/mean` and `input/scale` [width]; where every parameter was trained, the network's own too (student-network.ts).
 * Of several folds it is the first one's.
 */
export interface TransferModel { manifest: TransferManifest, tensors: Record<string, TensorData> }

/** Writes a transfer's model into its artefact folder. */
export function saveTransfer(folder: string, model: TransferModel): void {
  writeModel(folder, model)
}

/** Opens a transfer's artefact folder. */
export function loadTransfer(folder: string): TransferModel {
  return readModel(folder, TransferManifest)
}

/** What a head says of one face: a class, a number, or how many attributes it sees. `probabilities` by class or attribute, null in regression. */
export interface Prediction { value: number, probabilities: number[] | null }

/** Predictions of a head on what its encoder gave, f32 [n, width]. */
export function predictFeatures({ manifest: { head, target, width, clip }, tensors }: TransferModel, features: Float32Array): Prediction[] {
  const normalizer: Normalizer = { mean: tensors['input/mean']!.data as Float32Array, scale: tensors['input/scale']!.data as Float32Array, clip }
  const weights = Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith('head/')))
  const outputs = applyHead(normalize(features, normalizer), width, weights, head)
  return toPredictions(outputs, target)
}

function toPredictions(outputs: Float32Array, target: HeadTarget): Prediction[] {
  const width = target.outputs
  const rowsOf = (values: Float32Array, width: number): Float32Array[] => Array.from({ length: values.length / width }, (_, row) => values.subarray(row * width, (row + 1) * width))
  const values = rowsOf(predictionsOf(outputs, target), labelWidth(target)).map(row => row.reduce((sum, value) => sum + value))
  const probabilities = target.kind === 'regression'
    ? null
    : rowsOf(target.kind === 'classification' ? probabilitiesOf(outputs, width) : sigmoidOf(outputs), width)
  return values.map((value, row) => ({ value, probabilities: probabilities && [...probabilities[row]!] }))
}
