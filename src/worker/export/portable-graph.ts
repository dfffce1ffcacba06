import type { Attributes } from '#worker/engine/attributes.ts'

/** How a constant is stored. `data` of the constant always holds what the stored numbers stand for. */
export type Stored
  = | { kind: 'exact' }
    | { kind: 'float16', bits: Uint16Array }
    /** value = number * scale of its place along `axis`; numbers from -127 to 127. */
    | { kind: 'int8', numbers: Int8Array, scales: Float32Array, axis: number }

export interface PortableConstant { shape: readonly number[], data: Float32Array | Int32Array, stored: Stored }

/** One op, named and typed as TensorFlow does. Inputs are names of nodes, of constants, or `pixels`. */
export interface PortableNode { name: string, op: string, inputs: string[], attributes: Attributes }

/**
 * A network as every format writes it: f32 `pixels` [n, side, side, 3], the bytes `faces` as numbers, through nodes in an order in
 * which each comes after its inputs. An output is a node of its name.
 */
export interface PortableGraph {
  side: number
  nodes: PortableNode[]
  constants: Map<string, PortableConstant>
  outputs: { name: string, shape: number[] }[]
}

/** Shape of one face among others, -1 for how many. */
export function facesShape({ side }: Pick<PortableGraph, 'side'>): number[] {
  return [-1, side, side, 3]
}
