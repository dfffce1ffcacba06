import type { Tensor } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import { describe, expect, it } from 'vitest'
import { compileInference } from '#worker/engine/compile.ts'
import { batchNorm, batchNormInference, biasAdd, conv2d, depthwiseConv2d, elu, hardSigmoid, hardSwish, matMul, maxPool, relu, softmaxCrossEntropy } from '#worker/engine/fused.ts'
import { tf } from '#worker/engine/tf.ts'
import { expectClose, filled, noise, tensorOf } from './numbers.ts'

type Constants = Record<string, Tensor>
interface Case {
  name: string
  inputs: TensorData[]
  /** What no gradient goes to. */
  constants?: Record<string, TensorData>
  fn: (inputs: Tensor[], constants: Constants) => Tensor
  /** The same in plain tfjs. */
  plain: (inputs: Tensor[], constants: Constants) => Tensor
}

const epsilon = 1e-3
const image = noise([
  2,
  4,
  4,
  6,
], 1)
const wide = noise([
  2,
  4,
  4,
  16,
], 2)
const odd = noise([
  3,
  1,
  3,
  6,
], 3)
/** No number near 0, where relu has no derivative and differences mislead. */
const offZero = {
  ...noise([3, 5]),
  data: noise([3, 5]).data.map(each => each + 0.1 * Math.sign(each)),
}
/** From -4 to 4 without the corners at -3 and 3, where differences mislead. */
const aroundThree = {
  ...noise([4, 6]),
  data: noise([4, 6]).data.map(each => 4 * each).map(each => Math.abs(Math.abs(each) - 3) < 0.05 ? each + 0.2 : each),
}
const filter = noise([
  3,
  3,
  6,
  2,
], 2)

function plainBatchNorm(x: Tensor, scale: Tensor, offset: Tensor, { mean, variance }: { mean: Tensor, variance: Tensor }): Tensor {
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon))), scale), offset)
}
const allButChannels = (x: Tensor) => x.shape.map((_, axis) => axis).slice(0, -1)

function matMulCase(ta: boolean, tb: boolean): Case {
  const inputs = [
    noise(ta
      ? [4, 3]
      : [3, 4]),
    noise(tb
      ? [5, 4]
      : [4, 5], 2),
  ]
  return {
    name: `matMul with transposes ${ta}, ${tb}`,
    inputs,
    fn: ([a, b]) => matMul(a!, b!, ta, tb),
    plain: ([a, b]) => tf.matMul(a!, b!, ta, tb),
  }
}

function batchNormCases([name, x, channels]: [string, TensorData, number]): Case[] {
  const inputs: TensorData[] = [
    x,
    noise([channels], 5),
    noise([channels], 6),
  ]
  return [
    {
      name: `batchNorm ${name}`,
      inputs,
      fn: ([x, scale, offset]) => batchNorm(x!, scale!, offset!, { epsilon }).y,
      plain: ([x, scale, offset]) => plainBatchNorm(x!, scale!, offset!, tf.moments(x!, allButChannels(x!))),
    },
    {
      name: `batchNormInference ${name}`,
      inputs,
      constants: {
        mean: noise([channels], 8),
        variance: {
          ...noise([channels], 9),
          data: noise([channels], 9).data.map(each => each ** 2 + 0.1),
        },
      },
      fn: ([x, scale, offset], { mean, variance }) => batchNormInference(x!, scale!, offset!, mean!, variance!, { epsilon }),
      plain: ([x, scale, offset], { mean, variance }) => plainBatchNorm(x!, scale!, offset!, { mean: mean!, variance: variance! }),
    },
  ]
}

const normalised: [string, TensorData, number][] = [
  ['on lanes', image, 6],
  ['on 16 channels', wide, 16],
  ['where positions do not divide into lanes', odd, 6],
  [
    'of a matrix',
    {
      ...image,
      shape: [32, 6],
    },
    6,
  ],
  [
    'of a matrix of 16 columns',
    {
      ...wide,
      shape: [32, 16],
    },
    16,
  ],
]

const cases: Case[] = [
  {
    name: 'relu',
    inputs: [
      offZero,
    ],
    fn: ([x]) => relu(x!),
    plain: ([x]) => tf.relu(x!),
  },
  {
    name: 'elu',
    inputs: [
      noise([3, 5]),
    ],
    fn: ([x]) => elu(x!),
    plain: ([x]) => tf.elu(x!),
  },
  {
    name: 'biasAdd',
    inputs: [
      image,
      noise([6], 2),
    ],
    fn: ([x, b]) => biasAdd(x!, b!),
    plain: ([x, b]) => tf.add(x!, b!),
  },
  {
    name: 'conv2d',
    inputs: [image, filter],
    fn: ([x, f]) => conv2d(x!, f!, { stride: 2 }),
    plain: ([x, f]) => tf.conv2d(x as never, f as never, 2, 'same'),
  },
  ...[1, 2].map((stride): Case => ({
    name: `depthwiseConv2d of stride ${stride}`,
    inputs: [image, noise([3, 3, 6, 1], 2)],
    fn: ([x, f]) => depthwiseConv2d(x!, f!, { stride }),
    // one convolution for each channel
    plain: ([x, f]) => tf.concat(tf.split(x!, 6, 3).map((channel, i) => tf.conv2d(channel as never, tf.slice(f!, [0, 0, i, 0], [3, 3, 1, 1]) as never, stride, 'same')), 3),
  })),
  {
    name: 'hardSigmoid',
    inputs: [aroundThree],
    fn: ([x]) => hardSigmoid(x!),
    plain: ([x]) => tf.div(tf.clipByValue(tf.add(x!, 3), 0, 6), 6),
  },
  {
    name: 'hardSwish',
    inputs: [aroundThree],
    fn: ([x]) => hardSwish(x!),
    plain: ([x]) => tf.mul(x!, tf.div(tf.clipByValue(tf.add(x!, 3), 0, 6), 6)),
  },
  {
    name: 'maxPool',
    inputs: [image],
    fn: ([x]) => maxPool(x!, { size: 3, stride: 2 }),
    plain: ([x]) => tf.maxPool(x as never, 3, 2, 'same'),
  },
  matMulCase(false, false),
  matMulCase(true, false),
  matMulCase(false, true),
  matMulCase(true, true),
  {
    name: 'softmaxCrossEntropy',
    inputs: [
      noise([3, 4]),
    ],
    constants: {
      labels: {
        dtype: 'int32',
        shape: [3],
        data: Int32Array.of(2, 0, 1),
      },
    },
    fn: ([x], { labels }) => softmaxCrossEntropy(x!, labels!),
    plain: ([x], { labels }) => tf.neg(tf.sum(tf.mul(tf.logSoftmax(x!), tf.oneHot(labels as never, 4)), 1)),
  },
  ...normalised.flatMap(batchNormCases),
]

