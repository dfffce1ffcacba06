import type { NodeRef } from '#worker/engine/graph.ts'
import type { Tensor } from '#worker/engine/tf.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { GraphBuilder } from '#worker/engine/graph.ts'
import { tf } from '#worker/engine/tf.ts'
import { graphModelWeights, importGraphModel } from '#worker/teachers/graph-model.ts'
import { readTfjsModel } from '#worker/teachers/tfjs-model.ts'
import { base64, bytesOf, float, placeholder, writeModel } from './tfjs-files.ts'

const models = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/human')), '..', 'models')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-graph-model-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function load(path: string, shape: number[], outputs: string[], weights: 'constant' | 'variable' = 'constant') {
  const builder = new GraphBuilder()
  const operations = vi.spyOn(builder, 'op')
  const input: NodeRef = builder.placeholder('x', shape, 'float32')
  const fetches = importGraphModel(builder, path, {
    input,
    outputs,
    weights,
    prefix: 'net',
  }).map(({ node, index }) => `${node}:${index}`)
  const session = builder.load()
  return {
    session,
    multiplications: operations.mock.calls.filter(([op]) => op === 'Mul').length,
    run: (x: Tensor) => session.run({ x }, fetches),
  }
}

function largestDifference(a: Tensor, b: Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!)
}

