import type { OnnxAttribute, OnnxModel, OnnxTensor } from './onnx-file.ts'
import type { PortableConstant, PortableGraph } from './portable-graph.ts'
import { onnxTypes } from './onnx-file.ts'
import { facesShape } from './portable-graph.ts'
import { partsOf, scalesShape } from './weights.ts'

/**
 * A tensor as ONNX has it: channels, the last side in TensorFlow, come second, so that [n, h, w, c] is [n, c, h, w] and [n, c] is as
 * it was. `shape` is TensorFlow's, -1 for the number of faces.
 */
export interface OnnxRef { name: string, shape: readonly number[] }

/** Sides of a shape of this rank, channels put second. */
export function channelsSecond<T>(sides: readonly T[]): T[] {
  return sides.length < 3 ? [...sides] : [sides[0]!, sides.at(-1)!, ...sides.slice(1, -1)]
}

/** Collects the ONNX graph while nodes are converted. */
export class OnnxGraph {
  readonly model: OnnxModel
  readonly #graph: PortableGraph
  readonly #refs = new Map<string, OnnxRef>()
  readonly #written = new Set<string>()

  constructor(graph: PortableGraph) {
    this.#graph = graph
    this.model = {
      nodes: [],
      tensors: [],
      inputs: [{ name: 'faces', type: 'uint8', shape: facesShape(graph) }],
      outputs: graph.outputs.map(output => ({ ...output, type: 'float32' })),
    }
  }

  /** Says that a TensorFlow name is this tensor. */
  know(name: string, ref: OnnxRef): void {
    this.#refs.set(name, ref)
  }

  refOf(name: string): OnnxRef {
    const ref = this.#refs.get(name)
    if (!ref)
      throw new Error(`internal: nothing of an exported graph gives "${name}"`)
    return ref
  }

  constantOf(name: string): PortableConstant | undefined {
    return this.#graph.constants.get(name)
  }

  /** A constant that must be there, as a list of whole numbers. */
  numbersOf(name: string): number[] {
    const constant = this.constantOf(name)
    if (!constant)
      throw new Error(`internal: "${name}" of an exported graph is no constant`)
    return [...constant.data]
  }

  add(op: string, inputs: string[], output: string, attributes: Record<string, OnnxAttribute> = {}): string {
    this.model.nodes.push({ name: output, op, inputs, outputs: [output], attributes })
    return output
  }

  /** A constant of ours, e.g. a bound or axes. */
  tensor(name: string, type: OnnxTensor['type'], shape: readonly number[], { buffer, byteOffset, byteLength }: ArrayBufferView): string {
    if (!this.#written.has(name))
      this.model.tensors.push({ name, type, shape, bytes: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength) })
    this.#written.add(name)
    return name
  }

  /**
   * A weight in another order of its sides, as it is stored, and what makes it float32.
   *
   * @param name   of a constant that one node uses
   * @param order  the side of TensorFlow's at each place of ONNX's
   */
  weight(name: string, order: readonly number[]): string {
    const { shape: from, data, stored } = this.constantOf(name)!
    const shape = order.map(axis => from[axis]!)
    const { numbers, scales } = partsOf(name)
    switch (stored.kind) {
      case 'exact': return this.tensor(name, 'float32', shape, permute(data as Float32Array, from, order))
      case 'float16': return this.add('Cast', [this.tensor(numbers, 'float16', shape, permute(stored.bits, from, order))], name, { to: onnxTypes.float32 })
      // DequantizeLinear would say the same, but onnxruntime then rounds the other factor to int8 too (its MatMulNBits)
      case 'int8': return this.add('Mul', [
        this.add('Cast', [this.tensor(numbers, 'int8', shape, permute(stored.numbers, from, order))], `${numbers}/float`, { to: onnxTypes.float32 }),
        this.tensor(scales, 'float32', scalesShape(shape, order.indexOf(stored.axis)), stored.scales),
      ], name)
      default: return stored satisfies never
    }
  }
}

/** Numbers of a tensor with its sides in another order. */
function permute<A extends Float32Array | Uint16Array | Int8Array>(data: A, shape: readonly number[], order: readonly number[]): A {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1))
  const [sides, steps] = [order.map(axis => shape[axis]!), order.map(axis => strides[axis]!)]
  const out = new (data.constructor as new (length: number) => A)(data.length)
  const place = sides.map(() => 0)
  let from = 0
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from]!
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      from += steps[axis]!
      if (++place[axis]! < sides[axis]!)
        break
      from -= steps[axis]! * sides[axis]!
      place[axis] = 0
    }
  }
  return out
}
