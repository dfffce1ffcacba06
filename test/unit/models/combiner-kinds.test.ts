import type { NoiseConfig } from '#shared/stages/combine.ts'
import type { Tensor, Tensor2D } from '#worker/engine/tf.ts'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '#shared/seeded-random.ts'
import { tf } from '#worker/engine/tf.ts'
import { trainingLoss, validationLosses } from '#worker/models/autoencoder-loss.ts'
import { autoencoderVariables, decode, encode, withLinearPath } from '#worker/models/autoencoder.ts'
import { corrupt } from '#worker/models/corrupt.ts'
import { withTensors } from '#worker/models/dense.ts'
import { fitPca } from '#worker/models/pca.ts'
import { klDivergence, klWeight, posteriorOf, sampleCode } from '#worker/models/variational.ts'
import { memoryRows } from '#worker/stages/embedding-rows.ts'
import { noise } from '../engine/numbers.ts'
import { groups, smallDenoising, smallVariational } from './small-combiners.ts'

const seedOf = (...seed: [number, number]): Tensor => tf.tensor1d(seed, 'int32')

describe('the variational code', () => {
  it('has the divergence of the formula: by hand, 0 for the standard normal', () => {
    const kl = (mean: number[][], logVariance: number[][]): number => tf.tidy(() => klDivergence({ mean: tf.tensor2d(mean), logVariance: tf.tensor2d(logVariance) }).dataSync()[0]!)
    expect(kl([[0, 0]], [[0, 0]])).toBeCloseTo(0, 6)
    expect(kl([[2]], [[0]])).toBeCloseTo(2, 6) // mean^2 / 2
    expect(kl([[0]], [[Math.log(4)]])).toBeCloseTo((4 - Math.log(4) - 1) / 2, 6)
    expect(kl([[2, 0], [0, 0]], [[0, 0], [0, 0]])).toBeCloseTo(1, 6) // summed over the code, averaged over faces
  })

  it('has the divergence that drawing from it shows: mean of log q - log p over 200,000 codes', () => {
    const [mean, std] = [0.7, 0.4]
    const kl = tf.tidy(() => klDivergence({ mean: tf.tensor2d([[mean]]), logVariance: tf.tensor2d([[2 * Math.log(std)]]) }).dataSync()[0]!)
    const random = seededRandom(4)
    let sum = 0
    for (let i = 0; i < 200_000; i++) {
      const noise = random.normal()
      const code = mean + std * noise
      sum += -Math.log(std) - noise ** 2 / 2 + code ** 2 / 2
    }
    expect(sum / 200_000).toBeCloseTo(kl, 2)
  })

  it('is drawn with its mean and variance, the same for the same seed', () => {
    tf.tidy(() => {
      const shape: [number, number] = [4000, 2]
      const posterior = { mean: tf.tile(tf.tensor2d([[3, -1]]), [4000, 1]), logVariance: tf.tile(tf.tensor2d([[Math.log(0.25), Math.log(4)]]), [4000, 1]) } as { mean: Tensor2D, logVariance: Tensor2D }
      const codes = sampleCode(posterior, seedOf(1, 2), 0)
      const { mean, variance } = tf.moments(codes, 0)
      expect(codes.shape).toEqual(shape)
      expect(mean.dataSync()[0]).toBeCloseTo(3, 1)
      expect(Math.abs(mean.dataSync()[1]! + 1)).toBeLessThan(0.1)
      expect(variance.dataSync()[0]).toBeCloseTo(0.25, 1)
      expect(Math.abs(variance.dataSync()[1]! - 4)).toBeLessThan(0.3)
      expect(sampleCode(posterior, seedOf(1, 2), 0).dataSync()).toEqual(codes.dataSync())
      expect(sampleCode(posterior, seedOf(1, 3), 0).dataSync()).not.toEqual(codes.dataSync())
    })
  })

  it('its divergence weighs nothing at first, beta after the annealing, in a line between; all of it where there is none', () => {
    expect([0, 49, 99, 100, 5000].map(step => klWeight(step, 0.5, 100))).toEqual([0.005, 0.25, 0.5, 0.5, 0.5])
    expect(klWeight(0, 0.5, 0)).toBe(0.5)
  })
})

describe('a variational loss', () => {
  const { variables } = smallVariational()
  const z = noise([8, 20], 1).data
  const lossAt = (weight: number, seed: [number, number] = [7, 0]): number => withTensors({ ...variables, lossWeights: { dtype: 'float32', shape: [20], data: new Float32Array(20).fill(1) } }, weights => tf.tidy(() => trainingLoss({ kind: 'vae', activation: 'elu', noise: { kind: 'masking', level: 0 } }, groups, { z: tf.tensor2d(z, [8, 20]), klWeight: tf.scalar(weight), seed: seedOf(...seed) }, weights).dataSync()[0]!))

  it('is the squared error of a drawn code plus twice the weighted divergence', () => {
    const kl = withTensors(variables, weights => tf.tidy(() => klDivergence(posteriorOf(encode(tf.tensor2d(z, [8, 20]), weights, 'elu'))).dataSync()[0]!))
    expect(kl).toBeGreaterThan(0.01)
    expect(lossAt(1) - lossAt(0)).toBeCloseTo(2 * kl, 4)
    expect(lossAt(0, [7, 1])).not.toBe(lossAt(0))
  })

  it('is judged on the mean alone, without chance', () => {
    withTensors({ ...variables, lossWeights: { dtype: 'float32', shape: [20], data: new Float32Array(20).fill(1) } }, weights => tf.tidy(() => {
      const x = tf.tensor2d(z, [8, 20])
      const { loss, kl } = validationLosses({ kind: 'vae', activation: 'elu', noise: { kind: 'masking', level: 0 } }, x, weights)
      const rebuilt = decode(posteriorOf(encode(x, weights, 'elu')).mean, weights, 'elu').dataSync() as Float32Array
      expect(loss.dataSync()[0]).toBeCloseTo(rebuilt.reduce((sum, value, i) => sum + (value - z[i]!) ** 2, 0) / 8, 4)
      expect(kl!.dataSync()[0]).toBeGreaterThan(0)
    }))
  })
})

