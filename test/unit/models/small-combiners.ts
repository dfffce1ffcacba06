import type { NoiseConfig } from '#shared/stages/combine.ts'
import type { SmallModel } from '../engine/models.ts'
import { tf } from '#worker/engine/tf.ts'
import { trainingLoss } from '#worker/models/autoencoder-loss.ts'
import { autoencoderVariables } from '#worker/models/autoencoder.ts'
import { noise } from '../engine/numbers.ts'

export const groups = [{ name: 'wide', dimension: 12 }, { name: 'narrow', dimension: 8 }]
const units = 20

/** A combiner of 20 units in two layers to a code of 5, as its stage trains it. */
function smallCombiner(kind: 'vae' | 'dae', corruption: NoiseConfig): SmallModel {
  return {
    variables: autoencoderVariables({ inputs: units, size: 5, layers: 2, activation: 'elu', isVariational: kind === 'vae' }, 3),
    feeds: {
      z: { shape: [8, units], dtype: 'float32' },
      ...kind === 'vae' && { klWeight: { shape: [], dtype: 'float32' } as const },
    },
    batch: number => ({ z: noise([8 * units], number + 1).data, ...kind === 'vae' && { klWeight: Float32Array.of(0.02) } }),
    step: (feeds, weights) => ({
      loss: trainingLoss({ kind, activation: 'elu', noise: corruption }, groups, feeds as never, { ...weights, lossWeights: tf.ones([units]) }),
    }),
  }
}

export const smallVariational = (): SmallModel => smallCombiner('vae', { kind: 'masking', level: 0 })
export const smallDenoising = (): SmallModel => smallCombiner('dae', { kind: 'masking', level: 0.2 })
export const smallGaussian = (): SmallModel => smallCombiner('dae', { kind: 'gaussian', level: 0.3 })
export const smallDropping = (): SmallModel => smallCombiner('dae', { kind: 'teacher', level: 0.3 })
