import type { StepFeeds } from '#worker/engine/compile.ts'
import type { Tensor } from '#worker/engine/tf.ts'
import { describe, expect, it } from 'vitest'
import { compile, compileInference } from '#worker/engine/compile.ts'
import { backend, tf } from '#worker/engine/tf.ts'
import { smallDenoising, smallDropping, smallGaussian, smallVariational } from '../models/small-combiners.ts'
import { smallAutoencoder, smallResnet } from './models.ts'
import { expectClose, filled, noise, tensorOf } from './numbers.ts'

const sgd = {
  kind: 'sgd',
  learningRate: 0.1,
  weightDecay: 0,
  momentum: 0,
} as const
const adam = {
  kind: 'adam',
  learningRate: 0.01,
  weightDecay: 0,
  momentum: 0,
} as const

describe.each([
  ['residual network', smallResnet],
  ['autoencoder', smallAutoencoder],
  ['variational autoencoder', smallVariational],
  ['autoencoder whose units are masked', smallDenoising],
  ['autoencoder with gaussian noise', smallGaussian],
  ['autoencoder whose teachers are dropped', smallDropping],
] as const)('a whole %s', (_, make) => {
  it('moves traced as it does eagerly, loss, weights and moving statistics', () => {
    const { feeds, variables, step, batch } = make()
    const program = compile(step, { feeds, variables, optimizer: sgd })
    const weights = Object.fromEntries(Object.entries(variables).map(([name, value]) => [
      name,
      tensorOf(value),
    ]))
    for (let i = 0; i < 3; i++) {
      const values = batch(i)
      const traced = program.step(values, { learningRate: 0.1, seed: 5 })
      const given = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [
        name,
        tf.tensor(Float32Array.from(values[name]!), [...shape]),
      ]))
      const eagerFeeds = {
        ...given,
        seed: tf.tensor1d([5, i], 'int32'),
      } as StepFeeds<Record<string, Tensor>>
      let updates: Record<string, Tensor> = {}
      const names = Object.keys(weights)
      const { value, grads } = (tf.engine() as never as { gradients: (f: () => Tensor, xs: Tensor[], dy: undefined, allow: boolean) => { value: Tensor, grads: (Tensor | undefined)[] } }).gradients(() => {
        const result = step(eagerFeeds, weights)
        updates = Object.fromEntries(Object.entries(result.updates ?? {}).map(([name, each]) => [
          name,
          tf.keep(each),
        ]))
        return result.loss
      }, names.map(name => weights[name]!), undefined, true)
      expect(traced.loss).toBeCloseTo(value.dataSync()[0]!, 5)
      names.forEach((name, j) => weights[name] = updates[name] ?? tf.sub(weights[name]!, tf.mul(grads[j]!, 0.1)))
      const read = program.read()
      for (const name of names)
        expectClose(read[name]!.data, weights[name]!.dataSync(), 1e-5)
    }
    program.dispose()
  })

  it('learns its batch', () => {
    const { feeds, variables, step, batch } = make()
    const program = compile(step, { feeds, variables, optimizer: adam })
    const losses = Array.from({ length: 60 }, () => program.step(batch(0), { learningRate: 0.01, seed: 1 }).loss)
    expect(losses.at(-1)).toBeLessThan(0.6 * losses[0]!)
    program.dispose()
  })
})

it('a step leaks neither tensors nor memory, 2,000 times', () => {
  const { feeds, variables, step, batch } = smallAutoencoder()
  const program = compile(step, { feeds, variables, optimizer: adam })
  const values = batch(0)
  const run = (steps: number) => {
    for (let i = 0; i < steps; i++)
      program.step(values, { learningRate: 1e-3, seed: 1 })
  }
  run(500) // allocators reach their working size
  const [tensors, native, memory] = [
    tf.memory().numTensors,
    backend.binding.getNumOfTensors(),
    process.memoryUsage.rss(),
  ]
  run(2_000)
  expect(tf.memory().numTensors).toBe(tensors)
  expect(backend.binding.getNumOfTensors()).toBe(native)
  // One leaked batch (640 bytes) would be 1.3 MB, all of the graph's values much more.
  expect((process.memoryUsage.rss() - memory) / 2 ** 20).toBeLessThan(24)
  program.dispose()
})

it('compiling and disposing leaves no tensor and no graph behind', () => {
  const { feeds, variables, step } = smallAutoencoder()
  const count = () => [
    tf.memory().numTensors,
    backend.binding.getNumOfTensors(),
    backend.getNumOfSavedModels(),
  ]
  const before = count()
  const { binding } = backend
  compile(step, { feeds, variables, optimizer: adam }).dispose()
  expect(count()).toEqual(before)
  expect(() => compile(() => { throw new Error('inside') }, { feeds, variables, optimizer: adam })).toThrow('inside')
  expect(count()).toEqual(before)
  expect(backend.binding).toBe(binding)
})

