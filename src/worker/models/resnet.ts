import type { z } from 'zod'
import type { StudentConfig } from '#shared/stages/distil.ts'
import type { Tensor, Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { batchNorm, batchNormInference, biasAdd, conv2d, matMul, maxPool, relu } from '#worker/engine/fused.ts'
import { tf } from '#worker/engine/tf.ts'

export type StudentShape = Pick<z.output<typeof StudentConfig>, 'network' | 'width' | 'input'>
type Variables = Record<string, Tensor>

const epsilon = 1e-5
/** Part of the moving statistics that one step replaces, as in torchvision. */
const movingPart = 0.1

/** One basic block (He et al. 2016): two 3x3 convolutions and a shortcut, projected where the shape changes. */
interface Block { name: string, inputs: number, outputs: number, stride: number }

function blocksOf(width: number): Block[] {
  const blocks: Block[] = []
  let inputs = width
  for (let stage = 0; stage < 4; stage++) {
    const outputs = width * 2 ** stage
    for (let i = 0; i < 2; i++) {
      blocks.push({
        name: `stage${stage}/block${i}`,
        inputs,
        outputs,
        stride: stage > 0 && i === 0
          ? 2
          : 1,
      })
      inputs = outputs
    }
  }
  return blocks
}

/** Numbers the backbone gives per face: 216 at width 27. */
export function featureSize({ width }: Pick<StudentShape, 'width'>): number {
  return width * 8
}

/**
 * First values of ResNet-18's backbone. Convolutions normal with variance 2 / (k k outputs) (He et al. 2015, fan out, as torchvision),
 * scales 1 but for the last of each block, which is 0: each block starts as its shortcut (Goyal et al. 2017).
 * `NAME/mean` and `NAME/variance` are moving statistics, moved by `updates` and not by gradients.
 */
export function backboneVariables({ width }: StudentShape, seed: number): Record<string, TensorData> {
  const random = seededRandom(seed)
  const variables: Record<string, TensorData> = {}
  const constant = (size: number, value: number): TensorData => ({
    dtype: 'float32',
    shape: [size],
    data: new Float32Array(size).fill(value),
  })
  const addLayer = (name: string, side: number, inputs: number, outputs: number, scale = 1): void => {
    const spread = Math.sqrt(2 / (side * side * outputs))
    variables[`${name}/filter`] = {
      dtype: 'float32',
      shape: [side, side, inputs, outputs],
      data: Float32Array.from({ length: side * side * inputs * outputs }, () => random.normal() * spread),
    }
    variables[`${name}/scale`] = constant(outputs, scale)
    variables[`${name}/offset`] = constant(outputs, 0)
    variables[`${name}/mean`] = constant(outputs, 0)
    variables[`${name}/variance`] = constant(outputs, 1)
  }
  addLayer('stem', 7, 3, width)
  for (const { name, inputs, outputs, stride } of blocksOf(width)) {
    addLayer(`${name}/first`, 3, inputs, outputs)
    addLayer(`${name}/second`, 3, outputs, outputs, 0)
    if (stride !== 1 || inputs !== outputs)
      addLayer(`${name}/shortcut`, 1, inputs, outputs)
  }
  return variables
}

/** First values of the linear layer on top: `embedding/weight` [features, size], `embedding/bias`. Normal with variance 1 / features. */
export function embeddingVariables(shape: Pick<StudentShape, 'width'>, size: number, seed: number): Record<string, TensorData> {
  const random = seededRandom(seed)
  const features = featureSize(shape)
  const spread = Math.sqrt(1 / features)
  return {
    'embedding/weight': {
      dtype: 'float32',
      shape: [features, size],
      data: Float32Array.from({ length: features * size }, () => random.normal() * spread),
    },
    'embedding/bias': {
      dtype: 'float32',
      shape: [size],
      data: new Float32Array(size),
    },
  }
}

/** The student: backbone and linear layer. At width 27 and 1024 outputs it has 2,216,023 trainable parameters, the paper's 2.2 M. */
export function studentVariables(shape: StudentShape, size: number, seed: number): Record<string, TensorData> {
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
 * Backbone, f32 [n, side, side, 3] of 0..255 -> f32 [n, 8 width], batch statistics.
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

/** Backbone with its moving statistics, f32 [n, side, side, 3] of 0..255 -> f32 [n, 8 width]. */
export function runBackbone(pixels: Tensor4D, variables: Variables, shape: StudentShape): Tensor2D {
  return backbone(pixels, variables, shape, (x, name) => {
    const of = (part: string): Tensor => variables[`${name}/${part}`]!
    return batchNormInference(x, of('scale'), of('offset'), of('mean'), of('variance'), { epsilon })
  })
}

/**
 * `runBackbone` in ops that leave the batch size open, each batch norm as one scale and one offset: for graphs that other programs run.
 * Training and our own inference see fixed shapes, where batch norm on aligned lanes is faster.
 */
export function runPortableBackbone(pixels: Tensor4D, variables: Variables, shape: StudentShape): Tensor2D {
  return backbone(pixels, variables, shape, (x, name) => {
    const of = (part: string): Tensor => variables[`${name}/${part}`]!
    const scale = tf.mul(of('scale'), tf.rsqrt(tf.add(of('variance'), epsilon)))
    return tf.add(tf.mul(x, scale), tf.sub(of('offset'), tf.mul(of('mean'), scale)))
  })
}

/** features -> the student's h_G, f32 [n, 8 width] -> f32 [n, size]. */
export function embed(features: Tensor2D, variables: Variables): Tensor2D {
  return biasAdd(matMul(features, variables['embedding/weight']!), variables['embedding/bias']!)
}

function backbone(pixels: Tensor4D, variables: Variables, { width }: StudentShape, normalizeLayer: (x: Tensor4D, name: string) => Tensor4D): Tensor2D {
  const layer = (x: Tensor4D, name: string, stride: number): Tensor4D =>
    normalizeLayer(conv2d(x, variables[`${name}/filter`]!, { stride }), name)
  // Any fixed shift and scale will do: batch norm follows. About ±2 keeps the first step's gradients of common size.
  let x = tf.mul(tf.sub(pixels, 127.5), 1 / 64) as Tensor4D
  x = maxPool(relu(layer(x, 'stem', 2)), { size: 3, stride: 2 })
  for (const { name, stride } of blocksOf(width)) {
    const y = layer(relu(layer(x, `${name}/first`, stride)), `${name}/second`, 1)
    const shortcut = variables[`${name}/shortcut/filter`]
      ? layer(x, `${name}/shortcut`, stride)
      : x
    x = relu(tf.add(y, shortcut) as Tensor4D)
  }
  return tf.mean(x, [1, 2]) as Tensor2D
}
