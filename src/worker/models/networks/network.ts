import type { Tensor2D, Tensor4D } from '#worker/engine/tf.ts'

/**
 * A layer with parameters; `name` is the prefix of its variables. `convolution` and `depthwise` (each channel by itself) have
 * `filter` and a batch norm's `scale`, `offset`, `mean`, `variance`; `dense` has `weight` and `bias`.
 */
export type Layer
  = | { kind: 'convolution', name: string, side: number, inputs: number, outputs: number, firstScale?: number }
    | { kind: 'depthwise', name: string, side: number, channels: number }
    | { kind: 'dense', name: string, inputs: number, outputs: number }

/** The layers as a forward pass uses them. How batch norm is done is the business of whoever runs it. */
export interface LayerOps {
  /** Convolution and batch norm, no activation. f32 [n, h, w, inputs] -> f32 [n, h / stride, w / stride, outputs]. */
  convolution: (x: Tensor4D, name: string, stride?: number) => Tensor4D
  /** The same with one filter for each channel. */
  depthwise: (x: Tensor4D, name: string, stride?: number) => Tensor4D
  /** f32 [n, inputs] -> f32 [n, outputs]. */
  dense: (x: Tensor2D, name: string) => Tensor2D
}

/** One architecture: what stands between pixels and the linear layer that gives the embedding. `width`: channels of the first layer. */
export interface Network {
  /** Numbers it gives per face. */
  features: (width: number) => number
  /** In an order that never changes: first values are drawn in it. */
  layers: (width: number) => Layer[]
  /** f32 [n, side, side, 3], about ±2 -> f32 [n, features]. In ops that leave n open. */
  run: (pixels: Tensor4D, ops: LayerOps, width: number) => Tensor2D
}
