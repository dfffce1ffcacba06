import type { GraphDType } from './dtypes.ts'
import { dtypeCodes } from './dtypes.ts'

/** A constant's value: little-endian bytes of all elements, or of one that is repeated. Strings are not needed. */
export interface TensorValue { dtype: number, shape: readonly number[], bytes: Uint8Array }

/** One attribute of a node as plain data; becomes TensorFlow's AttrValue when the graph is written. */
export type Attribute
  = | { kind: 'string', value: string }
    | { kind: 'int', value: number }
    | { kind: 'float', value: number }
    | { kind: 'bool', value: boolean }
    | { kind: 'type', value: number }
    | { kind: 'shape', value: readonly number[] }
    | { kind: 'tensor', value: TensorValue }
    | { kind: 'ints', value: readonly number[] }
    | { kind: 'floats', value: readonly number[] }
    | { kind: 'types', value: readonly number[] }
    | { kind: 'strings', value: readonly string[] }
export type Attributes = Record<string, Attribute>

/** Writes attributes of a node: `attr.type('float32')`, `attr.ints([1, 2, 2, 1])`. */
export const attr = {
  string: (value: string): Attribute => ({ kind: 'string', value }),
  int: (value: number): Attribute => ({ kind: 'int', value }),
  float: (value: number): Attribute => ({ kind: 'float', value }),
  bool: (value: boolean): Attribute => ({ kind: 'bool', value }),
  type: (value: GraphDType | number): Attribute => ({
    kind: 'type',
    value: typeof value === 'number'
      ? value
      : dtypeCodes[value],
  }),
  /** -1 stands for a side that is not known. */
  shape: (value: readonly number[]): Attribute => ({ kind: 'shape', value }),
  tensor: (value: TensorValue): Attribute => ({ kind: 'tensor', value }),
  ints: (value: readonly number[]): Attribute => ({ kind: 'ints', value }),
  floats: (value: readonly number[]): Attribute => ({ kind: 'floats', value }),
  types: (value: readonly (GraphDType | number)[]): Attribute => ({
    kind: 'types',
    value: value.map(each => typeof each === 'number'
      ? each
      : dtypeCodes[each]),
  }),
  strings: (value: readonly string[]): Attribute => ({ kind: 'strings', value }),
}
