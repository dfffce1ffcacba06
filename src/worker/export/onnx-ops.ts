import type { Attribute } from '#worker/engine/attributes.ts'
import type { OnnxGraph, OnnxRef } from './onnx-graph.ts'
import type { PortableNode } from './portable-graph.ts'
import { FacetError } from '#shared/errors.ts'
import { channelsSecond } from './onnx-graph.ts'

/** Writes one node of TensorFlow's in ONNX's operators, under its name; gives its shape as TensorFlow has it. */
type Converter = (node: PortableNode, onnx: OnnxGraph) => readonly number[]

/** Every op that networks of Facet are made of, by TensorFlow's name. */
export const converters: Record<string, Converter> = {
  Conv2D: (node, onnx) => convolution(node, onnx, 'Conv'),
  DepthwiseConv2dNative: (node, onnx) => convolution(node, onnx, 'depthwise'),
  MaxPool: pooling,
  BiasAdd: arithmetic('Add'),
  Add: arithmetic('Add'),
  AddV2: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Mul: arithmetic('Mul'),
  Minimum: arithmetic('Min'),
  Maximum: arithmetic('Max'),
  Relu: elementwise('Relu'),
  Sigmoid: elementwise('Sigmoid'),
  Identity: elementwise('Identity'),
  Relu6: relu6,
  MatMul: matrixProduct,
  ExpandDims: expandDims,
  Mean: reduction('ReduceMean'),
  Sum: reduction('ReduceSum'),
  Softmax: softmax,
}

function refused(node: PortableNode, what: string): FacetError {
  return new FacetError('bad-input', `The export to ONNX cannot write "${node.op}" ${what}.`, { where: `node ${node.name}`, hint: 'Export it as savedmodel or tfjs.' })
}

type ValueOf<K extends Attribute['kind']> = Extract<Attribute, { kind: K }>['value']

/** An attribute of a node; undefined where it has none. */
function read<K extends Attribute['kind']>(node: PortableNode, name: string, kind: K): ValueOf<K> | undefined {
  const attribute: Attribute | undefined = node.attributes[name]
  if (attribute && attribute.kind !== kind)
    throw new Error(`internal: attribute "${name}" of node "${node.name}" is no ${kind}`)
  return attribute?.value as ValueOf<K> | undefined
}

/** Where a window of `size` pixels stands: how large the outcome is, and pixels added before and after. */
interface Placed { sides: number[], pads: number[] }

/** TensorFlow's "SAME": the outcome is side / stride, rounded up; of an odd number of pads one more comes after. */
function place(node: PortableNode, sides: readonly number[], size: readonly number[], strides: readonly number[]): Placed {
  const padding = read(node, 'padding', 'string')
  if (padding === 'VALID')
    return { sides: sides.map((side, i) => Math.floor((side - size[i]!) / strides[i]!) + 1), pads: sides.flatMap(() => [0, 0]) }
  if (padding !== 'SAME')
    throw refused(node, `with the padding "${padding}"`)
  const out = sides.map((side, i) => Math.ceil(side / strides[i]!))
  const missing = sides.map((side, i) => Math.max(0, (out[i]! - 1) * strides[i]! + size[i]! - side))
  return { sides: out, pads: [...missing.map(pad => Math.floor(pad / 2)), ...missing.map(pad => Math.ceil(pad / 2))] }
}

/** Heights and widths of what a window does, from a list with one entry for each side of [n, h, w, c]. */
function inner(node: PortableNode, name: string): number[] {
  const [n, height, width, channels] = read(node, name, 'ints') ?? [1, 1, 1, 1]
  if (n !== 1 || channels !== 1)
    throw refused(node, `with ${name} over faces or channels`)
  return [height!, width!]
}

/** Convolutions and pools are written for channels last. */
function requireChannelsLast(node: PortableNode): void {
  const layout = read(node, 'data_format', 'string')
  if (layout !== undefined && layout !== 'NHWC')
    throw refused(node, `with the layout ${layout}`)
}

function convolution(node: PortableNode, onnx: OnnxGraph, kind: 'Conv' | 'depthwise'): number[] {
  requireChannelsLast(node)
  const [x, filterName] = [onnx.refOf(node.inputs[0]!), node.inputs[1]!]
  const filterShape = onnx.constantOf(filterName)?.shape
  if (!filterShape)
    throw refused(node, 'with a computed filter')
  const [height, width, inputs, outputs] = filterShape as [number, number, number, number]
  const strides = inner(node, 'strides')
  if (inner(node, 'dilations').some(dilation => dilation !== 1))
    throw refused(node, 'with dilations')
  const [n, ...sides] = x.shape.slice(0, 3) as [number, number, number]
  const placed = place(node, sides, [height, width], strides)
  const isDepthwise = kind === 'depthwise'
  if (isDepthwise && outputs !== 1)
    throw refused(node, `with ${outputs} filters a channel`)
  const filter = onnx.weight(filterName, isDepthwise ? [2, 3, 0, 1] : [3, 2, 0, 1])
  onnx.add('Conv', [x.name, filter], node.name, { kernel_shape: [height, width], strides, pads: placed.pads, group: isDepthwise ? inputs : 1 })
  return [n, ...placed.sides, isDepthwise ? inputs : outputs]
}

