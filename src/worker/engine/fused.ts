import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from './tf.ts'
import { nativeAttr, nativeOp, nativeOps } from './native.ts'
import { tf } from './tf.ts'

export { batchNorm, batchNormInference } from './batch-norm.ts'
export type { BatchNormResult } from './batch-norm.ts'

/*
 * Ops that TensorFlow has in one piece and tfjs in several. All differentiate, eagerly and traced alike.
 */

type Save = (tensors: Tensor[]) => void
interface Window { stride?: number | [number, number], padding?: 'same' | 'valid' }

/** tf.customGrad for one op: its types cannot say that the last argument is `save`. */
function differentiable<Out extends Tensor>(inputs: Tensor[], forward: (inputs: Tensor[], save: Save) => { value: Out, gradFunc: (dy: Out, saved: Tensor[]) => Tensor | Tensor[] }): Out {
  return tf.customGrad((...args: unknown[]) => forward(args.slice(0, -1) as Tensor[], args.at(-1) as Save))(...inputs) as Out
}

/**
 * Convolution, channels last.
 *
 * @param x       f32 [batch, height, width, in]
 * @param filter  f32 [height, width, in, out]
 * @param window
 * @param window.stride
 * @param window.padding  same pads as TensorFlow does: the odd row and column at the end
 */
export function conv2d(x: Tensor, filter: Tensor, { stride = 1, padding = 'same' }: Window = {}): Tensor4D {
  return tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, padding)
}

/** Convolution of each channel by itself: f32 [batch, height, width, channels], filter f32 [height, width, channels, 1]. */
export function depthwiseConv2d(x: Tensor, filter: Tensor, { stride = 1, padding = 'same' }: Window = {}): Tensor4D {
  return tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, stride, padding)
}

/** Largest value of each window of `size` pixels; the stride is the size unless given. f32 [batch, height, width, channels]. */
export function maxPool(x: Tensor, { size, stride = size, padding = 'same' }: Window & { size: number | [number, number] }): Tensor4D {
  return tf.maxPool(x as Tensor4D, size, stride, padding)
}

/** max(x, 0). */
export function relu<T extends Tensor>(x: T): T {
  return differentiable([x], ([x], save) => {
    const y = nativeOp<T>('Relu', [x!])
    save([y])
    return {
      value: y,
      gradFunc: (dy, [y]) => nativeOp('ReluGrad', [dy, y!]),
    }
  })
}

/** min(max(x + 3, 0), 6) / 6: a sigmoid of straight lines (Howard et al. 2019, Section 5.2). */
export function hardSigmoid<T extends Tensor>(x: T): T {
  return differentiable([x], ([x], save) => {
    const shifted = tf.add(x!, 3)
    save([shifted])
    return {
      value: tf.mul(nativeOp<T>('Relu6', [shifted]), 1 / 6),
      gradFunc: (dy, [shifted]) => nativeOp('Relu6Grad', [tf.mul(dy, 1 / 6), shifted!]),
    }
  })
}

/** x hardSigmoid(x) (Howard et al. 2019, Section 5.2). */
export function hardSwish<T extends Tensor>(x: T): T {
  return differentiable([x], ([x], save) => {
    const shifted = tf.add(x!, 3)
    const sixfold = nativeOp('Relu6', [shifted])
    save([x!, shifted, sixfold])
    return {
      value: tf.mul(tf.mul(x!, sixfold), 1 / 6) as T,
      gradFunc: (dy, [x, shifted, sixfold]) => {
        const part = tf.mul(dy, 1 / 6)
        return tf.add(tf.mul(part, sixfold!), nativeOp('Relu6Grad', [tf.mul(part, x!), shifted!]))
      },
    }
  })
}

/** x where positive, else exp(x) - 1 (Clevert et al. 2016, alpha 1). */
export function elu<T extends Tensor>(x: T): T {
  return differentiable([x], ([x], save) => {
    const y = nativeOp<T>('Elu', [x!])
    save([y])
    return {
      value: y,
      gradFunc: (dy, [y]) => nativeOp('EluGrad', [dy, y!]),
    }
  })
}

/** x + bias along the last axis: f32 [..., n] + f32 [n]. */
export function biasAdd<T extends Tensor>(x: T, bias: Tensor): T {
  const layout = [
    nativeAttr.string('data_format', 'NHWC'),
  ]
  return differentiable([x, bias], ([x, bias]) => ({
    value: nativeOp<T>('BiasAdd', [x!, bias!], layout),
    gradFunc: dy => [
      dy,
      nativeOp('BiasAddGrad', [dy], layout),
    ],
  }))
}

/** Matrix product of two matrices, each transposed first if asked. tf.matMul takes TensorFlow's batched product, slower by an eighth of a step. */
export function matMul(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor2D {
  return differentiable([a, b], ([a, b], save) => {
    save([a!, b!])
    return {
      value: product(a!, b!, transposeA, transposeB),
      gradFunc: (dy, [a, b]) => productGradients(dy, a!, b!, transposeA, transposeB),
    }
  })
}

function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor2D {
  return nativeOp<Tensor2D>('MatMul', [a, b], [
    nativeAttr.bool('transpose_a', transposeA),
    nativeAttr.bool('transpose_b', transposeB),
  ])
}

/** y = A B: dA = dy B', dB = A' dy, each transposed again where its factor was. */
function productGradients(dy: Tensor, a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor[] {
  const da = transposeA
    ? product(b, dy, transposeB, true)
    : product(dy, b, false, !transposeB)
  const db = transposeB
    ? product(dy, a, true, transposeA)
    : product(a, dy, !transposeA, false)
  return [da, db]
}

/**
 * Cross-entropy of each row against its class: -log softmax(logits)[label]. The gradient goes to the logits.
 *
 * @param logits  f32 [batch, classes]
 * @param labels  i32 [batch], each in [0, classes)
 * @returns f32 [batch]
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor1D {
  return differentiable([logits], ([logits], save) => {
    const [loss, slope] = nativeOps('SparseSoftmaxCrossEntropyWithLogits', [logits!, labels], [
      nativeAttr.type('Tlabels', 'int32'),
    ], 2)
    save([slope!])
    return {
      value: loss as Tensor1D,
      gradFunc: (dy, [slope]) => tf.mul(slope!, tf.expandDims(dy, 1)),
    }
  })
}
