import type { TensorData } from '#worker/stage.ts'
import type { HeadShape, HeadTarget } from './head.ts'
import type { Normalizer } from './normalizer.ts'
import { z } from 'zod'
import { EncoderConfig } from '#shared/stages/transfer.ts'
import { readModel, writeModel } from './folder.ts'
import { applyHead, predictionsOf, probabilitiesOf } from './head.ts'
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
    kind: z.enum(['classification', 'regression']),
    outputs: z.int().positive(),
    middle: z.number(),
    spread: z.number(),
    range: z.tuple([
      z.number(),
      z.number(),
    ]),
  }),
  classes: z.array(z.string()).nullable(),
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

/** What a head says of one face. `probabilities` by class, null in regression. */
export interface Prediction { value: number, probabilities: number[] | null }

/** Predictions of a head on what its encoder gave, f32 [n, width]. */
export function predictFeatures({ manifest: { head, target, width, clip }, tensors }: TransferModel, features: Float32Array): Prediction[] {
  const normalizer: Normalizer = { mean: tensors['input/mean']!.data as Float32Array, scale: tensors['input/scale']!.data as Float32Array, clip }
  const weights = Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith('head/')))
  const outputs = applyHead(normalize(features, normalizer), width, weights, head)
  return toPredictions(outputs, head, target)
}

function toPredictions(outputs: Float32Array, _head: HeadShape, target: HeadTarget): Prediction[] {
  const probabilities = target.kind === 'classification'
    ? probabilitiesOf(outputs, target.outputs)
    : null
  return Array.from(predictionsOf(outputs, target), (value, row) => ({
    value,
    probabilities: probabilities && [
      ...probabilities.subarray(row * target.outputs, (row + 1) * target.outputs),
    ],
  }))
}
