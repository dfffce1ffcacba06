import { createRequire } from 'node:module'

/** Element types of ONNX (onnx.proto3, TensorProto.DataType). */
export const onnxTypes = { float32: 1, uint8: 2, int8: 3, int64: 7, float16: 10 } as const
export type OnnxType = keyof typeof onnxTypes

/** A constant. */
export interface OnnxTensor { name: string, type: OnnxType, shape: readonly number[], bytes: Uint8Array }
/** An attribute: a text, a whole number, or several. */
export type OnnxAttribute = string | number | readonly number[]
export interface OnnxNode { name: string, op: string, inputs: string[], outputs: string[], attributes: Record<string, OnnxAttribute> }
/** An input or output; -1 stands for the number of faces. */
export interface OnnxValue { name: string, type: OnnxType, shape: readonly number[] }
export interface OnnxModel { nodes: OnnxNode[], tensors: OnnxTensor[], inputs: OnnxValue[], outputs: OnnxValue[] }

/** Operators as of ONNX 1.12, which all runtimes of today have, in a file of that version. */
const opset = 17
const fileVersion = 8

/** What is used of google-protobuf, which comes without types. */
interface BinaryWriter {
  writeString: (field: number, value: string) => void
  writeInt32: (field: number, value: number) => void
  writeInt64: (field: number, value: number) => void
  writeBytes: (field: number, value: Uint8Array) => void
  writePackedInt64: (field: number, values: readonly number[]) => void
  writeMessage: <T>(field: number, value: T, write: (value: T, writer: BinaryWriter) => void) => void
  getResultBuffer: () => Uint8Array
}
const protobuf = createRequire(import.meta.url)('google-protobuf') as { BinaryWriter: new () => BinaryWriter }

/** The bytes of a .onnx file: ModelProto of https://github.com/onnx/onnx/blob/v1.18.0/onnx/onnx.proto3, whose numbers of fields these are. */
export function serializeOnnx({ nodes, tensors, inputs, outputs }: OnnxModel): Uint8Array {
  const writer = new protobuf.BinaryWriter()
  writer.writeInt64(1, fileVersion)
  writer.writeString(2, 'Facet')
  writer.writeMessage(7, nodes, (nodes, graph) => {
    nodes.forEach(node => graph.writeMessage(1, node, writeNode))
    graph.writeString(2, 'facet')
    tensors.forEach(tensor => graph.writeMessage(5, tensor, writeTensor))
    inputs.forEach(input => graph.writeMessage(11, input, writeValue))
    outputs.forEach(output => graph.writeMessage(12, output, writeValue))
  })
  writer.writeMessage(8, opset, (version, set) => {
    set.writeString(1, '')
    set.writeInt64(2, version)
  })
  return writer.getResultBuffer()
}

function writeNode({ name, op, inputs, outputs, attributes }: OnnxNode, node: BinaryWriter): void {
  inputs.forEach(input => node.writeString(1, input))
  outputs.forEach(output => node.writeString(2, output))
  node.writeString(3, name)
  node.writeString(4, op)
  Object.entries(attributes).forEach(entry => node.writeMessage(5, entry, writeAttribute))
}

function writeAttribute([name, value]: [string, OnnxAttribute], attribute: BinaryWriter): void {
  attribute.writeString(1, name)
  if (typeof value === 'number') {
    attribute.writeInt64(3, value)
    attribute.writeInt32(20, 2) // INT
  }
  else if (typeof value === 'string') {
    attribute.writeBytes(4, new TextEncoder().encode(value))
    attribute.writeInt32(20, 3) // STRING
  }
  else {
    value.forEach(each => attribute.writeInt64(8, each))
    attribute.writeInt32(20, 7) // INTS
  }
}

function writeTensor({ name, type, shape, bytes }: OnnxTensor, tensor: BinaryWriter): void {
  if (shape.length > 0)
    tensor.writePackedInt64(1, shape)
  tensor.writeInt32(2, onnxTypes[type])
  tensor.writeString(8, name)
  tensor.writeBytes(9, bytes)
}

function writeValue({ name, type, shape }: OnnxValue, value: BinaryWriter): void {
  value.writeString(1, name)
  value.writeMessage(2, shape, (shape, typeProto) => typeProto.writeMessage(1, shape, (shape, tensorType) => {
    tensorType.writeInt32(1, onnxTypes[type])
    tensorType.writeMessage(2, shape, (shape, shapeProto) => shape.forEach(side => shapeProto.writeMessage(1, side, (side, dimension) => {
      if (side === -1)
        dimension.writeString(2, 'faces')
      else
        dimension.writeInt64(1, side)
    })))
  }))
}
