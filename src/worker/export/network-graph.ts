import type { Attribute } from '#worker/engine/attributes.ts'
import type { NodeRef } from '#worker/engine/graph.ts'
import type { GraphNode } from '#worker/engine/saved-model.ts'
import type { Tensor, Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { FaceNetwork } from '#worker/models/face-network.ts'
import type { TensorData } from '#worker/stage.ts'
import type { PortableConstant, PortableGraph } from './portable-graph.ts'
import { attr } from '#worker/engine/attributes.ts'
import { dtypeCodes, sizeOf } from '#worker/engine/dtypes.ts'
import { GraphBuilder } from '#worker/engine/graph.ts'
import { tf } from '#worker/engine/tf.ts'
import { trace } from '#worker/engine/trace.ts'
import { runHead } from '#worker/models/head.ts'
import { embed, foldNorms, runFoldedBackbone } from '#worker/models/student-network.ts'

/**
 * The graph of a network: `embedding` f32 [n, size], with a head also `probabilities` [n, classes or attributes] or `value` [n].
 * Batch norms are folded into their convolutions, so that a network is convolutions, biases and little else.
 */
export function graphOf(network: FaceNetwork): PortableGraph {
  const { shape: { input } } = network
  const builder = new GraphBuilder()
  const pixelsRef = builder.placeholder('pixels', [-1, input, input, 3], 'float32')
  const outputs = tf.tidy(() => {
    // two faces, so that no side of one is taken for a side of the batch
    const pixels = tf.zeros([2, input, input, 3]) as Tensor4D
    const known = new Map<Tensor, NodeRef>([[pixels, pixelsRef]])
    const weights = Object.fromEntries(Object.entries(weightsOf(network)).map(([name, { data, shape }]) => {
      const tensor = tf.tensor(data, shape, 'float32')
      known.set(tensor, builder.constant(data as Float32Array, shape, 'float32', name))
      return [name, tensor]
    }))
    return trace(builder, known, refOf => Object.entries(forward(pixels, weights, network)).map(([name, tensor]) => {
      builder.op('Identity', [refOf(tensor)], { T: attr.type('float32') }, 1, { name })
      return { name, shape: [-1, ...tensor.shape.slice(1)] }
    })) as never
  }) as PortableGraph['outputs']
  return { side: input, outputs, ...splitConstants(withoutIdleCasts(builder.nodes)) }
}

/** All that is learnt, by name. `input/factor` is 1 / scale, and 0 for a dead unit. */
function weightsOf({ tensors, knowledge }: FaceNetwork): Record<string, TensorData> {
  const network = foldNorms(tensors)
  if (!knowledge)
    return network
  const head = Object.entries(knowledge.tensors).filter(([name]) => name.startsWith('head/'))
  const { 'input/mean': mean, 'input/scale': scale } = knowledge.tensors
  return {
    ...network,
    ...Object.fromEntries(head),
    'input/mean': mean!,
    'input/factor': { ...scale!, data: Float32Array.from(scale!.data, value => value > 0 ? 1 / value : 0) },
  }
}

/** Everything the network says, in ops that leave the number of faces open. */
function forward(pixels: Tensor4D, weights: Record<string, Tensor>, { shape, knowledge }: FaceNetwork): Record<string, Tensor> {
  const embedding = embed(runFoldedBackbone(pixels, weights, shape), weights)
  if (!knowledge)
    return { embedding }
  const { clip, head, target } = knowledge.manifest
  const features = tf.clipByValue(tf.mul(tf.sub(embedding, weights['input/mean']!), weights['input/factor']!), -clip, clip) as Tensor2D
  const outputs = runHead(features, weights, head)
  switch (target.kind) {
    case 'classification': return { embedding, probabilities: tf.softmax(outputs) }
    case 'attributes': return { embedding, probabilities: tf.sigmoid(outputs) }
    case 'regression': return { embedding, value: tf.clipByValue(tf.add(tf.mul(tf.sum(outputs, 1), target.spread), target.middle), ...target.range) }
    default: return target.kind satisfies never
  }
}

/** The nodes without casts from a type to itself, which tfjs makes before a mean. */
function withoutIdleCasts(nodes: readonly GraphNode[]): GraphNode[] {
  const renamed = new Map<string, string>()
  return nodes.flatMap((node) => {
    const inputs = node.inputs.map(name => renamed.get(name) ?? name)
    const isIdle = node.op === 'Cast' && node.attributes.SrcT!.value === node.attributes.DstT!.value
    if (isIdle)
      renamed.set(node.name, inputs[0]!)
    return isIdle ? [] : [{ ...node, inputs }]
  })
}

function splitConstants(all: readonly GraphNode[]): Pick<PortableGraph, 'nodes' | 'constants'> {
  const used = new Set(all.flatMap(({ inputs }) => inputs))
  return {
    nodes: all.filter(({ op }) => op !== 'Const' && op !== 'Placeholder'),
    constants: new Map(all.filter(({ op, name }) => op === 'Const' && used.has(name)).map(({ name, attributes }) => [name, constantOf(name, attributes.value!)])),
  }
}

function constantOf(name: string, value: Attribute): PortableConstant {
  if (value.kind !== 'tensor' || (value.value.dtype !== dtypeCodes.float32 && value.value.dtype !== dtypeCodes.int32))
    throw new Error(`internal: constant "${name}" of an exported graph is neither float32 nor int32`)
  const { dtype, shape, bytes } = value.value
  const copy = new Uint8Array(bytes).buffer // aligned, whatever it was a part of
  const data = dtype === dtypeCodes.float32 ? new Float32Array(copy) : new Int32Array(copy)
  if (data.length !== sizeOf(shape))
    throw new Error(`internal: constant "${name}" of an exported graph has ${data.length} numbers for [${shape}]`)
  return { shape, data, stored: { kind: 'exact' } }
}
