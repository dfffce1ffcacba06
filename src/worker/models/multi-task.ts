import type { z } from 'zod'
import type { MultiTaskConfig } from '#shared/stages/distil.ts'
import type { Scalar, Tensor, Tensor2D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import type { UnitGroup } from './normalizer.ts'
import { matMul } from '#worker/engine/fused.ts'
import { uniform } from '#worker/engine/random.ts'
import { tf } from '#worker/engine/tf.ts'
import { decode, decoderVariables } from './autoencoder.ts'
import { eachGroup } from './normalizer.ts'

export type MultiTaskShape = z.output<typeof MultiTaskConfig>

/** Log variance of each teacher's error, where the loss is balanced by uncertainty. */
const logVariance = 'balance/logVariance'

/** The embeddings' z-scores as the loss sees them: whose unit is whose, and which units move at all. */
export interface TeacherUnits { groups: readonly UnitGroup[], living: Uint8Array }

/** What is trained beside the student's network: the decoder G~ from h_MT to the h_i and, balanced by uncertainty, a log variance for each teacher. */
export function multiTaskVariables({ layers, balance }: MultiTaskShape, { groups, living }: TeacherUnits, size: number, seed: number): Record<string, TensorData> {
  return {
    ...decoderVariables({ inputs: living.length, size, layers }, seed),
    ...balance === 'uncertainty' && { [logVariance]: { dtype: 'float32', shape: [groups.length], data: new Float32Array(groups.length) } },
  }
}

/**
 * Loss of the multi-task student E_MT = G~ o E (Vielzeuf et al. 2019, Section 3.3), trained to fit the h_i directly: squared error of the
 * embeddings' z-scores, summed over units and teachers, mean over faces, as G's own (Eq. 3). The paper does not print E_MT's loss and
 * says that it fits the h_i. Units that never move are left out.
 *
 * `balance`: `none` as said; `teacher`: every teacher counts alike whatever its dimension; `uncertainty`: half of exp(-s_i) e_i + s_i, where
 * e_i is teacher i's mean squared error and s_i a log variance that is learnt (Kendall, Gal and Cipolla 2018, Eq. 7; s_i decays with
 * the other weights where these do).
 * `teacherDropping`: of each face the teacher with the largest e_i always counts, every other one is left out with this probability, and
 * the loss is divided by the share that counts (Sariyildiz et al. 2024, UNIC, as their code does it).
 *
 * @param code     h_MT, what the student makes of the pixels  f32 [n, size]
 * @param z        the embeddings' z-scores                    f32 [n, units]
 * @param weights  of multiTaskVariables
 * @param options  as configured
 * @param units    whose they are
 * @param seed     int32 [2], for what is dropped
 */
export function multiTaskLoss(code: Tensor2D, z: Tensor2D, weights: Record<string, Tensor>, options: MultiTaskShape, units: TeacherUnits, seed: Tensor): Scalar {
  const errors = teacherErrors(code, z, weights, options, units)
  const weighted = options.balance === 'uncertainty'
    ? tf.mul(tf.add(tf.mul(errors, tf.exp(tf.neg(weights[logVariance]!))), weights[logVariance]!), 0.5)
    : tf.mul(errors, tf.tensor1d(errorWeights(options, units)))
  if (options.teacherDropping === 0)
    return tf.mean(tf.sum(weighted, 1)) as Scalar
  const kept = keptTeachers(errors, options.teacherDropping, seed)
  return tf.mul(tf.div(tf.sum(tf.mul(weighted, kept)), tf.sum(kept)), units.groups.length) as Scalar
}

/**
 * The same loss summed over faces as validation looks at it: nothing is dropped, and where variances are learnt every teacher counts alike, since
 * a loss that its own weights move chooses nothing.
 */
export function multiTaskScore(code: Tensor2D, z: Tensor2D, weights: Record<string, Tensor>, options: MultiTaskShape, units: TeacherUnits): number {
  return tf.tidy(() => tf.sum(tf.mul(teacherErrors(code, z, weights, options, units), tf.tensor1d(errorWeights(options, units)))).dataSync()[0]!)
}

/** Mean squared error of each teacher's living units, f32 [n, teachers]. */
function teacherErrors(code: Tensor2D, z: Tensor2D, weights: Record<string, Tensor>, { activation }: MultiTaskShape, { groups, living }: TeacherUnits): Tensor2D {
  const shares = new Float32Array(living.length * groups.length)
  let teacher = 0
  eachGroup(groups, (from, to) => {
    const alive = Math.max(1, livingCount(living, from, to))
    for (let unit = from; unit < to; unit++)
      shares[unit * groups.length + teacher] = living[unit]! / alive
    teacher++
  })
  const squares = tf.squaredDifference(decode(code, weights, activation), z)
  return matMul(squares, tf.tensor2d(shares, [living.length, groups.length])) // [n, units] x [units, teachers]
}

/** What a teacher's mean error counts: its living units, or all alike and as much in total. */
function errorWeights({ balance }: MultiTaskShape, { groups, living }: TeacherUnits): Float32Array {
  const counts: number[] = []
  eachGroup(groups, (from, to) => counts.push(livingCount(living, from, to)))
  const total = counts.reduce((sum, count) => sum + count, 0)
  return Float32Array.from(counts, count => balance === 'none' ? count : total / counts.length)
}

function livingCount(living: Uint8Array, from: number, to: number): number {
  return living.subarray(from, to).reduce((sum, alive) => sum + alive, 0)
}

/** 1 where a teacher counts for a face, 0 where it is dropped, f32 [n, teachers]; no gradient flows through the choice. */
function keptTeachers(errors: Tensor2D, rate: number, seed: Tensor): Tensor {
  return tf.customGrad((...args: unknown[]) => {
    const given = args[0] as Tensor2D
    const isLargest = tf.greaterEqual(given, tf.max(given, 1, true))
    const isSpared = tf.greaterEqual(uniform(given.shape, seed, 0), rate)
    return {
      value: tf.cast(tf.logicalOr(isLargest, isSpared), 'float32'),
      gradFunc: (dy: Tensor) => tf.zerosLike(dy),
    }
  })(errors)
}
