import type { z } from 'zod'
import type { StudentConfig } from '#shared/stages/distil.ts'
import type { Tensor, Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import type { Layer } from './networks/network.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { batchNorm, batchNormInference, biasAdd, conv2d, depthwiseConv2d, matMul } from '#worker/engine/fused.ts'
import { tf } from '#worker/engine/tf.ts'
import { networks } from './networks/index.ts'

export type StudentShape = Pick<z.output<typeof StudentConfig>, 'network' | 'width' | 'input'>
type Variables = Record<string, Tensor>

const epsilon = 1e-5
/** Part of the moving statistics that one step replaces, as in torchvision. */
const movingPart = 0.1

/** Numbers the backbone gives per face: 216 of resnet18 at width 27. */
export function featureSize({ network, width }: Pick<StudentShape, 'network' | 'width'>): number {
  return networks[network].features(width)
}

/**
 * First values of a backbone. Convolutions normal with variance 2 / (k k outputs) (He et al. 2015, fan out, as torchvision), of depthwise
 * ones 2 / (k k), dense layers normal with variance 1 / inputs, scales 1 unless the architecture says otherwise.
 * `NAME/mean` and `NAME/variance` are moving statistics, moved by `updates` and not by gradients.
 */
export function backboneVariables({ network, width }: Pick<StudentShape, 'network' | 'width'>, seed: number): Record<string, TensorData> {
  const random = seededRandom(seed)
  const normal = (spread: number, ...shape: number[]): TensorData => ({
    dtype: 'float32',
    shape,
    data: Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, () => random.normal() * spread),
  })
  return Object.assign({}, ...networks[network].layers(width).map(layer => firstValues(layer, normal)))
}

function firstValues(layer: Layer, normal: (spread: number, ...shape: number[]) => TensorData): Record<string, TensorData> {
  const { name } = layer
  switch (layer.kind) {
    case 'convolution': {
      const { side, inputs, outputs, firstScale = 1 } = layer
      return { [`${name}/filter`]: normal(Math.sqrt(2 / (side * side * outputs)), side, side, inputs, outputs), ...normValues(name, outputs, firstScale) }
    }
    case 'depthwise': {
      const { side, channels } = layer
      return { [`${name}/filter`]: normal(Math.sqrt(2 / (side * side)), side, side, channels, 1), ...normValues(name, channels, 1) }
    }
    case 'dense': {
      const { inputs, outputs } = layer
      return { [`${name}/weight`]: normal(Math.sqrt(1 / inputs), inputs, outputs), [`${name}/bias`]: filled(outputs, 0) }
    }
    default: return layer satisfies never
  }
}

function normValues(name: string, channels: number, scale: number): Record<string, TensorData> {
  return {
    [`${name}/scale`]: filled(channels, scale),
    [`${name}/offset`]: filled(channels, 0),
    [`${name}/mean`]: filled(channels, 0),
    [`${name}/variance`]: filled(channels, 1),
  }
}

function filled(size: number, value: number): TensorData {
  return { dtype: 'float32', shape: [size], data: new Float32Array(size).fill(value) }
}

/** First values of the linear layer on top: `embedding/weight` [features, size], `embedding/bias`. Normal with variance 1 / features. */
export function embeddingVariables(shape: Pick<StudentShape, 'network' | 'width'>, size: number, seed: number): Record<string, TensorData> {
  const random = seededRandom(seed)
  const features = featureSize(shape)
  const spread = Math.sqrt(1 / features)
  return {
    'embedding/weight': {
      dtype: 'float32',
      shape: [features, size],
      data: Float32Array.from({ length: features * size }, () => random.normal() * spread),
    },
    'embedding/bias': filled(size, 0),
  }
}

/** The student: backbone and linear layer. resnet18 at width 27 with 1024 outputs has 2,216,023 trainable parameters, the paper's 2.2 M. */
export function studentVariables(shape: Pick<StudentShape, 'network' | 'width'>, size: number, seed: number): Record<string, TensorData> {
  return {
    ...backboneVariables(shape, seed),
    ...embeddingVariables(shape, size, seed + 1),
  }
}

/** Names of a network's moving statistics: no gradient moves them. */
export function isMoving(name: string): boolean {
  return name.endsWith('/mean') || name.endsWith('/variance')
}

export function trainableNames(variables: Record<string, TensorData>): string[] {
  return Object.keys(variables).filter(name => !isMoving(name))
}

export function countParameters(variables: Record<string, TensorData>): number {
  return trainableNames(variables).reduce((sum, name) => sum + variables[name]!.data.length, 0)
}