const vector = {
  feeds: {
    x: {
      shape: [3],
      dtype: 'float32' as const,
    },
  },
  variables: {
    w: filled([3], 2),
  },
  optimizer: sgd,
}
function good({ x }: { x: Tensor }, { w }: { w: Tensor }) {
  return {
    loss: tf.sum(tf.mul(x, w)) as never,
  }
}

describe('what a step may use', () => {
  it('a tensor captured from outside is refused with its number, type and shape, and the line that uses it', () => {
    const outside = tf.tensor1d([1, 2, 3])
    const use = ({ x }: { x: Tensor }) => ({
      y: tf.mul(x, outside),
    })
    const refused = expect.objectContaining({
      code: 'bad-input',
      message: `The traced function uses tensor ${outside.id}, float32 [3], from outside the trace.`,
      where: expect.stringMatching(/compile\.test\.ts:\d+$/),
      hint: expect.stringContaining('feeds or variables'),
    })
    expect(() => compileInference(use, { feeds: vector.feeds, variables: {} })).toThrow(refused)
    tf.square(outside) // now it lives in TensorFlow
    expect(() => compileInference(use, { feeds: vector.feeds, variables: {} })).toThrow(refused)
    expect(() => compileInference(() => ({ y: outside }), { feeds: {}, variables: {} })).toThrow('from outside')
  })

  it('a tf.Variable is refused by its name', () => {
    const outside = tf.variable(tf.scalar(1), true, 'forgotten/weight')
    expect(() => compile(({ x }) => ({
      loss: tf.sum(tf.mul(x, outside)) as never,
    }), vector)).toThrow('uses variable "forgotten/weight", float32 [], from outside')
    outside.dispose()
  })

  it('reading a tensor\'s numbers is refused', () => {
    expect(() => compile(({ x }, { w }) => ({
      loss: tf.mul(tf.sum(w), x.dataSync()[0]!) as never,
    }), vector)).toThrow('reads the numbers of a tensor')
  })

  it('tensors made inside are constants, large uniform ones too', () => {
    const program = compileInference(({ x }) => ({
      y: tf.add(tf.mul(x, tf.tensor1d([1, 2, 3])), tf.sum(tf.ones([100]))),
    }), { feeds: vector.feeds, variables: {} })
    expect(program.run({
      x: Float32Array.of(1, 1, 1),
    }).y).toEqual({
      shape: [3],
      data: Float32Array.of(101, 102, 103),
    })
    program.dispose()
  })
})

describe('what is trained', () => {
  it('only what `trainable` names', () => {
    const program = compile(({ x }, { w, v }) => ({
      loss: tf.sum(tf.mul(x, tf.mul(w, v))) as never,
    }), {
      ...vector,
      variables: {
        w: filled([3], 2),
        v: filled([3], 3),
      },
      trainable: ['v'],
    })
    program.step({
      x: Float32Array.of(1, 1, 1),
    }, { learningRate: 0.1 })
    expect(program.read().w!.data).toEqual(Float32Array.of(2, 2, 2))
    expectClose(program.read().v!.data, [2.8, 2.8, 2.8], 1e-6)
    expect(Object.keys(program.save())).toEqual([
      'variable/w',
      'variable/v',
      'sgd.velocity/v',
      'step',
    ])
    program.dispose()
  })

  it('a variable that the loss does not depend on is named', () => {
    expect(() => compile(good, {
      ...vector,
      name: 'head',
      variables: {
        w: filled([3], 2),
        idle: filled([1], 0),
      } as never,
    })).toThrow(expect.objectContaining({ message: 'The loss does not depend on variable "idle".', where: 'head' }))
  })

  it('mistakes in names and shapes are told', () => {
    expect(() => compile(good, {
      ...vector,
      trainable: ['u'],
    })).toThrow('"u" is to be trained')
    expect(() => compile(({ x }, { w }) => ({
      loss: tf.mul(x, w) as never,
    }), vector)).toThrow('The loss is [3]; it must be a scalar')
    expect(() => compile((feeds, v) => ({
      ...good(feeds, v),
      updates: { u: feeds.x },
    }), vector)).toThrow('update is given for "u"')
    expect(() => compile((feeds, v) => ({
      ...good(feeds, v),
      updates: {
        w: tf.ones([2]),
      },
    }), vector)).toThrow('update of "w" is float32 [2], the variable float32 [3]')
    expect(() => compile((feeds, v) => ({
      ...good(feeds, v),
      updates: { w: feeds.x },
    }), {
      ...vector,
      trainable: ['w'],
    })).toThrow('"w" is both trained and updated')
  })
})

