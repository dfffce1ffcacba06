import type { NoiseConfig } from '#shared/stages/combine.ts'
import type { Tensor, Tensor2D } from '#worker/engine/tf.ts'
import type { UnitGroup } from './normalizer.ts'
import { normal, uniform } from '#worker/engine/random.ts'
import { tf } from '#worker/engine/tf.ts'

/**
 * What a denoising autoencoder sees of its inputs in training (Vincent et al. 2010, Section 3.3); a zero is a unit's mean, and what is left
 * is not made larger.
 *
 * @param z       normalised embeddings, f32 [n, units]
 * @param noise   kind and level
 * @param groups  the teachers, for the kind that leaves out whole ones
 * @param seed    int32 [2], e.g. `feeds.seed`
 * @param stream  another number for each use within one step
 */
export function corrupt(z: Tensor2D, noise: NoiseConfig, groups: readonly UnitGroup[], seed: Tensor, stream: number): Tensor2D {
  const { kind, level } = noise
  const [faces, units] = z.shape
  switch (kind) {
    case 'gaussian': return tf.add(z, tf.mul(normal([faces, units], seed, stream), level))
    case 'masking': return tf.mul(z, kept([faces, units], level, seed, stream))
    case 'teacher': {
      const owners = tf.tensor2d(membership(groups), [groups.length, units])
      return tf.mul(z, tf.matMul(kept([faces, groups.length], level, seed, stream), owners)) // (n, M) x (M, units) -> (n, units)
    }
    default: return kind satisfies never
  }
}

function kept(shape: [number, number], level: number, seed: Tensor, stream: number): Tensor2D {
  return tf.cast(tf.greaterEqual(uniform(shape, seed, stream), level), 'float32') as Tensor2D
}

/** 1 where a unit is a teacher's, f32 [teachers, units]. */
function membership(groups: readonly UnitGroup[]): Float32Array {
  const units = groups.reduce((sum, { dimension }) => sum + dimension, 0)
  const owners = new Float32Array(groups.length * units)
  let from = 0
  groups.forEach(({ dimension }, teacher) => {
    owners.fill(1, teacher * units + from, teacher * units + from + dimension)
    from += dimension
  })
  return owners
}
