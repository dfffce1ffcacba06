import type { TensorData } from '#worker/stage.ts'
import type { Layers, Padding } from './layers.ts'
import type { WeightSource } from './tfjs-model.ts'
import { basename } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { readWeights } from './tfjs-model.ts'

/** Weights under the names the networks below use. */
export type NetWeights = Record<string, TensorData>

/** One of face-api's networks up to its embedding. */
export interface FaceApiNet {
  /** Side of the square input; the networks take no other. */
  size: number
  /** What a manifest's embedding.node calls the output. */
  node: string
  weights: NetWeights
  /** normalised pixels [N, size, size, 3] -> the embedding [N, C] or [N, h, w, C] */
  apply: <X>(layers: Layers<X>, x: X, weight: (name: string) => X) => X
}

type Weight<X> = (name: string) => X

/** A full convolution with its bias. */
function convolution<X>(l: Layers<X>, w: Weight<X>, x: X, name: string, stride: number, padding: Padding = 'same'): X {
  return l.addBias(l.convolution(x, w(`${name}/filters`), stride, padding), w(`${name}/bias`))
}

/** A depthwise and a pointwise convolution without their bias. */
function separableWithoutBias<X>(l: Layers<X>, w: Weight<X>, x: X, name: string, stride = 1): X {
  return l.convolution(l.depthwise(x, w(`${name}/depthwise_filter`), stride), w(`${name}/pointwise_filter`), 1, 'same')
}

function separable<X>(l: Layers<X>, w: Weight<X>, x: X, name: string, stride = 1): X {
  return l.addBias(separableWithoutBias(l, w, x, name, stride), w(`${name}/bias`))
}

/** Four densely connected convolutions, the first with stride 2. */
function denseBlock<X>(l: Layers<X>, w: Weight<X>, x: X, name: string, first: boolean): X {
  const y1 = l.relu(first
    ? convolution(l, w, x, `${name}/conv0`, 2)
    : separable(l, w, x, `${name}/conv0`, 2))
  const y2 = separable(l, w, y1, `${name}/conv1`)
  const y3 = separable(l, w, l.relu(l.add(y1, y2)), `${name}/conv2`)
  const y4 = separable(l, w, l.relu(l.add(y1, l.add(y2, y3))), `${name}/conv3`)
  return l.relu(l.add(y1, l.add(y2, l.add(y3, y4))))
}

/** face-api's FaceFeatureExtractor, which its expression and landmark nets share: 112 x 112 -> [N, 256]. */
function faceFeatureExtractor<X>(l: Layers<X>, x: X, w: Weight<X>): X {
  let y = denseBlock(l, w, x, 'dense0', true)
  for (const name of ['dense1', 'dense2', 'dense3'])
    y = denseBlock(l, w, y, name, false)
  return l.mean(y) // its average pool covers the whole 7 x 7
}

/**
 * Xception's blocks add their biases after the sum (a constant passes through the maximum), not before it: TensorFlow's remapper
 * breaks off with an error where sums of convolutions with bias feed both a relu and another sum, and then fuses nothing at all.
 */
function reductionBlock<X>(l: Layers<X>, w: Weight<X>, x: X, name: string, activate: boolean): X {
  const y = separable(l, w, activate
    ? l.relu(x)
    : x, `${name}/separable_conv0`)
  const pooled = l.maxPool(separableWithoutBias(l, w, l.relu(y), `${name}/separable_conv1`), 3, 2, 'same')
  const sum = l.add(pooled, l.convolution(x, w(`${name}/expansion_conv/filters`), 2, 'same'))
  return l.addBias(sum, l.add(w(`${name}/separable_conv1/bias`), w(`${name}/expansion_conv/bias`)))
}

function mainBlock<X>(l: Layers<X>, w: Weight<X>, x: X, name: string): X {
  const y1 = separable(l, w, l.relu(x), `${name}/separable_conv0`)
  const y2 = separable(l, w, l.relu(y1), `${name}/separable_conv1`)
  const y3 = separableWithoutBias(l, w, l.relu(y2), `${name}/separable_conv2`)
  return l.addBias(l.add(y3, x), w(`${name}/separable_conv2/bias`))
}

/** face-api's TinyXception of two main blocks: 112 x 112 -> [N, 7, 7, 512]. */
function tinyXception<X>(l: Layers<X>, x: X, w: Weight<X>): X {
  let y = l.relu(convolution(l, w, x, 'entry_flow/conv_in', 2))
  y = reductionBlock(l, w, y, 'entry_flow/reduction_block_0', false)
  y = reductionBlock(l, w, y, 'entry_flow/reduction_block_1', true)
  for (const block of ['middle_flow/main_block_0', 'middle_flow/main_block_1'])
    y = mainBlock(l, w, y, block)
  y = reductionBlock(l, w, y, 'exit_flow/reduction_block', true)
  return l.relu(separable(l, w, y, 'exit_flow/separable_conv'))
}

