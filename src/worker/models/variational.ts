import type { Scalar, Tensor, Tensor2D } from '#worker/engine/tf.ts'
import { normal } from '#worker/engine/random.ts'
import { tf } from '#worker/engine/tf.ts'

/** q(code | face): a normal distribution for each number of the code, f32 [n, size] each. */
export interface Posterior { mean: Tensor2D, logVariance: Tensor2D }

/** What a variational encoder gives, f32 [n, 2 size], taken apart. The mean is h_G. */
export function posteriorOf(encoded: Tensor2D): Posterior {
  const [mean, logVariance] = tf.split(encoded, 2, 1) as [Tensor2D, Tensor2D]
  return { mean, logVariance }
}

/** A code drawn from the posterior, mean + std * noise: gradients reach mean and variance (Kingma and Welling 2014, Section 2.4). */
export function sampleCode({ mean, logVariance }: Posterior, seed: Tensor, stream: number): Tensor2D {
  return tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), normal(mean.shape, seed, stream)))
}

/**
 * Divergence of the posterior from a standard normal code: KL = 1/2 sum(mean^2 + variance - log variance - 1), summed over the code,
 * mean over faces (Kingma and Welling 2014, Appendix B).
 */
export function klDivergence({ mean, logVariance }: Posterior): Scalar {
  const twice = tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1))
  return tf.mul(tf.mean(tf.sum(twice, 1)), 0.5)
}

/** Weight of the divergence at a step: rises in a line from 0 to beta over `annealing` steps. */
export function klWeight(step: number, beta: number, annealing: number): number {
  return beta * Math.min(1, (step + 1) / Math.max(1, annealing))
}
