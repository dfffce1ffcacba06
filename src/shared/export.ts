import { z } from 'zod'

/** What an exported model is written as. */
export const ExportFormat = z.enum(['savedmodel', 'tfjs', 'onnx'])
export type ExportFormat = z.infer<typeof ExportFormat>

/** What filters and matrices of an exported model are stored as; it computes in float32 whatever they are. */
export const ExportWeights = z.enum(['float32', 'float16', 'int8'])
export type ExportWeights = z.infer<typeof ExportWeights>

/** Names of the formats for people. */
export const formatTitles: Record<ExportFormat, string> = { savedmodel: 'TensorFlow SavedModel', tfjs: 'TensorFlow.js graph model', onnx: 'ONNX' }

/** What smaller weights cost, measured with the exported graph on faces of the run's data sets. */
export const ExportLoss = z.strictObject({
  weights: ExportWeights,
  faces: z.int().describe('Faces that were compared'),
  of: z.string().describe('Which faces they are'),
  cosine: z.strictObject({
    mean: z.number(),
    lowest: z.number(),
  }).describe('Between embeddings with float32 and with stored weights'),
  metric: z.strictObject({
    name: z.enum(['accuracy', 'mae', 'error-rate']),
    before: z.number().describe('With float32 weights, in per cent or the label\'s unit'),
    after: z.number(),
    moved: z.number().describe('Per cent of answers that differ; of numbers, their mean absolute difference in the label\'s unit'),
  }).nullable().describe('On the same faces; null where the run predicts nothing'),
})
export type ExportLoss = z.infer<typeof ExportLoss>

/** What was exported. */
export const Exported = z.strictObject({
  path: z.string(),
  files: z.array(z.string()),
  bytes: z.int(),
  weights: ExportWeights,
  loss: ExportLoss.nullable().describe('null with float32 weights, which lose nothing'),
})
export type Exported = z.infer<typeof Exported>

const metricTitles = { 'accuracy': 'accuracy', 'mae': 'MAE', 'error-rate': 'error rate' }

/** A measured loss in a sentence. */
export function wordLoss({ faces, of, cosine, metric }: ExportLoss): string {
  const measured = `on ${faces} faces (${of}), cosine between embeddings ${cosine.mean.toFixed(5)} on average, ${cosine.lowest.toFixed(5)} at the lowest`
  if (!metric)
    return `${measured}.`
  const [unit, moved] = metric.name === 'mae' ? ['', `answers moved by ${metric.moved.toFixed(3)} on average`] : [' %', `${metric.moved.toFixed(2)} % of the answers changed`]
  return `${measured}; ${metricTitles[metric.name]} ${metric.before.toFixed(3)}${unit} before and ${metric.after.toFixed(3)}${unit} after; ${moved}.`
}

/** A head on a network of pixels; one that learnt identities for a verification alone is not kept. */
const OnPixels = z.looseObject({ encoder: z.looseObject({ kind: z.enum(['student', 'scratch']) }), after: z.undefined().optional() })

/** Whether a finished run of this configuration leaves a network from pixels: a student, or a head on one or on a network of its own. */
export function leavesNetwork({ stage, config }: { stage: string, config: unknown }): boolean {
  return stage === 'distil' || (stage === 'transfer' && OnPixels.safeParse(config).success)
}
