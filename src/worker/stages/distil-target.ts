import type { Scalar, Tensor, Tensor2D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import type { loadCombiner } from '../models/combiner.ts'
import type { MultiTaskShape, TeacherUnits } from '../models/multi-task.ts'
import type { Normalizer, UnitGroup } from '../models/normalizer.ts'
import type { EmbeddingRows, RowTable } from './embedding-rows.ts'
import { tf } from '#worker/engine/tf.ts'
import { cosine } from '../evaluate/pairs.ts'
import { withTensors } from '../models/dense.ts'
import { multiTaskLoss, multiTaskScore, multiTaskVariables } from '../models/multi-task.ts'
import { livingUnits, unitStatistics, zScore } from '../models/normalizer.ts'
import { normalized } from './combine.ts'
import { eachBlock, memoryRows, selectRows } from './embedding-rows.ts'

/** What a student learns on the unlabelled faces, and how good it is at it. */
export interface DistilTarget {
  teachers: readonly UnitGroup[]
  /** Makes z-scores of the embeddings: what decoders on the student's output give back. */
  input: Normalizer
  /** Numbers of the student's embedding. */
  size: number
  /** Layers of such decoders. */
  layers: number
  /** What a step is fed beside the pixels of its faces, f32 [faces, width]. */
  rows: RowTable
  /** First values of what is trained beside the student's network and left behind with the training. */
  variables: Record<string, TensorData>
  loss: (code: Tensor2D, target: Tensor2D, weights: Record<string, Tensor>, seed: Tensor) => Scalar
  /** Mean figure over faces, by what the student makes of them, f32 [faces, size], and the present values of `variables`. */
  measure: (codes: Float32Array, faces: Int32Array, beside: Record<string, TensorData>) => number
  /** What the figure is called in curves and results, and which way is better. */
  figure: { name: 'validationCosine' | 'validationLoss', better: 'higher' | 'lower' }
  /** Embeddings -> h_G; null where there is none. */
  encode: ((embeddings: Float32Array) => Float32Array) | null
}

/**
 * Distillation loss of one batch: mean over faces of 1 - cos(h_G, the student's h_G), in [0, 2].
 * Vielzeuf et al. 2019, Section 3.3, Eq. 4. The paper prints the similarity itself; minimised as printed it would drive the
 * student away from its target, so the loss is one minus it. A zero vector counts as cosine 0.
 *
 * @param target   h_G, the combiner's output            f32 [batch, size]
 * @param student  what the student makes of the pixels  f32 [batch, size]
 */
export function cosineLoss(target: Tensor2D, student: Tensor2D): Scalar {
  const length = (x: Tensor2D): Tensor => tf.sqrt(tf.add(tf.sum(tf.square(x), 1), 1e-12))
  const similarity = tf.div(tf.sum(tf.mul(target, student), 1), tf.mul(length(target), length(student)))
  return tf.mean(tf.sub(1, similarity)) as Scalar
}

/** The student of two stages: h_G of a combiner that has learnt already (Section 3.3, Eq. 4). */
export function combinerTarget({ encode, size, teachers, input, manifest: { layers } }: ReturnType<typeof loadCombiner>, embeddings: RowTable): DistilTarget {
  const codes = new Float32Array(embeddings.count * size)
  eachBlock(embeddings, (part, _, from) => codes.set(encode(part), from * size))
  const rows = memoryRows(codes, size)
  return {
    teachers,
    input,
    size,
    layers,
    rows,
    variables: {},
    loss: (code, target) => cosineLoss(target, code),
    measure: (codes, faces) => sumOfCosines(codes, rows.gather(faces), size) / faces.length,
    figure: { name: 'validationCosine', better: 'higher' },
    encode,
  }
}

/** Sum of the cosines of rows, f32 [n, size] each. */
export function sumOfCosines(a: Float32Array, b: Float32Array, size: number): number {
  let sum = 0
  for (let from = 0; from < a.length; from += size)
    sum += cosine(a.subarray(from, from + size), b.subarray(from, from + size))
  return sum
}

/** The multi-task student: the embeddings themselves, as z-scores with the guards of a combiner's, through a decoder of its own. */
export function multiTaskTarget(options: MultiTaskShape, embeddings: EmbeddingRows, seed: number): DistilTarget {
  const { teachers, width } = embeddings
  const statistics = unitStatistics(embeddings)
  const input = zScore(statistics, teachers)
  const units: TeacherUnits = { groups: teachers, living: livingUnits(statistics.std, teachers) }
  const size = options.size === 'mean' ? Math.round(width / teachers.length) : options.size
  const rows = normalized(embeddings, input)
  return {
    teachers,
    input,
    size,
    layers: options.layers,
    rows,
    variables: multiTaskVariables(options, units, size, seed),
    loss: (code, target, weights, seed) => multiTaskLoss(code, target, weights, options, units, seed),
    measure: (codes, faces, beside) => withTensors(beside, (weights) => {
      let sum = 0
      eachBlock(selectRows(rows, faces), (z, count, from) => {
        sum += tf.tidy(() => multiTaskScore(tf.tensor2d(codes.subarray(from * size, (from + count) * size), [count, size]), tf.tensor2d(z, [count, width]), weights, options, units))
      })
      return sum / faces.length
    }),
    figure: { name: 'validationLoss', better: 'lower' },
    encode: null,
  }
}
