import type { Tensor, Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { StudentShape } from '#worker/models/student-network.ts'
import type { TensorData } from '#worker/stage.ts'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '#shared/seeded-random.ts'
import { studentNetworks } from '#shared/stages/distil.ts'
import { compile } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { networks } from '#worker/models/networks/index.ts'
import { backboneVariables, countParameters, embed, featureSize, runBackbone, studentVariables, trainableNames, trainBackbone } from '#worker/models/student-network.ts'
import { cosineLoss } from '#worker/stages/distil-target.ts'
import { expectClose, noise, tensorOf } from '../engine/numbers.ts'

const shapeOf = (network: StudentShape['network'], width = 8): StudentShape => ({ network, width, input: 64 })
const pixelsOf = (count: number): TensorData => ({ ...noise([count, 64, 64, 3], 5), data: noise([count, 64, 64, 3], 5).data.map(each => Math.floor((each + 1) * 127.9)) })
const weightsOf = (data: Record<string, TensorData>): Record<string, Tensor> => Object.fromEntries(Object.entries(data).map(([name, each]) => [name, tensorOf(each)]))

describe('parameter counts', () => {
  it('resnet18 at width 27 with 1024 outputs has 2,216,023, the 2.2 M of the paper', () => {
    expect(featureSize(shapeOf('resnet18', 27))).toBe(216)
    expect(countParameters(studentVariables(shapeOf('resnet18', 27), 1024, 0))).toBe(2_216_023)
  })

  it('mobilenet at width 16 has what the published MobileNetV3-Small has before its classifier', () => {
    // torchvision's mobilenet_v3_small: 2,542,856, of which 576 x 1024 + 1024 and 1024 x 1000 + 1000 are its two dense layers
    expect(countParameters(backboneVariables(shapeOf('mobilenet', 16), 0))).toBe(2_542_856 - (576 * 1024 + 1024) - (1024 * 1000 + 1000))
    expect(featureSize(shapeOf('mobilenet', 16))).toBe(576)
  })

  it('mobilenet\'s channels follow its width multiplier in multiples of 8, never a tenth too few', () => {
    const layer = (width: number, name: string) => networks.mobilenet.layers(width).find(each => each.name === name)
    expect(layer(8, 'stem')).toMatchObject({ outputs: 8 })
    expect(layer(8, 'block1/depthwise')).toMatchObject({ channels: 40 }) // 36: half-way, upwards
    expect(layer(24, 'block2/expand')).toMatchObject({ outputs: 136 }) // 1.5 x 88 = 132
    expect(layer(11, 'block1/project')).toMatchObject({ outputs: 16 }) // 16.5
    expect(layer(9, 'stem')).toMatchObject({ outputs: 16 }) // 8 would be less than nine tenths of 9
  })

  it('cnn: 9 inputs outputs + 2 outputs for each of its eight convolutions', () => {
    const pairs = [[3, 27], [27, 27], [27, 54], [54, 54], [54, 108], [108, 108], [108, 216], [216, 216]]
    expect(countParameters(backboneVariables(shapeOf('cnn', 27), 0))).toBe(pairs.reduce((sum, [inputs, outputs]) => sum + 9 * inputs! * outputs! + 2 * outputs!, 0))
    expect(featureSize(shapeOf('cnn', 27))).toBe(216)
  })
})

it('first values are the same numbers for ever: those of a student of an earlier version', () => {
  const hash = createHash('sha256')
  for (const [name, { data }] of Object.entries(studentVariables(shapeOf('resnet18', 4), 8, 3)))
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  expect(hash.digest('hex').slice(0, 16)).toBe('d2ab95f6bb7cadd3')
})

describe.each(studentNetworks)('%s', (network) => {
  const shape = shapeOf(network)
  const data = studentVariables(shape, 8, 3)

  it('gives its features for any number of faces, of an odd side too', () => {
    tf.tidy(() => {
      expect(trainBackbone(tensorOf(pixelsOf(2)) as Tensor4D, weightsOf(data), shape).features.shape).toEqual([2, featureSize(shape)])
      expect(trainBackbone(tf.zeros([1, 33, 33, 3]), weightsOf(data), shape).features.shape).toEqual([1, featureSize(shape)])
    })
  })

  it('moves the statistics of every batch norm and trains every other variable', () => {
    tf.tidy(() => {
      const { updates } = trainBackbone(tensorOf(pixelsOf(2)) as Tensor4D, weightsOf(data), shape)
      expect([...Object.keys(updates), ...trainableNames(data)].sort()).toEqual(Object.keys(data).sort())
    })
  })

  it('with moving statistics equal to the batch\'s gives what training gives', () => {
    tf.tidy(() => {
      const pixels = tensorOf(pixelsOf(4)) as Tensor4D
      const weights = Object.fromEntries(Object.entries(weightsOf(data)).map(([name, tensor]) => [name, name.endsWith('/scale') ? tf.ones(tensor.shape) : tensor]))
      const counts = new Map<string, number>()
      const { features, updates } = trainBackbone(pixels, weights, shape)
      // the number of values behind each statistic, which moving variances are unbiased by
      networks[network].run(tf.zeros([4, 64, 64, 3]), {
        convolution: (x, name, stride = 1) => seen(name, tf.conv2d(x, tensorOf(data[`${name}/filter`]!) as Tensor4D, stride, 'same')),
        depthwise: (x, name, stride = 1) => seen(name, tf.depthwiseConv2d(x, tensorOf(data[`${name}/filter`]!) as Tensor4D, stride, 'same')),
        dense: (x, name) => tf.matMul(x, tensorOf(data[`${name}/weight`]!) as Tensor2D),
      }, shape.width)
      function seen(name: string, y: Tensor4D): Tensor4D {
        counts.set(name, y.shape[0] * y.shape[1] * y.shape[2])
        return y
      }
      const own = Object.fromEntries(Object.entries(updates).map(([name, value]) => {
        const moved = tf.div(tf.sub(value, tf.mul(weights[name]!, 0.9)), 0.1)
        return [name, name.endsWith('/variance') ? tf.mul(moved, 1 - 1 / counts.get(name.slice(0, -'/variance'.length))!) : moved]
      }))
      expectClose(runBackbone(pixels, { ...weights, ...own }, shape).dataSync(), features.dataSync(), 1e-2)
    })
  })

  const step = (pixels: Tensor, target: Tensor, weights: Record<string, Tensor>) => {
    const { features, updates } = trainBackbone(pixels as Tensor4D, weights, shape)
    return { loss: cosineLoss(target as Tensor2D, embed(features, weights)), updates }
  }
  const target = noise([4, 8], 9)
  const gradientsOf = (names: string[]): Float32Array[] => tf.tidy(() => {
    const weights = weightsOf(data)
    return tf.grads((...given: Tensor[]) => step(tensorOf(pixelsOf(4)), tensorOf(target), { ...weights, ...Object.fromEntries(given.map((each, i) => [names[i]!, each])) }).loss)(names.map(name => weights[name]!)).map(each => each.dataSync() as Float32Array)
  })

  it('a traced step of sgd moves every variable as the eager gradients say', () => {
    const names = trainableNames(data)
    const program = compile(({ faces, target }, weights) => step(faces, target, weights), {
      feeds: { faces: { shape: [4, 64, 64, 3], dtype: 'uint8' }, target: { shape: [4, 8], dtype: 'float32' } },
      variables: data,
      trainable: names,
      optimizer: { kind: 'sgd', learningRate: 1, weightDecay: 0, momentum: 0 },
    })
    program.step({ faces: Uint8Array.from(pixelsOf(4).data), target: target.data }, { learningRate: 1 })
    const moved = program.read(names)
    program.dispose()
    gradientsOf(names).forEach((gradient, i) => expectClose(Float32Array.from(moved[names[i]!]!.data, (value, j) => data[names[i]!]!.data[j]! - value), gradient, 1e-4))
  }, 180_000)

  it('has the gradient that finite differences give along it and around it', () => {
    const random = seededRandom(8)
    const names = trainableNames(data).filter(name => /filter|weight/.test(name))
    const gradients = gradientsOf(names)
    const lossAt = (along: Float32Array[], offset: number): number => tf.tidy(() => {
      const weights = Object.fromEntries(names.map((name, i) => [name, tensorOf({ ...data[name]!, data: Float32Array.from(data[name]!.data, (value, j) => value + offset * along[i]![j]!) })]))
      return step(tensorOf(pixelsOf(4)), tensorOf(target), { ...weightsOf(data), ...weights }).loss.dataSync()[0]!
    })
    // corners of relu lie within any difference: a hundredth is left
    const length = Math.sqrt(gradients.reduce((sum, each) => sum + each.reduce((inner, value) => inner + value * value, 0), 0))
    for (const noisy of [0, 1, 2]) {
      const along = gradients.map(each => each.map(value => value / length * (noisy === 0 ? 1 : 1 + 0.5 * random.normal())))
      const slope = along.reduce((sum, each, i) => sum + each.reduce((inner, value, j) => inner + value * gradients[i]![j]!, 0), 0)
      const numeric = (lossAt(along, 5e-4) - lossAt(along, -5e-4)) / 1e-3
      expect(Math.abs(numeric - slope) / slope).toBeLessThan(0.02)
    }
  })
})
