import type { Tensor, Tensor1D } from './tf.ts'
import { sizeOf } from './dtypes.ts'
import { nativeAttr, nativeOps } from './native.ts'
import { tf } from './tf.ts'

/** Normalised values and the batch's statistics over all axes but the last. `variance` is the unbiased one, which moving averages keep. */
export interface BatchNormResult<T extends Tensor> { y: T, mean: Tensor1D, variance: Tensor1D }

/** oneDNN's batch norm is fast for channels in multiples of this many floats. */
const alignedChannels = 16

/**
 * Batch normalisation in training (Ioffe and Szegedy 2015, Algorithm 1): y = (x - mean) / sqrt(variance + epsilon) * scale + offset,
 * with the batch's own mean and (biased) variance per channel. The gradient flows through both statistics to x, scale and offset, not out of the returned ones.
 *
 * @param x       f32 [..., channels]
 * @param scale   f32 [channels]
 * @param offset  f32 [channels]
 * @param options
 * @param options.epsilon
 */
export function batchNorm<T extends Tensor>(x: T, scale: Tensor, offset: Tensor, { epsilon = 1e-5 }: { epsilon?: number } = {}): BatchNormResult<T> {
  const view = lanesOf(x.shape)
  return tf.tidy(() => (view.copies === 1
    ? fusedBatchNorm(x, scale, offset, epsilon)
    : alignedBatchNorm(x, scale, offset, epsilon, view)) as never)
}

/**
 * Batch normalisation with given statistics, as after training. Gradients to x, scale and offset.
 *
 * @param x         f32 [..., channels]
 * @param scale     f32 [channels]
 * @param offset    f32 [channels]
 * @param mean      f32 [channels]
 * @param variance  f32 [channels]
 * @param options
 * @param options.epsilon
 */
export function batchNormInference<T extends Tensor>(x: T, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor, { epsilon = 1e-5 }: { epsilon?: number } = {}): T {
  const view = lanesOf(x.shape)
  return tf.customGrad((...args: unknown[]) => {
    const [x, scale, offset, save] = args as [T, Tensor, Tensor, (tensors: Tensor[]) => void]
    save([x, scale, mean, variance])
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [x, scale, mean, variance] = saved as [T, Tensor, Tensor, Tensor]
      const { dx, dScale, dOffset } = normalizeGradient(dy, x, scale, mean, variance, epsilon, view)
      return [
        tf.reshape(dx, x.shape),
        dScale,
        dOffset,
      ]
    }
    return {
      value: tf.reshape(normalize(x, scale, offset, mean, variance, epsilon, view), x.shape),
      gradFunc,
    }
  })(x, scale, offset) as T
}

/** The same numbers seen as rows of `copies` neighbouring positions: [rows, copies * channels]. */
interface Lanes { positions: number, channels: number, copies: number, rows: number, width: number }

/** Fewest copies that make a row a multiple of 16 floats; 1 where it is one already or the positions do not divide. */
function lanesOf(shape: readonly number[]): Lanes {
  const channels = shape.at(-1)!
  const positions = sizeOf(shape) / channels
  let copies = 1
  while (copies * channels % alignedChannels !== 0)
    copies *= 2
  if (positions % copies !== 0)
    copies = 1
  return {
    positions,
    channels,
    copies,
    rows: positions / copies,
    width: copies * channels,
  }
}

function attributes(epsilon: number, isTraining: boolean) {
  return [
    nativeAttr.type('U', 'float32'),
    nativeAttr.float('epsilon', epsilon),
    nativeAttr.string('data_format', 'NHWC'),
    nativeAttr.bool('is_training', isTraining),
  ]
}
function forwardAttributes(epsilon: number, isTraining: boolean) {
  return [
    ...attributes(epsilon, isTraining),
    nativeAttr.float('exponential_avg_factor', 1),
  ]
}

function imageOf(x: Tensor, { rows, width }: Lanes) {
  return tf.reshape(x, [
    1,
    1,
    rows,
    width,
  ])
}

/** One value per channel -> one per lane. */
function spread(values: Tensor, { channels, copies, width }: Lanes): Tensor {
  return copies === 1
    ? values
    : tf.reshape(tf.tile(tf.reshape(values, [1, channels]), [copies, 1]), [width])
}

/** Sums per lane -> sums per channel. */
function fold(values: Tensor, { channels, copies }: Lanes): Tensor {
  return copies === 1
    ? values
    : tf.sum(tf.reshape(values, [copies, channels]), 0)
}

/** (x - mean) / sqrt(variance + epsilon) * scale + offset on the lanes. */
function normalize(x: Tensor, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor, epsilon: number, view: Lanes): Tensor {
  const perLane = [
    scale,
    offset,
    mean,
    variance,
  ].map(each => spread(each, view))
  return nativeOps('FusedBatchNormV3', [
    imageOf(x, view),
    ...perLane,
  ], forwardAttributes(epsilon, false), 6)[0]!
}

/** Gradients of `normalize` with mean and variance held constant. */
function normalizeGradient(dy: Tensor, x: Tensor, scale: Tensor, mean: Tensor, variance: Tensor, epsilon: number, view: Lanes) {
  const inverse = tf.rsqrt(tf.add(variance, epsilon))
  const D = tf.reshape(dy, [view.rows, view.width])
  const X = tf.reshape(x, [view.rows, view.width])
  const dOffset = fold(tf.sum(D, 0), view)
  const dScale = tf.mul(tf.sub(fold(tf.sum(tf.mul(D, X), 0), view), tf.mul(mean, dOffset)), inverse)
  return {
    dx: tf.mul(D, spread(tf.mul(scale, inverse), view)),
    dScale,
    dOffset,
  }
}