function pooling(node: PortableNode, onnx: OnnxGraph): number[] {
  requireChannelsLast(node)
  const x = onnx.refOf(node.inputs[0]!)
  const [size, strides] = [inner(node, 'ksize'), inner(node, 'strides')]
  const [n, height, width, channels] = x.shape as [number, number, number, number]
  const placed = place(node, [height, width], size, strides)
  onnx.add('MaxPool', [x.name], node.name, { kernel_shape: size, strides, pads: placed.pads })
  return [n, ...placed.sides, channels]
}

/** An op of two tensors of which the smaller is repeated. */
function arithmetic(op: string): Converter {
  return (node, onnx) => {
    const rank = Math.max(...node.inputs.map(name => (onnx.constantOf(name) ?? onnx.refOf(name)).shape.length))
    const operands = node.inputs.map((name): OnnxRef => operand(node, name, rank, onnx))
    onnx.add(op, operands.map(({ name }) => name), node.name)
    return broadcast(node, operands.map(({ shape }) => shape))
  }
}

/** A tensor, or a constant brought to a shape that repeats in ONNX's order as it does in TensorFlow's. */
function operand(node: PortableNode, name: string, rank: number, onnx: OnnxGraph): OnnxRef {
  const constant = onnx.constantOf(name)
  if (!constant) {
    const ref = onnx.refOf(name)
    if (ref.shape.length !== rank)
      throw refused(node, 'of computed tensors with different numbers of sides')
    return ref
  }
  const { shape } = constant
  if (shape.length > 1)
    throw refused(node, `with a constant of [${shape.join(', ')}]`)
  // one for each channel: [c, 1, 1] against [n, c, h, w], [c] against [n, c]
  const repeated = shape.length === 0 ? [] : [shape[0]!, ...[1, 1].slice(0, Math.max(0, rank - 2))]
  return { name: onnx.tensor(repeated.length > 1 ? `${name}/${rank}` : name, 'float32', repeated, constant.data), shape }
}

function broadcast(node: PortableNode, shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(shape => shape.length))
  return Array.from({ length: rank }, (_, place) => {
    const sides = shapes.map(shape => shape[place - rank + shape.length] ?? 1).filter(side => side !== 1)
    if (sides.some(side => side !== sides[0]))
      throw refused(node, `of [${shapes.map(shape => shape.join(', ')).join('] and [')}]`)
    return sides[0] ?? 1
  })
}

function elementwise(op: string): Converter {
  return (node, onnx) => {
    const x = onnx.refOf(node.inputs[0]!)
    onnx.add(op, [x.name], node.name)
    return x.shape
  }
}

function relu6(node: PortableNode, onnx: OnnxGraph): readonly number[] {
  const x = onnx.refOf(node.inputs[0]!)
  const bounds = [0, 6].map(bound => onnx.tensor(`bound/${bound}`, 'float32', [], Float32Array.of(bound)))
  onnx.add('Clip', [x.name, ...bounds], node.name)
  return x.shape
}

function matrixProduct(node: PortableNode, onnx: OnnxGraph): number[] {
  if (read(node, 'transpose_a', 'bool') || read(node, 'transpose_b', 'bool'))
    throw refused(node, 'with a transposed factor')
  const x = onnx.refOf(node.inputs[0]!)
  const shape = onnx.constantOf(node.inputs[1]!)?.shape
  if (!shape)
    throw refused(node, 'of two computed tensors')
  onnx.add('MatMul', [x.name, onnx.weight(node.inputs[1]!, [0, 1])], node.name)
  return [x.shape[0]!, shape[1]!]
}

function expandDims(node: PortableNode, onnx: OnnxGraph): number[] {
  const x = onnx.refOf(node.inputs[0]!)
  const axis = onnx.numbersOf(node.inputs[1]!)[0]!
  if (axis < 1 || axis >= x.shape.length)
    throw refused(node, `at ${axis} of [${x.shape.join(', ')}]: only between faces and channels`)
  // TensorFlow's side k between the first and the last is ONNX's k + 1
  const axes = onnx.tensor(`${node.name}/axes`, 'int64', [1], BigInt64Array.of(BigInt(axis + 1)))
  onnx.add('Unsqueeze', [x.name, axes], node.name)
  return x.shape.toSpliced(axis, 0, 1)
}

function reduction(op: 'ReduceMean' | 'ReduceSum'): Converter {
  return (node, onnx) => {
    if (read(node, 'keep_dims', 'bool'))
      throw refused(node, 'that keeps its sides')
    const x = onnx.refOf(node.inputs[0]!)
    const axes = onnx.numbersOf(node.inputs[1]!).map(axis => (axis + x.shape.length) % x.shape.length)
    const left = x.shape.filter((_, axis) => !axes.includes(axis))
    if (left.length > 2 || axes.includes(0))
      throw refused(node, 'over faces, or with more than two sides left')
    const places = channelsSecond(x.shape.map((_, axis) => axis))
    const mapped = axes.map(axis => places.indexOf(axis)).sort()
    // of opset 17 the mean takes its axes as an attribute, the sum as an input
    if (op === 'ReduceMean')
      onnx.add(op, [x.name], node.name, { axes: mapped, keepdims: 0 })
    else
      onnx.add(op, [x.name, onnx.tensor(`${node.name}/axes`, 'int64', [mapped.length], BigInt64Array.from(mapped, BigInt))], node.name, { keepdims: 0 })
    return left
  }
}

function softmax(node: PortableNode, onnx: OnnxGraph): readonly number[] {
  const x = onnx.refOf(node.inputs[0]!)
  if (x.shape.length !== 2)
    throw refused(node, `of [${x.shape.join(', ')}]`)
  onnx.add('Softmax', [x.name], node.name, { axis: 1 })
  return x.shape
}