describe('an imported graph model', () => {
  it.each([
    [
      'blazeface',
      256,
      3,
      [
        'Identity',
        'Identity_1',
        'Identity_2',
        'Identity_3',
      ],
    ],
    [
      'facemesh',
      192,
      3,
      ['Identity_1', 'Identity_2'],
    ],
    [
      'emotion',
      64,
      1,
      ['StatefulPartitionedCall/model_1/add_2/add', 'Identity'],
    ],
  ] as const)('gives what %s gives eagerly, in a batch as for each image alone', async (name, side, channels, outputs) => {
    const eager = await tf.loadGraphModel(`file://${join(models, `${name}.json`)}`)
    const native = load(join(models, `${name}.json`), [-1, side, side, channels], [...outputs])
    tf.tidy(() => {
      const images = [3, 4].map(seed => tf.randomUniform([1, side, side, channels], -1, 1, 'float32', seed))
      const expected = images.map(image => [
        eager.execute(image, [...outputs]),
      ].flat())
      const alone = native.run(images[0]!)
      const together = native.run(tf.concat(images))
      outputs.forEach((_, i) => {
        const scale = tf.max(tf.abs(expected[0]![i]!)).dataSync()[0]!
        expect(largestDifference(alone[i]!, expected[0]![i]!)).toBeLessThan(1e-5 * scale)
        expect(largestDifference(together[i]!, tf.concat(expected.map(each => each[i]!)))).toBeLessThan(1e-5 * scale)
      })
    })
    native.session.dispose()
    eager.dispose()
  })

  it('splits fused products, writes Prelu out and decodes quantised weights', () => {
    // 2 x 2 product with weights 1 2 / 3 4 (bytes 0 1 2 3 with scale 1, minimum 1), bias 10 -100 in half precision, Prelu of slope 0.5.
    const half = new Uint16Array(Float16Array.of(10, -100).buffer)
    const path = writeModel(join(folder, 'fused'), [
      placeholder('image', [1, 2]),
      {
        name: 'out',
        op: '_FusedMatMul',
        input: ['image', 'w', 'b', 'slope'],
        attr: {
          ...float,
          fused_ops: {
            list: {
              s: [
                base64('BiasAdd'),
                base64('Prelu'),
              ],
            },
          },
          num_args: { i: '2' },
          transpose_a: { b: false },
          transpose_b: { b: false },
        },
      },
    ], [
      {
        name: 'w',
        shape: [2, 2],
        dtype: 'float32',
        quantization: { dtype: 'uint8', scale: 1, min: 1 },
        bytes: Uint8Array.of(0, 1, 2, 3),
      },
      {
        name: 'b',
        shape: [2],
        dtype: 'float32',
        quantization: { dtype: 'float16' },
        bytes: bytesOf(half),
      },
      {
        name: 'slope',
        shape: [2],
        dtype: 'float32',
        bytes: bytesOf(Float32Array.of(0.5, 0.5)),
      },
    ])
    const { run } = load(path, [-1, 2], ['out'])
    // [1 1] -> [4 6] + [10 -100] = [14 -94] -> [14 -47]; [-5 -5] -> [-20 -30] + bias = [-10 -130] -> [-5 -65]
    expect(run(tf.tensor2d([
      [1, 1],
      [-5, -5],
    ]))[0]!.arraySync()).toEqual([
      [14, -47],
      [-5, -65],
    ])
  })

  it('takes a factor per channel into the filter before it, unless somebody else reads the convolution', () => {
    const layer = {
      ...float,
      strides: { list: { i: ['1', '1', '1', '1'] } },
      padding: { s: base64('SAME') },
      data_format: { s: base64('NHWC') },
    }
    const floats = (name: string, shape: number[], ...values: number[]) => ({
      name,
      shape,
      dtype: 'float32',
      bytes: bytesOf(Float32Array.from(values)),
    })
    const path = writeModel(join(folder, 'scaled'), [
      placeholder('image', [1, 1, 1, 2]),
      { name: 'deep', op: 'DepthwiseConv2dNative', input: ['image', 'filter'], attr: layer },
      { name: 'deep_scaled', op: 'Mul', input: ['deep', 'scale'], attr: float },
      { name: 'point', op: 'Conv2D', input: ['deep_scaled', 'mixing'], attr: layer },
      { name: 'point_scaled', op: 'Mul', input: ['point', 'factors'], attr: float },
      { name: 'out', op: 'AddV2', input: ['point_scaled', 'shift'], attr: float },
    ], [
      // Two outputs for each of the two channels: x0 -> 1 x0, 2 x0; x1 -> 3 x1, 4 x1.
      floats('filter', [1, 1, 2, 2], 1, 2, 3, 4),
      floats('scale', [4], 1, 10, 100, 1000),
      floats('mixing', [1, 1, 4, 2], 1, 0, 1, 0, 0, 1, 0, 1),
      floats('factors', [2], 2, -1),
      floats('shift', [2], 5, 7),
    ])
    // x = (1, 1): deep 1 2 3 4, scaled 1 20 300 4000, mixed 21 4300, times (2, -1) plus (5, 7) = 47 -4293.
    const x = tf.ones([2, 1, 1, 2])
    const frozen = load(path, [-1, 1, 1, 2], ['out'])
    expect(frozen.multiplications).toBe(0)
    expect(frozen.run(x)[0]!.dataSync()).toEqual(Float32Array.of(47, -4293, 47, -4293))

    const both = load(path, [-1, 1, 1, 2], ['out', 'deep'])
    expect(both.multiplications).toBe(1)
    const [out, deep] = both.run(x)
    expect(out!.dataSync()).toEqual(Float32Array.of(47, -4293, 47, -4293))
    expect(deep!.dataSync()).toEqual(Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4))

    expect(load(path, [-1, 1, 1, 2], ['out'], 'variable').multiplications).toBe(2)
  })

  it.each([false, true])('adds one number to all channels of a convolution (scaled: %s)', (isScaled) => {
    const conv = { ...float, strides: { list: { i: ['1', '1', '1', '1'] } }, padding: { s: base64('SAME') }, data_format: { s: base64('NHWC') } }
    const path = writeModel(join(folder, `one-bias-${isScaled}`), [
      placeholder('image', [-1, 2, 2, 1]),
      { name: 'conv', op: 'Conv2D', input: ['image', 'filter'], attr: conv },
      { name: 'scaled', op: 'Mul', input: ['conv', 'factor'], attr: float },
      { name: 'sum', op: 'AddV2', input: [isScaled ? 'scaled' : 'conv', 'one'], attr: float },
    ], [
      { name: 'filter', shape: [1, 1, 1, 2], dtype: 'float32', bytes: bytesOf(Float32Array.of(1, 2)) },
      { name: 'factor', shape: [2], dtype: 'float32', bytes: bytesOf(Float32Array.of(1, 1)) },
      { name: 'one', shape: [1], dtype: 'float32', bytes: bytesOf(Float32Array.of(10)) },
    ])
    const { run } = load(path, [1, 2, 2, 1], ['sum'])
    const [sum] = run(tf.ones([1, 2, 2, 1]))
    expect([...sum!.dataSync()]).toEqual([11, 12, 11, 12, 11, 12, 11, 12])
  })

  it('can be given other weights where they are variables', () => {
    const path = writeModel(join(folder, 'variable'), [
      placeholder('image', [-1, 1]),
      {
        name: 'out',
        op: 'Mul',
        input: ['image', 'w'],
        attr: float,
      },
    ], [
      {
        name: 'w',
        shape: [1],
        dtype: 'float32',
        bytes: bytesOf(Float32Array.of(3)),
      },
    ])
    const { session, run } = load(path, [-1, 1], ['out'], 'variable')
    const { w } = graphModelWeights(readTfjsModel(path), ['out'])
    session.write({
      'net/w': {
        dtype: 'float32',
        shape: [1],
        data: w!.data,
      },
    })
    expect(run(tf.tensor2d([
      [2],
    ]))[0]!.arraySync()).toEqual([
      [6],
    ])
    session.write({
      'net/w': {
        dtype: 'float32',
        shape: [1],
        data: Float32Array.of(-1),
      },
    })
    expect(run(tf.tensor2d([
      [2],
    ]))[0]!.arraySync()).toEqual([
      [-2],
    ])
  })

  it('refuses a node that is not there and says which there are', () => {
    expect(() => load(join(models, 'faceres.json'), [-1, 224, 224, 3], ['feats/Rely'])).toThrow(/no node "feats\/Rely"/)
    try {
      load(join(models, 'faceres.json'), [-1, 224, 224, 3], ['feats/Rely'])
    }
    catch (error) {
      expect((error as { hint: string }).hint).toMatch(/nodes, ending with .*global_pooling\/Mean.*feats\/Relu/)
    }
  })

  it('refuses ops that reach outside the graph, weights cut off, a weights file elsewhere and a graph that bites its tail', () => {
    const weight = {
      name: 'w',
      shape: [2],
      dtype: 'float32',
      bytes: bytesOf(Float32Array.of(1, 2)),
    }
    const image = placeholder('image', [-1, 2])
    const reading = writeModel(join(folder, 'reading'), [
      image,
      {
        name: 'out',
        op: 'ReadFile',
        input: ['w'],
      },
    ], [weight])
    expect(() => load(reading, [-1, 2], ['out'])).toThrow(/"ReadFile", which reaches outside/)
    const cut = writeModel(join(folder, 'cut'), [
      image,
      {
        name: 'out',
        op: 'Mul',
        input: ['image', 'w'],
        attr: float,
      },
    ], [weight])
    writeFileSync(join(folder, 'cut', 'weights.bin'), Buffer.alloc(5))
    expect(() => load(cut, [-1, 2], ['out'])).toThrow(/"w" ends at byte 8, but weights.bin hold only 5/)
    const elsewhere = join(folder, 'elsewhere.json')
    writeFileSync(elsewhere, JSON.stringify({
      format: 'graph-model',
      modelTopology: {
        node: [image],
      },
      weightsManifest: [
        {
          paths: ['../../etc/passwd'],
          weights: [],
        },
      ],
    }))
    expect(() => load(elsewhere, [-1, 2], ['image'])).toThrow(/"\.\.\/\.\.\/etc\/passwd" is not beside the model/)
    const circle = writeModel(join(folder, 'circle'), [
      image,
      {
        name: 'a',
        op: 'Add',
        input: ['image', 'b'],
        attr: float,
      },
      {
        name: 'b',
        op: 'Relu',
        input: ['a'],
        attr: float,
      },
    ], [weight])
    expect(() => load(circle, [-1, 2], ['b'])).toThrow(/depends on itself/)
  })
})