/** What a forward pass in training gives: features, and the new moving statistics by variable. */
export interface TrainedFeatures { features: Tensor2D, updates: Record<string, Tensor> }

/**
 * Backbone, f32 [n, side, side, 3] of 0..255 -> f32 [n, features], batch statistics.
 */
export function trainBackbone(pixels: Tensor4D, variables: Variables, shape: StudentShape): TrainedFeatures {
  const updates: Record<string, Tensor> = {}
  const move = (name: string, value: Tensor): void => {
    updates[name] = tf.add(tf.mul(variables[name]!, 1 - movingPart), tf.mul(value, movingPart))
  }
  const features = backbone(pixels, variables, shape, (x, name) => {
    const { y, mean, variance } = batchNorm(x, variables[`${name}/scale`]!, variables[`${name}/offset`]!, { epsilon })
    move(`${name}/mean`, mean)
    move(`${name}/variance`, variance)
    return y
  })
  return { features, updates }
}

/** Backbone with its moving statistics, f32 [n, side, side, 3] of 0..255 -> f32 [n, features]. */
export function runBackbone(pixels: Tensor4D, variables: Variables, shape: StudentShape): Tensor2D {
  return backbone(pixels, variables, shape, (x, name) => {
    const of = (part: string): Tensor => variables[`${name}/${part}`]!
    return batchNormInference(x, of('scale'), of('offset'), of('mean'), of('variance'), { epsilon })
  })
}

/**
 * Weights with each batch norm folded into the filter before it: `NAME/filter` and `NAME/bias` where there were a filter and a norm
 * with moving statistics, all else as it was. (x * f - mean) s / sqrt(variance + epsilon) + offset is a convolution with a bias.
 */
export function foldNorms(tensors: Record<string, TensorData>): Record<string, TensorData> {
  const parts = new Set(['scale', 'offset', 'mean', 'variance'])
  return Object.fromEntries(Object.entries(tensors).flatMap(([name, tensor]): [string, TensorData][] => {
    const [layer, part] = [name.slice(0, name.lastIndexOf('/')), name.slice(name.lastIndexOf('/') + 1)]
    if (part !== 'filter')
      return parts.has(part) ? [] : [[name, tensor]]
    const of = (part: string): TensorData['data'] => tensors[`${layer}/${part}`]!.data
    const factors = Float64Array.from(of('scale'), (scale, i) => scale / Math.sqrt(of('variance')[i]! + epsilon))
    const bias = Float32Array.from(factors, (factor, i) => of('offset')[i]! - of('mean')[i]! * factor)
    return [
      // channels are the last side, of depthwise filters [height, width, channels, 1] too
      [name, { ...tensor, data: Float32Array.from(tensor.data, (value, i) => value * factors[i % factors.length]!) }],
      [`${layer}/bias`, { dtype: 'float32', shape: [factors.length], data: bias }],
    ]
  }))
}

/**
 * `runBackbone` on the weights of `foldNorms`, in ops that leave the batch size open: for graphs that other programs run.
 * Training and our own inference see fixed shapes, where batch norm on aligned lanes is faster.
 */
export function runFoldedBackbone(pixels: Tensor4D, variables: Variables, shape: StudentShape): Tensor2D {
  return backbone(pixels, variables, shape, (x, name) => biasAdd(x, variables[`${name}/bias`]!))
}

/** features -> the student's embedding, f32 [n, features] -> f32 [n, size]. */
export function embed(features: Tensor2D, variables: Variables): Tensor2D {
  return biasAdd(matMul(features, variables['embedding/weight']!), variables['embedding/bias']!)
}

function backbone(pixels: Tensor4D, variables: Variables, { network, width }: StudentShape, normalizeLayer: (x: Tensor4D, name: string) => Tensor4D): Tensor2D {
  // Any fixed shift and scale will do: batch norm follows. About ±2 keeps the first step's gradients of common size.
  const x = tf.mul(tf.sub(pixels, 127.5), 1 / 64) as Tensor4D
  return networks[network].run(x, {
    convolution: (x, name, stride = 1) => normalizeLayer(conv2d(x, variables[`${name}/filter`]!, { stride }), name),
    depthwise: (x, name, stride = 1) => normalizeLayer(depthwiseConv2d(x, variables[`${name}/filter`]!, { stride }), name),
    dense: (x, name) => biasAdd(matMul(x, variables[`${name}/weight`]!), variables[`${name}/bias`]!),
  }, width)
}