/** TensorFlow's own training op: everything in one pass. */
function fusedBatchNorm(x: Tensor, scale: Tensor, offset: Tensor, epsilon: number): BatchNormResult<Tensor> {
  const shape = x.shape
  const view = lanesOf(shape)
  const image = (tensor: Tensor) => shape.length === 4
    ? tensor
    : tf.reshape(tensor, [
        1,
        1,
        view.positions,
        view.channels,
      ])
  const none = tf.tensor1d([], 'float32')
  const [y, mean, variance, ...reserve] = nativeOps('FusedBatchNormV3', [
    image(x),
    scale,
    offset,
    none,
    none,
  ], forwardAttributes(epsilon, true), 6)
  const differentiable = tf.customGrad((...args: unknown[]) => {
    const [x, scale, , save] = args as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void]
    save([x, scale, ...reserve])
    const gradFunc = (dy: Tensor, [x, scale, ...reserve]: Tensor[]) => {
      const [dx, dScale, dOffset] = nativeOps('FusedBatchNormGradV3', [
        image(dy),
        image(x!),
        scale!,
        ...reserve,
      ], attributes(epsilon, true), 5)
      return [
        tf.reshape(dx!, shape),
        dScale!,
        dOffset!,
      ]
    }
    return {
      value: tf.reshape(y!, shape),
      gradFunc,
    }
  })
  return {
    y: differentiable(x, scale, offset),
    mean: mean as Tensor1D,
    variance: variance as Tensor1D,
  }
}

/**
 * The same on rows of 16, 8, 4 or 2 positions, where channels are no multiple of 16 (a student of width 27 has 27, 54, 108, 216): five times as fast there.
 * Statistics per lane come from the training op and are folded to channels.
 */
function alignedBatchNorm(x: Tensor, scale: Tensor, offset: Tensor, epsilon: number, view: Lanes): BatchNormResult<Tensor> {
  const { mean, variance } = statistics(x, epsilon, view)
  const y = tf.customGrad((...args: unknown[]) => {
    const [x, scale, offset, save] = args as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void]
    save([
      x,
      scale,
      mean,
      variance,
    ])
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [x, scale, mean, variance] = saved as [Tensor, Tensor, Tensor, Tensor]
      return throughStatistics(dy, x, scale, mean, variance, epsilon, view)
    }
    return {
      value: tf.reshape(normalize(x, scale, offset, mean, variance, epsilon, view), x.shape),
      gradFunc,
    }
  })(x, scale, offset)
  return {
    y,
    mean: mean as Tensor1D,
    variance: tf.mul(variance, view.positions / Math.max(1, view.positions - 1)) as Tensor1D,
  }
}

/** Mean and biased variance per channel. */
function statistics(x: Tensor, epsilon: number, view: Lanes) {
  const none = tf.tensor1d([], 'float32')
  const [, laneMean, laneVariance] = nativeOps('FusedBatchNormV3', [
    imageOf(x, view),
    tf.fill([view.width], 1),
    tf.fill([view.width], 0),
    none,
    none,
  ], forwardAttributes(epsilon, true), 6)
  const byCopy = (values: Tensor) => tf.reshape(values, [view.copies, view.channels])
  const means = byCopy(laneMean!)
  // The op's variance is unbiased; one row alone has none.
  const variances = byCopy(tf.mul(laneVariance!, (view.rows - 1) / view.rows))
  const mean = tf.mean(means, 0)
  // Law of total variance; the means of lanes lie close together, so nothing cancels.
  const variance = tf.add(tf.mean(variances, 0), tf.mean(tf.squaredDifference(means, mean), 0))
  return { mean, variance }
}

/**
 * The training op's gradient on the lanes with the channels' own statistics takes both sums in one pass, but holds each lane's means
 * where the channel's belong: dx = a (dy - mean(dy) - xhat mean(dy xhat)), a = scale / sqrt(variance + epsilon). What differs is
 * linear in xhat, per lane, so one normalisation of x puts it right.
 */
function throughStatistics(dy: Tensor, x: Tensor, scale: Tensor, mean: Tensor, variance: Tensor, epsilon: number, view: Lanes): Tensor[] {
  const [laneScale, laneMean, laneVariance] = [
    scale,
    mean,
    variance,
  ].map(each => spread(each, view))
  const [laneDx, laneDScale, laneDOffset] = nativeOps('FusedBatchNormGradV3', [
    imageOf(dy, view),
    imageOf(x, view),
    laneScale!,
    laneMean!,
    laneVariance!,
    tf.tensor1d([], 'float32'),
  ], attributes(epsilon, true), 5)
  const dScale = fold(laneDScale!, view)
  const dOffset = fold(laneDOffset!, view)
  const a = tf.mul(laneScale!, tf.rsqrt(tf.add(laneVariance!, epsilon)))
  const excess = (lane: Tensor, channel: Tensor): Tensor => tf.mul(a, tf.sub(tf.mul(lane, 1 / view.rows), tf.mul(spread(channel, view), 1 / view.positions)))
  const [correction] = nativeOps('FusedBatchNormV3', [
    imageOf(x, view),
    excess(laneDScale!, dScale),
    excess(laneDOffset!, dOffset),
    laneMean!,
    laneVariance!,
  ], forwardAttributes(epsilon, false), 6)
  return [
    tf.reshape(tf.add(laneDx!, correction!), x.shape),
    dScale,
    dOffset,
  ]
}