it.each([['vae', smallVariational], ['dae', smallDenoising]] as const)('%s: gradients are those of finite differences', (_, make) => {
  const { variables, step, batch } = make()
  tf.tidy(() => {
    const feeds = Object.fromEntries(Object.entries(batch(0)).map(([name, data]) => [name, name === 'klWeight' ? tf.scalar(data[0]!) : tf.tensor2d(Float32Array.from(data), [8, 20])]))
    const names = Object.keys(variables)
    const lossOf = (values: Record<string, Float32Array>): Tensor => step({ ...feeds, seed: seedOf(9, 4) }, Object.fromEntries(names.map(name => [name, tf.tensor(values[name]!, variables[name]!.shape)]))).loss
    const data = Object.fromEntries(names.map(name => [name, variables[name]!.data as Float32Array]))
    const gradients = tf.grads((...weights: Tensor[]) => step({ ...feeds, seed: seedOf(9, 4) }, Object.fromEntries(names.map((name, i) => [name, weights[i]!]))).loss)(names.map(name => tf.tensor(data[name]!, variables[name]!.shape)))
    for (const [i, name] of names.entries()) {
      for (const at of [0, Math.floor(data[name]!.length / 2), data[name]!.length - 1]) {
        const moved = (by: number): number => lossOf({ ...data, [name]: data[name]!.map((value, j) => j === at ? value + by : value) }).dataSync()[0]!
        const expected = (moved(0.01) - moved(-0.01)) / 0.02
        expect(Math.abs(gradients[i]!.dataSync()[at]! - expected), `${name}[${at}]`).toBeLessThan(2e-3 * Math.max(1, Math.abs(expected)))
      }
    }
  })
})

describe('noise of a denoising autoencoder', () => {
  const faces = 3000
  const run = (noiseConfig: NoiseConfig, seed: [number, number] = [1, 0]): Float32Array => tf.tidy(() => corrupt(tf.ones([faces, 20]) as Tensor2D, noiseConfig, groups, seedOf(...seed), 0).dataSync() as Float32Array)

  it('gaussian: is added with its level as standard deviation', () => {
    const added = run({ kind: 'gaussian', level: 0.3 }).map(value => value - 1)
    const mean = added.reduce((sum, value) => sum + value, 0) / added.length
    const variance = added.reduce((sum, value) => sum + value * value, 0) / added.length
    expect(Math.abs(mean)).toBeLessThan(0.005)
    expect(Math.sqrt(variance)).toBeCloseTo(0.3, 2)
  })

  it('masking: zeroes its part of the units, one by one, and leaves the others as they are', () => {
    const left = run({ kind: 'masking', level: 0.4 })
    expect(new Set(left)).toEqual(new Set([0, 1]))
    expect(left.filter(value => value === 0).length / left.length).toBeCloseTo(0.4, 2)
    const perFace = Array.from({ length: faces }, (_, i) => left.subarray(i * 20, (i + 1) * 20).filter(value => value === 0).length)
    expect(new Set(perFace).size).toBeGreaterThan(8)
  })

  it('teacher: zeroes whole embeddings, each with its level as probability', () => {
    const left = run({ kind: 'teacher', level: 0.25 })
    let dropped = 0
    for (let face = 0; face < faces; face++) {
      for (const [from, to] of [[0, 12], [12, 20]] as const) {
        const part = new Set(left.subarray(face * 20 + from, face * 20 + to))
        expect(part.size).toBe(1)
        dropped += Number(part.has(0))
      }
    }
    expect(dropped / (2 * faces)).toBeCloseTo(0.25, 1)
  })

  it.each(['gaussian', 'masking', 'teacher'] as const)('%s: another step is another draw, the same seed the same, and level 0 nothing', (kind) => {
    expect(run({ kind, level: 0.5 })).toEqual(run({ kind, level: 0.5 }))
    expect(run({ kind, level: 0.5 }, [1, 1])).not.toEqual(run({ kind, level: 0.5 }))
    expect(new Set(run({ kind, level: 0 }))).toEqual(new Set([1]))
  })
})

it('an autoencoder with a linear path starts as PCA, code and reconstruction', () => {
  const rows = noise([300, 10], 5).data
  const table = memoryRows(rows, 10)
  const shape = { inputs: 10, size: 4, layers: 3, activation: 'elu' } as const
  const { components } = fitPca(table, 4)
  withTensors(withLinearPath(autoencoderVariables(shape, 0), components, shape), weights => tf.tidy(() => {
    const x = tf.tensor2d(rows, [300, 10])
    const code = tf.matMul(x, tf.tensor2d(components, [10, 4]))
    const own = encode(x, weights, 'elu')
    expect(tf.max(tf.abs(tf.sub(own, code))).dataSync()[0]).toBeLessThan(1e-5)
    const rebuilt = tf.matMul(code, tf.tensor2d(components, [10, 4]), false, true)
    expect(tf.max(tf.abs(tf.sub(decode(own, weights, 'elu'), rebuilt))).dataSync()[0]).toBeLessThan(1e-5)
  }))
})
