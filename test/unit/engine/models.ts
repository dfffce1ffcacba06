import type { FeedDeclarations, StepFeeds, StepResult } from '#worker/engine/compile.ts'
import type { Tensor } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import { batchNorm, biasAdd, conv2d, elu, matMul, maxPool, relu } from '#worker/engine/fused.ts'
import { dropout } from '#worker/engine/random.ts'
import { tf } from '#worker/engine/tf.ts'
import { filled, noise } from './numbers.ts'

export interface SmallModel {
  feeds: FeedDeclarations
  variables: Record<string, TensorData>
  step: (feeds: StepFeeds<Record<string, Tensor>>, variables: Record<string, Tensor>) => StepResult
  batch: (number: number) => Record<string, Float32Array | Uint8Array>
}

/** A residual network of two blocks on 16x16 bytes, width 6 (so that batch norm goes by lanes), with moving means and 1 - cosine as its loss. */
export function smallResnet(): SmallModel {
  const variables: Record<string, TensorData> = {}
  const conv = (name: string, size: number, from: number, to: number) => {
    variables[`${name}.filter`] = noise([
      size,
      size,
      from,
      to,
    ], Object.keys(variables).length + 1, 0.5)
    variables[`${name}.scale`] = filled([to], 1)
    variables[`${name}.offset`] = filled([to], 0)
    variables[`${name}.mean`] = filled([to], 0)
  }
  conv('stem', 3, 3, 6)
  conv('a', 3, 6, 6)
  conv('b', 3, 6, 12)
  conv('skip', 1, 6, 12)
  variables['out.weight'] = noise([12, 5], 99, 0.5)
  variables['out.bias'] = filled([5], 0)
  return {
    variables,
    feeds: {
      x: {
        shape: [
          4,
          16,
          16,
          3,
        ],
        dtype: 'uint8',
      },
      target: {
        shape: [4, 5],
        dtype: 'float32',
      },
    },
    batch: number => ({
      x: Uint8Array.from(noise([4 * 16 * 16 * 3], number + 1).data, value => Math.floor((value + 1) * 127.9)),
      target: noise([20], number + 7).data,
    }),
    step: ({ x, target }, v) => {
      const updates: Record<string, Tensor> = {}
      const block = (x: Tensor, name: string, stride: number) => {
        const { y, mean } = batchNorm(conv2d(x, v[`${name}.filter`]!, { stride }), v[`${name}.scale`]!, v[`${name}.offset`]!)
        updates[`${name}.mean`] = tf.add(tf.mul(v[`${name}.mean`]!, 0.9), tf.mul(mean, 0.1))
        return y
      }
      let h: Tensor = maxPool(relu(block(tf.div(x!, 255), 'stem', 1)), { size: 3, stride: 2 })
      h = relu(tf.add(block(h, 'a', 1), h))
      h = relu(tf.add(block(h, 'b', 2), block(h, 'skip', 2)))
      const out = biasAdd(matMul(tf.mean(h, [1, 2]), v['out.weight']!), v['out.bias']!)
      const dot = tf.sum(tf.mul(out, target!), 1)
      const cosine = tf.div(dot, tf.mul(tf.norm(out, 2, 1), tf.norm(target!, 2, 1)))
      return {
        loss: tf.mean(tf.sub(1, cosine)),
        metrics: {
          cosine: tf.mean(cosine),
        },
        updates,
      }
    },
  }
}

/** An autoencoder 20-12-6-12-20 with dropout after its first layer. */
export function smallAutoencoder(): SmallModel {
  const widths = [
    20,
    12,
    6,
    12,
    20,
  ]
  const variables: Record<string, TensorData> = {}
  widths.slice(1).forEach((width, i) => {
    variables[`${i}.weight`] = noise([widths[i]!, width], i + 1, 0.4)
    variables[`${i}.bias`] = filled([width], 0)
  })
  return {
    variables,
    feeds: {
      x: {
        shape: [8, 20],
        dtype: 'float32',
      },
    },
    batch: number => ({ x: noise([160], number + 1).data }),
    step: ({ x, seed }, v) => {
      let h = x!
      for (let i = 0; i < 4; i++) {
        h = biasAdd(matMul(h, v[`${i}.weight`]!), v[`${i}.bias`]!)
        if (i < 3)
          h = elu(h)
        if (i === 0)
          h = dropout(h, 0.25, seed, 0)
      }
      return {
        loss: tf.mean(tf.squaredDifference(h, x!)),
      }
    },
  }
}
