import type { CombinerConfig } from '#shared/stages/combine.ts'
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '#worker/engine/tf.ts'
import type { UnitGroup } from './normalizer.ts'
import { tf } from '#worker/engine/tf.ts'
import { decode, encode, reconstructionLoss } from './autoencoder.ts'
import { corrupt } from './corrupt.ts'
import { klDivergence, posteriorOf, sampleCode } from './variational.ts'

export type ObjectiveConfig = Pick<CombinerConfig, 'kind' | 'activation' | 'noise'>

/** One training step's inputs: `z` normalised embeddings f32 [n, units], `klWeight` a scalar of vae alone, `seed` int32 [2]. */
export interface ObjectiveFeeds { z: Tensor, klWeight?: Tensor, seed: Tensor }

/**
 * Training loss of one batch, a pure function of feeds (the seed among them) and weights.
 *
 * - ae: squared error of decode(encode(z)) (Vielzeuf et al. 2019, Eq. 3)
 * - dae: the same of decode(encode(z with noise)) against z without it (Vincent et al. 2010)
 * - vae: the same of a code drawn from the posterior, plus 2 klWeight KL. Of a decoder whose units have noise variance 1 that is twice the
 *   negative evidence bound at weight 1 (Kingma and Welling 2014, Eq. 10), other weights are beta-VAE (Higgins et al. 2017)
 *
 * @param config   kind, activation, noise
 * @param groups   the teachers
 * @param feeds    of the step
 * @param weights  variables of encoder and decoder, and `lossWeights` [units]
 */
export function trainingLoss(config: ObjectiveConfig, groups: readonly UnitGroup[], feeds: ObjectiveFeeds, weights: Record<string, Tensor>): Scalar {
  const { kind, activation, noise } = config
  const { z, klWeight, seed } = feeds
  const x = z as Tensor2D
  const errorOf = (code: Tensor2D): Scalar => reconstructionLoss(decode(code, weights, activation), x, weights.lossWeights as Tensor1D)
  switch (kind) {
    case 'ae': return errorOf(encode(x, weights, activation))
    case 'dae': return errorOf(encode(corrupt(x, noise, groups, seed, 0), weights, activation))
    case 'vae': {
      const posterior = posteriorOf(encode(x, weights, activation))
      return tf.add(errorOf(sampleCode(posterior, seed, 0)), tf.mul(2, tf.mul(klWeight!, klDivergence(posterior))))
    }
    default: throw new TypeError(`internal: ${kind} is not trained by steps`)
  }
}

/** The loss that chooses the best weights: of h_G as it will be used, without noise (vae: the mean), so that all kinds compare; and vae's KL. */
export function validationLosses({ kind, activation }: ObjectiveConfig, z: Tensor2D, weights: Record<string, Tensor>): { loss: Scalar, kl: Scalar | null } {
  const encoded = encode(z, weights, activation)
  const posterior = kind === 'vae' ? posteriorOf(encoded) : null
  return {
    loss: reconstructionLoss(decode(posterior?.mean ?? encoded, weights, activation), z, weights.lossWeights as Tensor1D),
    kl: posterior && klDivergence(posterior),
  }
}
