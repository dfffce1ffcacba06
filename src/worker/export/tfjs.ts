import type { Attribute, Attributes } from '#worker/engine/attributes.ts'
import type { PortableConstant, PortableGraph, PortableNode } from './portable-graph.ts'
import { Buffer } from 'node:buffer'
import { attr } from '#worker/engine/attributes.ts'
import { dtypeCodes } from '#worker/engine/dtypes.ts'
import { facesShape } from './portable-graph.ts'
import { partsOf, rescaled, scalesShape } from './weights.ts'

/** Bytes of a weights file, as tfjs's own converter makes them: browsers keep files of that size. */
const shardBytes = 4 * 2 ** 20
const typeNames: Record<number, string> = { [dtypeCodes.float32]: 'DT_FLOAT', [dtypeCodes.int32]: 'DT_INT32' }

/** One weight of the manifest, and its bytes as they lie in the files. */
interface Weight { spec: { name: string, shape: readonly number[], dtype: string, quantization?: object }, bytes: Uint8Array }

/**
 * model.json and its weights files, as tf.loadGraphModel takes them: a GraphDef in the JSON form of protobuf. tfjs has no bytes, so
 * `faces` are int32 there, what tf.browser.fromPixels gives. float16 it turns back itself, int8 lies as uint8 with an offset.
 */
export function writeTfjs(graph: PortableGraph): Record<string, Uint8Array> {
  const weights = [...graph.constants].flatMap(([name, constant]) => weightsOf(name, constant))
  const bytes = Buffer.concat(weights.map(weight => weight.bytes))
  const count = Math.max(1, Math.ceil(bytes.length / shardBytes))
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`)
  const signature = signatureOf(graph)
  const model = {
    format: 'graph-model',
    generatedBy: 'Facet',
    convertedBy: null,
    signature,
    // predict() gives tensors by these names, in the order of the signature
    userDefinedMetadata: { signature, structuredOutputKeys: graph.outputs.map(({ name }) => name) },
    modelTopology: {
      node: [
        { name: 'faces', op: 'Placeholder', attr: { dtype: { type: 'DT_INT32' }, shape: shapeJson(facesShape(graph)) } },
        nodeJson({ name: 'pixels', op: 'Cast', inputs: ['faces'], attributes: { SrcT: attr.type('int32'), DstT: attr.type('float32'), Truncate: attr.bool(false) } }),
        ...weights.map(({ spec }) => constantJson(spec)),
        ...[...graph.constants].flatMap(([name, { stored }]) => stored.kind === 'int8' ? [nodeJson(rescaled(name, partsOf(name).numbers, attr.type('float32')))] : []),
        ...graph.nodes.map(nodeJson),
      ],
      library: {},
      versions: { producer: 1882, minConsumer: 12 },
    },
    weightsManifest: [{ paths, weights: weights.map(({ spec }) => spec) }],
  }
  return {
    'model.json': Buffer.from(JSON.stringify(model)),
    ...Object.fromEntries(paths.map((path, i) => [path, bytes.subarray(i * shardBytes, (i + 1) * shardBytes)])),
  }
}

function weightsOf(name: string, { shape, data, stored }: PortableConstant): Weight[] {
  const { numbers, scales } = partsOf(name)
  switch (stored.kind) {
    case 'exact': return [{ spec: { name, shape, dtype: data instanceof Float32Array ? 'float32' : 'int32' }, bytes: bytesOf(data) }]
    case 'float16': return [{ spec: { name, shape, dtype: 'float32', quantization: { dtype: 'float16', original_dtype: 'float32' } }, bytes: bytesOf(stored.bits) }]
    case 'int8': return [
      { spec: { name: numbers, shape, dtype: 'float32', quantization: { dtype: 'uint8', original_dtype: 'float32', scale: 1, min: -127 } }, bytes: Uint8Array.from(stored.numbers, number => number + 127) },
      { spec: { name: scales, shape: scalesShape(shape, stored.axis), dtype: 'float32' }, bytes: bytesOf(stored.scales) },
    ]
    default: return stored satisfies never
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
}

function signatureOf(graph: PortableGraph): object {
  const tensor = (name: string, dtype: string, shape: readonly number[]) => ({ name: `${name}:0`, dtype, tensorShape: shapeJson(shape).shape })
  return {
    inputs: { faces: tensor('faces', 'DT_INT32', facesShape(graph)) },
    outputs: Object.fromEntries(graph.outputs.map(({ name, shape }) => [name, tensor(name, 'DT_FLOAT', shape)])),
  }
}

function shapeJson(shape: readonly number[]): { shape: { dim: { size: string }[] } } {
  return { shape: { dim: shape.map(side => ({ size: String(side) })) } }
}

/** A constant without its numbers, which are in the files. */
function constantJson({ name, shape, dtype }: Weight['spec']): object {
  const type = dtype === 'float32' ? 'DT_FLOAT' : 'DT_INT32'
  return { name, op: 'Const', attr: { dtype: { type }, value: { tensor: { dtype: type, tensorShape: shapeJson(shape).shape } } } }
}

function nodeJson({ name, op, inputs, attributes }: PortableNode): object {
  return { name, op, input: inputs, attr: attributesJson(attributes) }
}

function attributesJson(attributes: Attributes): Record<string, object> {
  return Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, attributeJson(attribute)]))
}

/** 64-bit numbers are text and bytes base64, as protobuf's JSON form has it. */
function attributeJson(attribute: Attribute): object {
  switch (attribute.kind) {
    case 'string': return { s: base64(attribute.value) }
    case 'int': return { i: String(attribute.value) }
    case 'float': return { f: attribute.value }
    case 'bool': return { b: attribute.value }
    case 'type': return { type: typeName(attribute.value) }
    case 'shape': return shapeJson(attribute.value)
    case 'ints': return { list: { i: attribute.value.map(String) } }
    case 'floats': return { list: { f: attribute.value } }
    case 'types': return { list: { type: attribute.value.map(typeName) } }
    case 'strings': return { list: { s: attribute.value.map(base64) } }
    case 'tensor': throw new Error('internal: an op of an exported graph carries a tensor')
    default: return attribute satisfies never
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function typeName(code: number): string {
  const name = typeNames[code]
  if (!name)
    throw new Error(`internal: an op of an exported graph has the element type ${code}`)
  return name
}