describe('a program', () => {
  it('takes bytes as 0..255 and integers as they are', () => {
    const program = compileInference(({ bytes, labels }) => ({
      sum: tf.sum(bytes),
      hot: tf.oneHot(tf.cast(labels, 'int32') as never, 3),
      top: tf.argMax(bytes),
    }), {
      feeds: {
        bytes: {
          shape: [3],
          dtype: 'uint8',
        },
        labels: {
          shape: [2],
          dtype: 'int32',
        },
      },
      variables: {},
    })
    expect(program.run({
      bytes: Uint8Array.of(0, 255, 200),
      labels: Int32Array.of(2, 0),
    })).toEqual({
      sum: {
        shape: [],
        data: Float32Array.of(455),
      },
      hot: {
        shape: [2, 3],
        data: Float32Array.of(0, 0, 1, 1, 0, 0),
      },
      top: {
        shape: [],
        data: Float32Array.of(1),
      },
    })
    program.dispose()
  })

  it('names a feed that is missing, unknown, of the wrong type or the wrong length', () => {
    const program = compile(good, vector)
    const step = (feeds: Record<string, Float32Array | Uint8Array>) => () => program.step(feeds, { learningRate: 0.1 })
    expect(step({})).toThrow('Feed "x" (float32 [3]) is missing')
    expect(step({
      x: new Float32Array(3),
      z: new Float32Array(3),
    })).toThrow('no feed "z"; declared are x')
    expect(step({
      x: new Uint8Array(3),
    })).toThrow('"x" takes Float32Array (float32), a Uint8Array is given')
    expect(step({
      x: new Float32Array(4),
    })).toThrow('of [3] needs 3 numbers, 4 are given')
    expect(program.stepCount).toBe(0)
    program.dispose()
  })

  it('writes weights without touching the optimizer, and its metrics come back', () => {
    const program = compile((feeds, { w }) => ({
      ...good(feeds, { w }),
      metrics: {
        first: tf.reshape(tf.slice(w, 0, 1), []),
      },
    }), {
      ...vector,
      optimizer: { ...sgd, momentum: 0.5 },
    })
    const x = Float32Array.of(1, 1, 1)
    expect(program.step({ x }, { learningRate: 1 })).toEqual({
      loss: 6,
      metrics: { first: 2 },
    })
    program.write({
      w: filled([3], 10),
    })
    expect(program.step({ x }, { learningRate: 1 })).toEqual({
      loss: 30,
      metrics: { first: 10 },
    })
    // velocity 1.5 after two steps of gradient 1 and momentum 0.5
    expect(program.read().w!.data).toEqual(Float32Array.of(8.5, 8.5, 8.5))
    program.dispose()
  })

  it('gives loss and metrics of the weights before the step, however the graph is scheduled', () => {
    // The gradient of a linear loss needs no weight, so nothing else orders reading and updating.
    const program = compile((feeds, { w }) => ({
      ...good(feeds, { w }),
      metrics: {
        sum: tf.sum(w) as never,
      },
      updates: { last: feeds.x },
    }), {
      ...vector,
      variables: {
        w: filled([3], 0),
        last: filled([3], 0),
      },
      trainable: ['w'],
    })
    for (let i = 0; i < 500; i++) {
      expect(program.step({
        x: Float32Array.of(1, 1, 1),
      }, { learningRate: 1 })).toEqual({
        loss: -3 * i + 0,
        metrics: { sum: -3 * i + 0 },
      })
    }
    program.dispose()
  })

  it('two programs beside each other do not meet', () => {
    const [a, b] = [
      compile(good, vector),
      compile(good, vector),
    ]
    a.step({
      x: Float32Array.of(1, 1, 1),
    }, { learningRate: 1 })
    expect(a.read().w!.data).toEqual(Float32Array.of(1, 1, 1))
    a.dispose()
    expect(b.read().w!.data).toEqual(Float32Array.of(2, 2, 2))
    b.dispose()
  })

  it('refuses a checkpoint with a missing or an extra tensor by name, and keeps its weights', () => {
    const program = compile(good, vector)
    const saved = program.save()
    program.step({
      x: Float32Array.of(1, 1, 1),
    }, { learningRate: 1 })
    const { 'variable/w': _, ...missing } = saved
    expect(() => program.restore(missing)).toThrow('lacks variable/w.')
    expect(() => program.restore({
      ...saved,
      'adam.m/w': filled([3], 0),
    })).toThrow('has adam.m/w that this step does not know')
    expect(() => program.restore({
      ...saved,
      'variable/w': noise([2]),
    })).toThrow('Variable "w" is float32 [3]')
    expect(program.read().w!.data).toEqual(Float32Array.of(1, 1, 1))
    expect(program.stepCount).toBe(1)
    program.restore(saved)
    expect(program.save()).toEqual(saved)
    expect(program.stepCount).toBe(0)
    program.dispose()
  })
})
