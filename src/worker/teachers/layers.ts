import type { GraphBuilder, NodeRef } from '#worker/engine/graph.ts'
import type { Tensor, Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import { attr } from '#worker/engine/graph.ts'
import { tf } from '#worker/engine/tf.ts'

export type Padding = 'same' | 'valid'

/**
 * What face-api's networks are made of, so that each is written once and runs as graph nodes (X = NodeRef, any batch) or
 * as tfjs operations (X = Tensor, with gradients). Images are NHWC, f32.
 */
export interface Layers<X> {
  /** x [N, H, W, C], filter [h, w, C, D] -> [N, H', W', D] */
  convolution: (x: X, filter: X, stride: number, padding: Padding) => X
  /** x [N, H, W, C], bias [C] */
  addBias: (x: X, bias: X) => X
  /** x [N, H, W, C], filter [h, w, C, 1] -> [N, H', W', C], padding same */
  depthwise: (x: X, filter: X, stride: number) => X
  relu: (x: X) => X
  add: (a: X, b: X) => X
  maxPool: (x: X, size: number, stride: number, padding: Padding) => X
  /** Windows of 2 x 2, padding valid. */
  averagePool: (x: X) => X
  /** Zeros after the last row, column and channel. */
  padEnd: (x: X, rows: number, columns: number, channels: number) => X
  /** [N, H, W, C] -> [N, C] */
  mean: (x: X) => X
  /** [N, C] x [C, D] -> [N, D] */
  matMul: (x: X, weights: X) => X
}

const T = attr.type('float32')
const format = attr.string('NHWC')

function square(side: number): ReturnType<typeof attr.ints> {
  return attr.ints([
    1,
    side,
    side,
    1,
  ])
}

function paddingOf(padding: Padding): ReturnType<typeof attr.string> {
  return attr.string(padding.toUpperCase())
}

/** Layers as nodes of a graph; the runtime fuses convolution, bias and relu. */
export function graphLayers(builder: GraphBuilder): Layers<NodeRef> {
  return {
    convolution: (x, filter, stride, padding) => builder.op('Conv2D', [x, filter], {
      T,
      strides: square(stride),
      padding: paddingOf(padding),
      data_format: format,
    }),
    addBias: (x, bias) => builder.op('BiasAdd', [x, bias], { T, data_format: format }),
    depthwise: (x, filter, stride) => builder.op('DepthwiseConv2dNative', [x, filter], {
      T,
      strides: square(stride),
      padding: paddingOf('same'),
      data_format: format,
    }),
    relu: x => builder.op('Relu', [x], { T }),
    add: (a, b) => builder.op('AddV2', [a, b], { T }),
    maxPool: (x, size, stride, padding) => builder.op('MaxPool', [x], {
      T,
      ksize: square(size),
      strides: square(stride),
      padding: paddingOf(padding),
      data_format: format,
    }),
    averagePool: x => builder.op('AvgPool', [x], {
      T,
      ksize: square(2),
      strides: square(2),
      padding: paddingOf('valid'),
      data_format: format,
    }),
    padEnd: (x, rows, columns, channels) => {
      const paddings = builder.constant([0, 0, 0, rows, 0, columns, 0, channels], [4, 2], 'int32')
      return builder.op('Pad', [x, paddings], {
        T,
        Tpaddings: attr.type('int32'),
      })
    },
    mean: x => builder.op('Mean', [
      x,
      builder.constant([1, 2], [2], 'int32'),
    ], {
      T,
      Tidx: attr.type('int32'),
      keep_dims: attr.bool(false),
    }),
    matMul: (x, weights) => builder.op('MatMul', [x, weights], {
      T,
      transpose_a: attr.bool(false),
      transpose_b: attr.bool(false),
    }),
  }
}

/** Layers as tfjs operations, eager or traced, with tfjs's gradients: for fine-tuning a teacher. */
export const tfjsLayers: Layers<Tensor> = {
  convolution: (x, filter, stride, padding) => tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, padding),
  addBias: (x, bias) => tf.add(x, bias),
  depthwise: (x, filter, stride) => tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, stride, 'same'),
  relu: x => tf.relu(x),
  add: (a, b) => tf.add(a, b),
  maxPool: (x, size, stride, padding) => tf.maxPool(x as Tensor4D, size, stride, padding),
  averagePool: x => tf.avgPool(x as Tensor4D, 2, 2, 'valid'),
  padEnd: (x, rows, columns, channels) => tf.pad(x, [
    [0, 0],
    [0, rows],
    [0, columns],
    [0, channels],
  ]),
  mean: x => tf.mean(x, [1, 2]),
  matMul: (x, weights) => tf.matMul(x as Tensor2D, weights as Tensor2D),
}
