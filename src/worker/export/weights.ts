import type { ExportWeights } from '#shared/export.ts'
import type { PortableConstant, PortableGraph, PortableNode } from './portable-graph.ts'
import { FacetError } from '#shared/errors.ts'

/** The side of a filter or matrix (input 1 of its op) that has one entry for each channel of the output. */
const channelAxis: Record<string, number> = { Conv2D: 3, DepthwiseConv2dNative: 2, MatMul: 1 }

/**
 * The same graph with its filters and matrices stored in fewer bits; biases and all else, a thousandth of the numbers, stay as they are.
 * int8 is symmetric with one scale a channel of the output, its largest number 127 (Jacob et al. 2018, Section 2; Krishnamoorthi 2018,
 * Section 3.1), which keeps channels that folded norms made very unlike.
 */
export function storeWeights(graph: PortableGraph, weights: ExportWeights): PortableGraph {
  const constants = new Map(graph.constants)
  if (weights !== 'float32') {
    for (const { op, inputs: [, name] } of graph.nodes) {
      const axis = channelAxis[op]
      const constant = constants.get(name ?? '')
      if (axis !== undefined && constant)
        constants.set(name!, weights === 'float16' ? toHalf(name!, constant) : toBytes(constant, axis))
    }
  }
  return { ...graph, constants }
}

function toHalf(name: string, { shape, data }: PortableConstant): PortableConstant {
  const halves = Float16Array.from(data)
  if (!halves.every(Number.isFinite))
    throw new FacetError('bad-input', `The weight "${name}" holds numbers beyond 65,504, the largest of float16.`, { hint: 'Export with --weights float32 or int8.' })
  return { shape, data: Float32Array.from(halves), stored: { kind: 'float16', bits: new Uint16Array(halves.buffer) } }
}

function toBytes({ shape, data }: PortableConstant, axis: number): PortableConstant {
  const placeOf = placesAlong(shape, axis)
  const scales = new Float32Array(shape[axis]!)
  data.forEach((value, i) => {
    scales[placeOf(i)] = Math.max(scales[placeOf(i)]!, Math.abs(value) / 127)
  })
  for (const [i, scale] of scales.entries())
    scales[i] = scale || 1 // a channel of zeros
  const numbers = Int8Array.from(data, (value, i) => Math.max(-127, Math.min(127, Math.round(value / scales[placeOf(i)]!))))
  return { shape, data: Float32Array.from(numbers, (number, i) => number * scales[placeOf(i)]!), stored: { kind: 'int8', numbers, scales, axis } }
}

/** Of an index into the numbers of a tensor, its place along one side. */
function placesAlong(shape: readonly number[], axis: number): (index: number) => number {
  const inner = shape.slice(axis + 1).reduce((product, side) => product * side, 1)
  return index => Math.floor(index / inner) % shape[axis]!
}

/** Shape in which scales along an axis stand against the numbers that they multiply: [1, n, 1] without the leading ones. */
export function scalesShape(shape: readonly number[], axis: number): number[] {
  return shape.slice(axis).map((side, i) => i === 0 ? side : 1)
}

/** Names of what a node with stored weights is made of: the numbers, and what brings them back. */
export function partsOf(name: string): { numbers: string, scales: string } {
  return { numbers: `${name}/stored`, scales: `${name}/scales` }
}

/** The product that turns int8 numbers, as float32, into weights; nodes that use them find it under the weight's own name. */
export function rescaled(name: string, numbers: string, T: PortableNode['attributes'][string]): PortableNode {
  return { name, op: 'Mul', inputs: [numbers, partsOf(name).scales], attributes: { T } }
}
