import type { Attributes } from '#worker/engine/attributes.ts'
import type { PortableGraph, PortableNode } from '#worker/export/portable-graph.ts'
import { describe, expect, it } from 'vitest'
import { attr } from '#worker/engine/attributes.ts'
import { toOnnx } from '#worker/export/onnx.ts'

/** A graph of these nodes on `pixels` [n, side, side, 3], with a filter `f` [size, size, 3, 4] and a bias `b` [4]. */
function graph(side: number, nodes: PortableNode[], size = 3): PortableGraph {
  const filter = Float32Array.from({ length: size * size * 12 }, (_, i) => i)
  return {
    side,
    nodes,
    outputs: [],
    constants: new Map([
      ['f', { shape: [size, size, 3, 4], data: filter, stored: { kind: 'exact' } }],
      ['b', { shape: [4], data: Float32Array.of(1, 2, 3, 4), stored: { kind: 'exact' } }],
    ]),
  }
}

function convolution(stride: number, more: Attributes = {}): PortableNode {
  return { name: 'y', op: 'Conv2D', inputs: ['pixels', 'f'], attributes: { strides: attr.ints([1, stride, stride, 1]), padding: attr.string('SAME'), ...more } }
}

function attributesOf(graph: PortableGraph, name = 'y'): Record<string, unknown> {
  return toOnnx(graph).nodes.find(node => node.name === name)!.attributes
}

describe('a graph in the operators of ONNX', () => {
  // TensorFlow: out = ceil(side / stride), pads = (out - 1) stride + size - side, the odd one at the end
  it.each([
    [5, 2, 3, [1, 1, 1, 1]],
    [6, 2, 3, [0, 0, 1, 1]],
    [6, 1, 3, [1, 1, 1, 1]],
    [7, 2, 1, [0, 0, 0, 0]],
    [96, 2, 7, [2, 2, 3, 3]],
  ])('pads %i pixels at stride %i for a filter of %i as "SAME" does', (side, stride, size, pads) => {
    expect(attributesOf(graph(side, [convolution(stride)], size))).toMatchObject({ pads, strides: [stride, stride], kernel_shape: [size, size], group: 1 })
  })

  it('has filters as [out, in, height, width]', () => {
    const { shape, bytes } = toOnnx(graph(4, [convolution(1)])).tensors.find(({ name }) => name === 'f')!
    expect(shape).toEqual([4, 3, 3, 3])
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    // of TensorFlow's [height 1, width 2, in 0, out 3]: ((1 * 3 + 2) * 3 + 0) * 4 + 3 = 63; there at ((3 * 3 + 0) * 3 + 1) * 3 + 2 = 86
    expect(values[86]).toBe(63)
  })

  it('repeats what belongs to channels over height and width', () => {
    const { tensors } = toOnnx(graph(4, [convolution(1), { name: 'z', op: 'BiasAdd', inputs: ['y', 'b'], attributes: {} }]))
    expect(tensors.find(({ name }) => name === 'b/4')!.shape).toEqual([4, 1, 1])
  })

  it('names an op that it has no counterpart of, and where it is', () => {
    expect(() => toOnnx(graph(4, [{ name: 'strange', op: 'Erf', inputs: ['pixels'], attributes: {} }]))).toThrow(expect.objectContaining({
      message: 'The export to ONNX has no counterpart for TensorFlow\'s op "Erf".',
      where: 'node strange',
    }))
  })

  it.each<[string, PortableNode]>([
    ['with dilations', convolution(1, { dilations: attr.ints([1, 2, 2, 1]) })],
    ['with the padding "EXPLICIT"', convolution(1, { padding: attr.string('EXPLICIT') })],
    ['with the layout NCHW', convolution(1, { data_format: attr.string('NCHW') })],
    ['over faces or channels', convolution(1, { strides: attr.ints([2, 1, 1, 1]) })],
    ['with a computed filter', { ...convolution(1), inputs: ['pixels', 'pixels'] }],
    ['that keeps its sides', { name: 'y', op: 'Mean', inputs: ['pixels', 'b'], attributes: { keep_dims: attr.bool(true) } }],
  ])('is refused %s rather than written wrongly', (what, node) => {
    expect(() => toOnnx(graph(4, [node]))).toThrow(what)
  })
})
