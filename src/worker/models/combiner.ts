import type { Tensor, Tensor2D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import type { Normalizer } from './normalizer.ts'
import type { Rotation } from './rotation.ts'
import { z } from 'zod'
import { CombinerKind } from '#shared/stages/combine.ts'
import { tf } from '#worker/engine/tf.ts'
import { decode, encode } from './autoencoder.ts'
import { withTensors } from './dense.ts'
import { readModel, writeModel } from './folder.ts'
import { denormalize, normalize } from './normalizer.ts'
import { posteriorOf } from './variational.ts'

export const CombinerManifest = z.strictObject({
  format: z.literal('facet-combiner-1'),
  kind: CombinerKind,
  size: z.int().positive(),
  teachers: z.array(z.strictObject({
    name: z.string(),
    dimension: z.int().positive(),
  })).min(1),
  activation: z.enum(['elu', 'relu']),
  layers: z.int(),
  normalise: z.enum(['none', 'zscore', 'phi-s']).default('zscore'),
  clip: z.number().positive().describe('Of z-scores'),
  faces: z.strictObject({
    count: z.int(),
    fingerprint: z.string().describe('SHA-256 over the sorted content hashes of the photographs it learnt from'),
  }),
})
export type CombinerManifest = z.infer<typeof CombinerManifest>

/**
 * Tensors: `input/mean`, `input/scale` [units] (z-scores, scale 0 marks a dead unit); `code/mean` [size] and `code/scale` [] bring codes
 * to mean 0 on one common scale; pca: `components` [units, size]; ae, vae, dae: `encoder/...`, `decoder/...`. Where the combiner saw its
 * inputs otherwise than as z-scores: `normalise/scale` [units], and `normalise/rotation/0` ... [d_i, d_i] of phi-s.
 */
export interface Combiner {
  manifest: CombinerManifest
  tensors: Record<string, TensorData>
}

/** A combiner ready for use. */
export interface LoadedCombiner {
  kind: CombinerManifest['kind']
  size: number
  teachers: { name: string, dimension: number }[]
  manifest: CombinerManifest
  /** z-scores of the embeddings, whatever the combiner itself sees: what nRMSE is measured in, and the decoder of another network must give. */
  input: Normalizer
  /** Embeddings side by side in the order of `teachers`, f32 [n, sum] -> h_G, f32 [n, size]. */
  encode: (rows: Float32Array) => Float32Array
  /** h_G -> embeddings, f32 [n, size] -> f32 [n, sum]. */
  decode: (codes: Float32Array) => Float32Array
}

/** Rows computed at once. */
const block = 1024

/** Writes a combiner's artefact folder. */
export function saveCombiner(folder: string, combiner: Combiner): void {
  writeModel(folder, combiner)
}

/** Opens a combiner's artefact folder. */
export function loadCombiner(folder: string): LoadedCombiner {
  return useCombiner(readModel(folder, CombinerManifest))
}

/** A combiner in memory, ready for use. */
export function useCombiner({ manifest, tensors }: Combiner): LoadedCombiner {
  const { kind, size, teachers, clip } = manifest
  const input = zScores(tensors, clip)
  const own = inputNormalizer({ manifest, tensors })
  const units = input.mean.length
  const codeMean = tensors['code/mean']!.data as Float32Array
  const codeScale = tensors['code/scale']!.data[0]!
  return {
    kind,
    size,
    teachers,
    manifest,
    input,
    encode: rows => byBlocks(rows, units, size, (part) => {
      const codes = rawCodes({ manifest, tensors }, normalize(part, own))
      return codes.map((value, i) => (value - codeMean[i % size]!) / codeScale)
    }),
    decode: codes => byBlocks(codes, size, units, part => denormalize(rawInputs({ manifest, tensors }, part.map((value, i) => value * codeScale + codeMean[i % size]!)), own)),
  }
}

function zScores(tensors: Record<string, TensorData>, clip: number): Normalizer {
  return { mean: tensors['input/mean']!.data as Float32Array, scale: tensors['input/scale']!.data as Float32Array, clip }
}

/** What the combiner sees of raw embeddings. */
export function inputNormalizer({ manifest: { normalise, clip, teachers }, tensors }: Combiner): Normalizer {
  const scores = zScores(tensors, clip)
  if (normalise === 'zscore')
    return scores
  const rotations = teachers.flatMap(({ dimension }, i): Rotation[] => {
    const matrix = tensors[`normalise/rotation/${i}`]?.data as Float32Array | undefined
    return matrix ? [{ dimension, matrix }] : []
  })
  return {
    mean: scores.mean,
    scale: tensors['normalise/scale']!.data as Float32Array,
    clip: Number.POSITIVE_INFINITY,
    ...rotations.length > 0 && { rotations },
  }
}

/** Tensors of `inputNormalizer` beside those of the z-scores. */
export function normaliserTensors(normalise: CombinerManifest['normalise'], { scale, rotations = [] }: Normalizer): Record<string, TensorData> {
  if (normalise === 'zscore')
    return {}
  return {
    'normalise/scale': { dtype: 'float32', shape: [scale.length], data: scale },
    ...Object.fromEntries(rotations.map(({ dimension, matrix }, i) => [`normalise/rotation/${i}`, { dtype: 'float32', shape: [dimension, dimension], data: matrix }])),
  }
}

/** Normalised embeddings -> codes before they are brought to one scale, f32 [n, size]. */
export function rawCodes({ manifest: { kind, activation, teachers }, tensors }: Combiner, normalised: Float32Array): Float32Array {
  const units = teachers.reduce((sum, { dimension }) => sum + dimension, 0)
  switch (kind) {
    case 'concat': return normalised
    case 'pca': return compute(tensors, normalised, units, (x, { components }) => tf.matMul(x, components as Tensor2D))
    case 'ae':
    case 'dae': return compute(tensors, normalised, units, (x, variables) => encode(x, variables, activation))
    case 'vae': return compute(tensors, normalised, units, (x, variables) => posteriorOf(encode(x, variables, activation)).mean)
    default: return kind satisfies never
  }
}

function rawInputs({ manifest: { kind, activation, size }, tensors }: Combiner, codes: Float32Array): Float32Array {
  switch (kind) {
    case 'concat': return codes
    case 'pca': return compute(tensors, codes, size, (x, { components }) => tf.matMul(x, components as Tensor2D, false, true))
    case 'ae':
    case 'vae':
    case 'dae': return compute(tensors, codes, size, (x, variables) => decode(x, variables, activation))
    default: return kind satisfies never
  }
}

/** Runs one block through plain tfjs. */
function compute(tensors: Record<string, TensorData>, rows: Float32Array, width: number, use: (x: Tensor2D, variables: Record<string, Tensor>) => Tensor2D): Float32Array {
  return withTensors(tensors, variables => tf.tidy(() => use(tf.tensor2d(rows, [rows.length / width, width]), variables).dataSync() as Float32Array))
}

function byBlocks(rows: Float32Array, width: number, outWidth: number, use: (part: Float32Array) => Float32Array): Float32Array {
  const count = rows.length / width
  const out = new Float32Array(count * outWidth)
  for (let from = 0; from < count; from += block)
    out.set(use(rows.subarray(from * width, Math.min(count, from + block) * width)), from * outWidth)
  return out
}