/** A residual block of dlib's ResNet; `down` halves the side, pads what the valid convolution loses and doubles channels by zeros. */
function residual<X>(l: Layers<X>, w: Weight<X>, x: X, name: string, down?: { side: number, grow: number }): X {
  const y = l.relu(down
    ? convolution(l, w, x, `${name}/conv1`, 2, 'valid')
    : convolution(l, w, x, `${name}/conv1`, 1))
  const z = convolution(l, w, y, `${name}/conv2`, 1)
  if (!down)
    return l.relu(l.add(z, x))
  const lost = Math.floor(down.side / 2) - (Math.floor((down.side - 3) / 2) + 1)
  const pooled = l.averagePool(x)
  return l.relu(l.add(lost
    ? l.padEnd(z, lost, lost, 0)
    : z, down.grow
    ? l.padEnd(pooled, 0, 0, down.grow)
    : pooled))
}

/** dlib's face recognition ResNet as face-api carries it: 150 x 150 -> [N, 128]. */
function faceRecognition<X>(l: Layers<X>, x: X, w: Weight<X>): X {
  let y = l.relu(convolution(l, w, x, 'conv32_down', 2, 'valid')) // 72
  y = l.maxPool(y, 3, 2, 'valid') // 35
  for (const name of ['conv32_1', 'conv32_2', 'conv32_3'])
    y = residual(l, w, y, name)
  y = residual(l, w, y, 'conv64_down', { side: 35, grow: 32 })
  for (const name of ['conv64_1', 'conv64_2', 'conv64_3'])
    y = residual(l, w, y, name)
  y = residual(l, w, y, 'conv128_down', { side: 17, grow: 64 })
  for (const name of ['conv128_1', 'conv128_2'])
    y = residual(l, w, y, name)
  y = residual(l, w, y, 'conv256_down', { side: 8, grow: 128 })
  for (const name of ['conv256_1', 'conv256_2'])
    y = residual(l, w, y, name)
  y = residual(l, w, y, 'conv256_down_out', { side: 4, grow: 0 })
  return l.matMul(l.mean(y), w('fc'))
}

/** Folds the scale layers of dlib's ResNet into the convolutions before them: (x * f + b) * s + t = x * (f s) + (b s + t). */
function foldScales(source: WeightSource): NetWeights {
  const folded: NetWeights = {
    fc: source.get('fc'),
  }
  for (const name of source.names.filter(each => each.endsWith('/conv/filters')).map(each => each.slice(0, -'/conv/filters'.length))) {
    const filters = source.get(`${name}/conv/filters`)
    const bias = source.get(`${name}/conv/bias`)
    const scale = source.get(`${name}/scale/weights`).data
    const shift = source.get(`${name}/scale/biases`).data
    folded[`${name}/filters`] = {
      ...filters,
      data: Float32Array.from(filters.data, (value, i) => value * scale[i % scale.length]!),
    }
    folded[`${name}/bias`] = {
      ...bias,
      data: Float32Array.from(bias.data, (value, i) => value * scale[i]! + shift[i]!),
    }
  }
  return folded
}

function plainWeights(source: WeightSource): NetWeights {
  return Object.fromEntries(source.names.filter(name => !name.startsWith('fc')).map(name => [
    name,
    source.get(name),
  ]))
}

/** By the stem of the weights manifest's file name. */
const nets: Record<string, Pick<FaceApiNet, 'size' | 'node' | 'apply'> & { read: (source: WeightSource) => NetWeights }> = {
  face_recognition_model: {
    size: 150,
    node: 'faceRecognitionNet',
    apply: faceRecognition,
    read: foldScales,
  },
  face_expression_model: {
    size: 112,
    node: 'faceExpressionNet.faceFeatureExtractor',
    apply: faceFeatureExtractor,
    read: plainWeights,
  },
  face_landmark_68_model: {
    size: 112,
    node: 'faceLandmark68Net.faceFeatureExtractor',
    apply: faceFeatureExtractor,
    read: plainWeights,
  },
  age_gender_model: {
    size: 112,
    node: 'ageGenderNet.faceFeatureExtractor',
    apply: tinyXception,
    read: plainWeights,
  },
}

/**
 * Reads one of face-api's networks: its code is rewritten here, its weights come from `NAME-weights_manifest.json`.
 * Throws a FacetError for a file that is none of the four.
 */
export function readFaceApiNet(path: string): FaceApiNet {
  const stem = basename(path).replace('-weights_manifest.json', '')
  const net = Object.hasOwn(nets, stem) ? nets[stem] : undefined
  if (!net)
    throw new FacetError('bad-input', `"${basename(path)}" is no face-api network that Facet knows; it knows ${Object.keys(nets).map(name => `${name}-weights_manifest.json`).join(', ')}.`, { where: path })
  const { read, ...rest } = net
  return {
    ...rest,
    weights: read(readWeights(path)),
  }
}
