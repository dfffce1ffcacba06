import type { TensorData } from '#worker/stage.ts'
import { z } from 'zod'
import { SelectionResult } from '#shared/order.ts'
import { readModel, writeModel } from './folder.ts'
import { TransferManifest } from './transfer-model.ts'

export const SelectionManifest = z.strictObject({
  format: z.literal('facet-selection-1'),
  task: z.string(),
  result: SelectionResult,
  /** The chosen head of the first fold; null where nothing was trained, or others' scores were chosen from. */
  head: TransferManifest.pick({ width: true, clip: true, head: true, target: true, classes: true, unit: true }).nullable(),
})
export type SelectionManifest = z.infer<typeof SelectionManifest>

/**
 * Tensors: `positions` i32 [answers], places in the list of labelled samples, and `predictions/S` f32 [answers] of each trained subset
 * (its place in the list of subsets), NaN where no face was found; with a head its `head/...`, `input/mean` and `input/scale`.
 */
export interface SelectionModel { manifest: SelectionManifest, tensors: Record<string, TensorData> }

/** Writes a selection into its artefact folder. */
export function saveSelection(folder: string, model: SelectionModel): void {
  writeModel(folder, model)
}

/** Opens a selection's artefact folder. */
export function loadSelection(folder: string): SelectionModel {
  return readModel(folder, SelectionManifest)
}
