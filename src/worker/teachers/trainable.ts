import type { Teacher } from '#shared/files/teacher.ts'
import type { Tensor, Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import type { GraphNode, TfjsModel } from './tfjs-model.ts'
import { FacetError } from '#shared/errors.ts'
import { biasAdd, conv2d, elu, matMul, maxPool, relu } from '#worker/engine/fused.ts'
import { tf } from '#worker/engine/tf.ts'
import { readFaceApiNet } from './face-api.ts'
import { graphModelWeights } from './graph-model.ts'
import { tfjsLayers } from './layers.ts'
import { fusedOps, neededNodes, parseInput } from './model-nodes.ts'
import { readTfjsModel } from './tfjs-model.ts'

/** A teacher as a function of its weights, for fine-tuning all of it (P-CNN). */
export interface TrainableTeacher {
  /** First values, by name. */
  weights: Record<string, TensorData>
  /** pixels f32 [N, size, size, 3] RGB 0..255, cut out as the manifest says -> embedding f32 [N, dimension]; differentiable in the weights, eager or traced. */
  embed: (pixels: Tensor, weights: Record<string, Tensor>) => Tensor2D
}

type Apply = (inputs: Tensor[], node: GraphNode, constant: (input: number) => number[]) => Tensor

function ints(node: GraphNode, name: string): number[] {
  return ((node.attr[name]?.list as { i?: string[] } | undefined)?.i ?? []).map(Number)
}

function text(node: GraphNode, name: string): string {
  return Buffer.from(String(node.attr[name]?.s ?? ''), 'base64').toString()
}

function window(node: GraphNode): { stride: [number, number], padding: 'same' | 'valid' } {
  const [, rows = 1, columns = 1] = ints(node, 'strides')
  return {
    stride: [rows, columns],
    padding: text(node, 'padding') === 'SAME'
      ? 'same'
      : 'valid',
  }
}

const convolution: Apply = ([x, filter], node) => conv2d(x!, filter!, window(node))
const depthwise: Apply = ([x, filter], node) => {
  const { stride, padding } = window(node)
  return tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, stride, padding)
}
const product: Apply = ([a, b], node) => matMul(a!, b!, node.attr.transpose_a?.b === true, node.attr.transpose_b?.b === true)
const prelu = (x: Tensor, alpha: Tensor): Tensor => tf.sub(relu(x), tf.mul(alpha, relu(tf.neg(x))))

const activations: Record<string, (x: Tensor) => Tensor> = {
  Relu: relu,
  Relu6: tf.relu6,
  Elu: elu,
  Sigmoid: tf.sigmoid,
  Tanh: tf.tanh,
}

/** A fused op: its base, then what `fused_ops` names, which take the inputs after the second in turn. */
function fused(base: Apply): Apply {
  return (inputs, node, constant) => {
    const rest = inputs.slice(2)
    return fusedOps(node).reduce((x, operation) => {
      if (operation === 'BiasAdd')
        return biasAdd(x, rest.shift()!)
      return operation === 'Prelu'
        ? prelu(x, rest.shift()!)
        : activations[operation]!(x)
    }, base(inputs, node, constant))
  }
}

/** The ops of convolutional encoders, as tfjs operations with gradients. */
const operations: Record<string, Apply> = {
  Identity: ([x]) => x!,
  Cast: ([x]) => x!, // to float32 alone (refuseUntrainable), which all tensors here are: an export of Facet's takes its pixels as whole numbers
  ExpandDims: ([x], _, constant) => tf.expandDims(x!, constant(1)[0]!),
  Conv2D: convolution,
  DepthwiseConv2dNative: depthwise,
  MatMul: product,
  _FusedConv2D: fused(convolution),
  FusedDepthwiseConv2dNative: fused(depthwise),
  _FusedMatMul: fused(product),
  BiasAdd: ([x, bias]) => biasAdd(x!, bias!),
  Add: ([a, b]) => tf.add(a!, b!),
  AddV2: ([a, b]) => tf.add(a!, b!),
  Sub: ([a, b]) => tf.sub(a!, b!),
  Mul: ([a, b]) => tf.mul(a!, b!),
  RealDiv: ([a, b]) => tf.div(a!, b!),
  Minimum: ([a, b]) => tf.minimum(a!, b!),
  Maximum: ([a, b]) => tf.maximum(a!, b!),
  Prelu: ([x, alpha]) => prelu(x!, alpha!),
  Softmax: ([x]) => tf.softmax(x!),
  Sum: ([x], node, constant) => tf.sum(x!, constant(1), node.attr.keep_dims?.b === true),
  Mean: ([x], node, constant) => tf.mean(x!, constant(1), node.attr.keep_dims?.b === true),
  MaxPool: ([x], node) => {
    const [, rows = 1, columns = 1] = ints(node, 'ksize')
    return maxPool(x!, {
      size: [rows, columns],
      ...window(node),
    })
  },
  AvgPool: ([x], node) => {
    const { stride, padding } = window(node)
    const [, rows = 1, columns = 1] = ints(node, 'ksize')
    return tf.avgPool(x as Tensor4D, [rows, columns], stride, padding)
  },
  Pad: ([x], _, constant) => {
    const flat = constant(1)
    return tf.pad(x!, Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]))
  },
  Reshape: ([x], _, constant) => tf.reshape(x!, [
    x!.shape[0]!,
    ...constant(1).slice(1),
  ]),
  ...Object.fromEntries(Object.entries(activations).map(([name, apply]): [string, Apply] => [
    name,
    ([x]) => apply(x!),
  ])),
}

