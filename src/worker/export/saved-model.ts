import type { GraphNode, Signature } from '#worker/engine/saved-model.ts'
import type { PortableConstant, PortableGraph } from './portable-graph.ts'
import { attr } from '#worker/engine/attributes.ts'
import { dtypeCodes } from '#worker/engine/dtypes.ts'
import { serializeSavedModel } from '#worker/engine/saved-model.ts'
import { facesShape } from './portable-graph.ts'
import { partsOf, rescaled, scalesShape } from './weights.ts'

const float32 = attr.type('float32')
/** TensorFlow's number of int8 (tensorflow/core/framework/types.proto), which nothing but an export has. */
const int8 = 6

/** saved_model.pb: weights are constants, so that the graph is one file. */
export function writeSavedModel(graph: PortableGraph): Record<string, Uint8Array> {
  return { 'saved_model.pb': serializeSavedModel(tensorFlowNodes(graph), signatureOf(graph)) }
}

/** The graph as TensorFlow runs it, from the placeholder `faces`, u8 [n, side, side, 3]. */
export function tensorFlowNodes(graph: PortableGraph): GraphNode[] {
  return [
    { name: 'faces', op: 'Placeholder', inputs: [], attributes: { dtype: attr.type('uint8'), shape: attr.shape(facesShape(graph)) } },
    cast('pixels', 'faces', dtypeCodes.uint8),
    ...[...graph.constants].flatMap(([name, constant]) => constantNodes(name, constant)),
    ...graph.nodes,
  ]
}

function cast(name: string, input: string, from: number): GraphNode {
  return { name, op: 'Cast', inputs: [input], attributes: { SrcT: attr.type(from), DstT: float32, Truncate: attr.bool(false) } }
}

function constantNode(name: string, shape: readonly number[], dtype: number, { buffer, byteOffset, byteLength }: ArrayBufferView): GraphNode {
  return {
    name,
    op: 'Const',
    inputs: [],
    attributes: { dtype: attr.type(dtype), value: attr.tensor({ dtype, shape, bytes: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength) }) },
  }
}

function constantNodes(name: string, { shape, data, stored }: PortableConstant): GraphNode[] {
  const { numbers, scales } = partsOf(name)
  switch (stored.kind) {
    case 'exact': return [constantNode(name, shape, data instanceof Float32Array ? dtypeCodes.float32 : dtypeCodes.int32, data)]
    case 'float16': return [constantNode(numbers, shape, dtypeCodes.float16, stored.bits), cast(name, numbers, dtypeCodes.float16)]
    case 'int8': return [
      constantNode(numbers, shape, int8, stored.numbers),
      constantNode(scales, scalesShape(shape, stored.axis), dtypeCodes.float32, stored.scales),
      cast(`${numbers}/float`, numbers, int8),
      rescaled(name, `${numbers}/float`, float32),
    ]
    default: return stored satisfies never
  }
}

function signatureOf(graph: PortableGraph): Signature {
  return {
    inputs: { faces: { name: 'faces:0', dtype: dtypeCodes.uint8, shape: facesShape(graph) } },
    outputs: Object.fromEntries(graph.outputs.map(({ name, shape }) => [name, { name: `${name}:0`, dtype: dtypeCodes.float32, shape }])),
  }
}