/** A number that depends on every output with another weight, so that an exchange of outputs shows. */
function weighted(y: Tensor): Tensor {
  return tf.sum(tf.mul(y, tensorOf(noise(y.shape, 11))))
}

function valueAndGradients(fn: Case['fn'], inputs: Tensor[], constants: Constants): Tensor[] {
  const gradients = tf.grads((...args: Tensor[]) => weighted(fn(args, constants)))(inputs)
  return [
    fn(inputs, constants),
    ...gradients,
  ]
}

function tensorsOf(values: Record<string, TensorData>): Constants {
  return Object.fromEntries(Object.entries(values).map(([name, each]) => [
    name,
    tensorOf(each),
  ]))
}

describe.each(cases)('$name', ({ inputs, constants = {}, fn, plain }) => {
  const eager = (which = fn) => {
    const numbers: Float32Array[] = []
    tf.tidy(() => {
      for (const each of valueAndGradients(which, inputs.map(tensorOf), tensorsOf(constants)))
        numbers.push(each.dataSync() as Float32Array)
    })
    return numbers
  }

  it('gives value and gradients of the same in plain tfjs', () => {
    const expected = eager(plain)
    eager().forEach((each, i) => expectClose(each, expected[i]!, 2e-5))
  })

  it('gives traced what it gives eagerly', () => {
    const names = inputs.map((_, i) => `in${i}`)
    const program = compileInference((feeds, variables) => {
      const outputs = valueAndGradients(fn, names.map(name => feeds[name]!), variables)
      return Object.fromEntries(outputs.map((each, i) => [`out${i}`, each]))
    }, {
      feeds: Object.fromEntries(names.map((name, i) => [
        name,
        { shape: inputs[i]!.shape, dtype: 'float32' as const },
      ])),
      variables: constants,
    })
    const outputs = program.run(Object.fromEntries(names.map((name, i) => [name, inputs[i]!.data])))
    program.dispose()
    eager().forEach((each, i) => expectClose(outputs[`out${i}`]!.data, each, 1e-6))
  })

  it('has the gradient that finite differences give', () => {
    const gradients = eager().slice(1)
    const step = 1e-2
    inputs.forEach((input, which) => {
      const numeric = Float32Array.from(input.data.slice(0, 24), (_, i) => {
        const at = (offset: number) => tf.tidy(() => weighted(fn(inputs.map((each, j) => {
          const data = Float32Array.from(each.data)
          if (j === which)
            data[i]! += offset
          return tensorOf({ ...each, data })
        }), tensorsOf(constants))).dataSync()[0]!)
        return (at(step) - at(-step)) / (2 * step)
      })
      expectClose(numeric, gradients[which]!.slice(0, 24), 2e-2)
    })
  })

  it('leaves no tensor behind when run eagerly', () => {
    eager()
    const before = tf.memory().numTensors
    eager()
    expect(tf.memory().numTensors).toBe(before)
  })
})

it('batch statistics are the mean and the unbiased variance over all but the channels', () => {
  // channel 0: 1, 2, 3, 6 (mean 3, squares 4+1+0+9 = 14, /3); channel 1: 0, 0, 0, 4 (mean 1, 1+1+1+9 = 12, /3)
  const x = tf.tensor([
    1,
    0,
    2,
    0,
    3,
    0,
    6,
    4,
  ], [
    1,
    2,
    2,
    2,
  ])
  const two = batchNorm(x, tf.ones([2]), tf.zeros([2]))
  expectClose(two.mean.dataSync(), [3, 1], 1e-6)
  expectClose(two.variance.dataSync(), [14 / 3, 4], 1e-6)
  const aligned = batchNorm(tensorOf(wide), tf.ones([16]), tf.zeros([16]))
  const expected = tf.moments(tensorOf(wide), [
    0,
    1,
    2,
  ])
  expectClose(aligned.mean.dataSync(), expected.mean.dataSync(), 1e-5)
  expectClose(aligned.variance.dataSync(), tf.mul(expected.variance, 32 / 31).dataSync(), 1e-5)
})

it('batch norm of a constant channel is its offset, not a division by zero', () => {
  const constant = tensorOf(filled([
    2,
    4,
    4,
    6,
  ], 7))
  const { y, variance } = batchNorm(constant, tf.ones([6]), tf.fill([6], 0.5))
  expectClose(y.dataSync(), new Float32Array(192).fill(0.5), 1e-4)
  expectClose(variance.dataSync(), new Float32Array(6), 1e-6)
})