/** Runs the nodes an output rests on as tfjs operations. */
function interpret(model: TfjsModel, output: string, input: Tensor, weights: Record<string, Tensor>): Tensor {
  const values = new Map<string, Tensor>()
  for (const node of neededNodes(model, [output])) {
    if (node.op === 'Placeholder')
      values.set(node.name, input)
    if (node.op === 'Const') {
      const given = weights[node.name]
      const { dtype, shape, data } = model.weights.get(node.name)
      if (given ?? dtype === 'float32')
        values.set(node.name, given ?? tf.tensor(data, shape, 'float32'))
    }
    if (node.op === 'Placeholder' || node.op === 'Const')
      continue
    const names = node.input.map(each => parseInput(each).name)
    const constant = (i: number): number[] => Array.from(model.weights.get(names[i]!).data)
    values.set(node.name, operations[node.op]!(names.map(name => values.get(name)!), node, constant))
  }
  return values.get(parseInput(output).name)!
}

function refuseUntrainable(model: TfjsModel, output: string): void {
  const isUnknown = ({ op, attr }: GraphNode): boolean => !Object.hasOwn(operations, op) || (op === 'Cast' && attr.DstT?.type !== 'DT_FLOAT')
  const unknown = neededNodes(model, [output]).find(node => node.op !== 'Const' && node.op !== 'Placeholder' && isUnknown(node))
  if (unknown)
    throw new FacetError('bad-input', `node "${unknown.name}" is a ${unknown.op}, which Facet cannot differentiate; it can: ${Object.keys(operations).join(', ')}.`, { where: model.path, hint: 'Use this teacher frozen.' })
}

function normalize(pixels: Tensor, { manifest: { input } }: Teacher): Tensor {
  const colored = input.color === 'rgb'
    ? pixels
    : input.color === 'bgr'
      ? tf.reverse(pixels, 3)
      : tf.sum(tf.mul(pixels, tf.tensor1d([0.299, 0.587, 0.114])), 3, true)
  return tf.div(tf.sub(colored, tf.tensor1d(input.mean)), tf.tensor1d(input.std))
}

function network(teacher: Teacher): { weights: Record<string, TensorData>, apply: (x: Tensor, weights: Record<string, Tensor>) => Tensor } {
  const { manifest: { name, format, embedding: { node } }, model: path } = teacher
  if (format === 'saved-model')
    throw new FacetError('bad-input', `teacher "${name}" is a SavedModel; its weights cannot be trained here.`, { where: teacher.path, hint: 'Convert it to a TFJS graph model.' })
  if (format === 'onnx')
    throw new FacetError('bad-input', `teacher "${name}" is an ONNX model; its weights cannot be trained here.`, { where: teacher.path, hint: 'Use it frozen, or convert it to a TFJS graph model.' })
  if (format === 'face-api') {
    const net = readFaceApiNet(path)
    return {
      weights: net.weights,
      apply: (x, weights) => net.apply<Tensor>(tfjsLayers, x, each => weights[each]!),
    }
  }
  const model = readTfjsModel(path)
  refuseUntrainable(model, node)
  const weights = graphModelWeights(model, [node])
  return {
    weights: Object.fromEntries(Object.entries(weights).map(([each, { dtype, shape, data }]) => [
      each,
      { dtype, shape, data },
    ])),
    apply: (x, given) => interpret(model, node, x, given),
  }
}

/**
 * A teacher whose weights can be trained: what the embed run computes, in tfjs operations that have gradients.
 * Batch norms are folded into the convolutions, as the published files have them.
 * Throws a FacetError for a SavedModel, an ONNX model and for an op without gradient, naming the node.
 */
export function trainableTeacher(teacher: Teacher): TrainableTeacher {
  const { weights, apply } = network(teacher)
  return {
    weights,
    embed: (pixels, given) => {
      const features = apply(normalize(pixels, teacher), given)
      return (teacher.manifest.embedding.pool === 'average'
        ? tf.mean(features, [1, 2])
        : features) as Tensor2D
    },
  }
}
