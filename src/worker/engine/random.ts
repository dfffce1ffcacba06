import type { TFEOpAttr } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js'
import type { Tensor } from './tf.ts'
import { backend, tf } from './tf.ts'

/** Streams start far apart, so that seeds that follow each other do not meet them (2^32 divided by the golden ratio, as int32). */
const streamStride = -1_640_531_535

/**
 * Uniform numbers in [0, 1), a function of seed and stream alone: equal seeds give equal numbers, in a resumed run too.
 * No gradient flows through random numbers.
 *
 * @param shape
 * @param seed    int32 [2], e.g. `feeds.seed`
 * @param stream  another number for each use within one step, or two uses give the same numbers
 */
export function uniform(shape: readonly number[], seed: Tensor, stream: number): Tensor {
  return stateless('StatelessRandomUniform', shape, seed, stream)
}

/** Normal numbers of mean 0 and standard deviation 1; otherwise as `uniform`. */
export function normal(shape: readonly number[], seed: Tensor, stream: number): Tensor {
  return stateless('StatelessRandomNormal', shape, seed, stream)
}

/**
 * Dropout: each number becomes 0 with probability `rate`, the others are divided by 1 - rate (Srivastava et al. 2014, inverted).
 *
 * @param x
 * @param rate    in [0, 1)
 * @param seed    int32 [2], e.g. `feeds.seed`
 * @param stream  another number for each dropout of one step
 */
export function dropout<T extends Tensor>(x: T, rate: number, seed: Tensor, stream: number): T {
  if (rate === 0)
    return x
  return tf.tidy(() => tf.mul(x, dropoutFactors(x.shape, rate, seed, stream)) as T)
}

function dropoutFactors(shape: readonly number[], rate: number, seed: Tensor, stream: number): Tensor {
  const kept = tf.cast(tf.greaterEqual(uniform(shape, seed, stream), rate), 'float32')
  return tf.mul(kept, 1 / (1 - rate))
}

/** Dropout for models side by side: what has the same shape, rate and stream is dropped alike, drawn once, and the same as each alone would drop. */
export function sharedDropout(): typeof dropout {
  const drawn = new Map<string, Tensor>()
  return <T extends Tensor>(x: T, rate: number, seed: Tensor, stream: number): T => {
    if (rate === 0)
      return x
    const id = JSON.stringify([x.shape, rate, stream])
    const factors = drawn.get(id) ?? dropoutFactors(x.shape, rate, seed, stream)
    drawn.set(id, factors)
    return tf.mul(x, factors) as T
  }
}

function stateless(op: string, shape: readonly number[], seed: Tensor, stream: number): Tensor {
  const { binding } = backend
  const type = (name: string, value: number): TFEOpAttr => ({ name, type: binding.TF_ATTR_TYPE, value })
  return tf.tidy(() => {
    const mixed = tf.add(seed, tf.tensor1d([
      Math.imul(stream, streamStride),
      0,
    ], 'int32'))
    return backend.executeSingleOutput(op, [
      type('dtype', binding.TF_FLOAT),
      type('T', binding.TF_INT32),
      type('Tseed', binding.TF_INT32),
    ], [
      tf.tensor1d([...shape], 'int32'),
      mixed,
    ])
  })
}
