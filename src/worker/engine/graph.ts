import type { TensorData } from '#worker/stage.ts'
import type { Attributes } from './attributes.ts'
import type { GraphDType } from './dtypes.ts'
import type { GraphNode, Signature } from './saved-model.ts'
import type { FeedSpec, VariableSpec } from './session.ts'
import { attr } from './attributes.ts'
import { dtypeBytes, dtypeCodes, sizeOf } from './dtypes.ts'
import { serializeSavedModel } from './saved-model.ts'
import { Session } from './session.ts'

export { attr } from './attributes.ts'
export type { Attribute, Attributes } from './attributes.ts'
export type { GraphDType } from './dtypes.ts'
export { Session } from './session.ts'

/** One output of a node. */
export interface NodeRef { node: string, index: number }

/** A variable of the graph: the resource for ops that update it, and its value as read at the start of a run. */
export interface VariableRef { name: string, handle: NodeRef, value: NodeRef }

interface OpOptions {
  /** Wanted name; a number is appended where it is taken. Default: the op's type. */
  name?: string
  /** Nodes that must have run before. */
  control?: readonly NodeRef[]
}

/** Values a constant can be made of. A Float32Array read as float32, a Uint16Array as float16 bits. */
type ConstantData = readonly number[] | Float32Array | Int32Array | Uint8Array | Uint16Array | BigInt64Array

/** Graphs in one process never share variables: each takes the next number. */
let graphs = 0

/** Builds a TensorFlow graph node by node; `load` turns it into a session. */
export class GraphBuilder {
  readonly #nodes: GraphNode[] = []
  readonly #names = new Set<string>()
  readonly #feeds = new Map<string, FeedSpec>()
  readonly #variables = new Map<string, VariableSpec>()
  readonly #outputCounts = new Map<string, number>()
  readonly #prefix = `facet${graphs++}`

  /** Nodes so far, in order. */
  get nodes(): readonly GraphNode[] {
    return this.#nodes
  }

  /** An input of the graph, fed under the node's name. -1 stands for a side of any size. */
  placeholder(name: string, shape: readonly number[], dtype: GraphDType): NodeRef {
    const made = this.op('Placeholder', [], {
      dtype: attr.type(dtype),
      shape: attr.shape(shape),
    }, 1, { name })
    this.#feeds.set(made.node, { shape, dtype: dtypeCodes[dtype] })
    return made
  }

  /** A constant; one number is repeated over the shape. */
  constant(data: ConstantData, shape: readonly number[], dtype: Exclude<GraphDType, 'string' | 'resource'>, name = 'Const'): NodeRef {
    const array = typedArray(data, dtype)
    if (array.length !== sizeOf(shape) && array.length !== 1)
      throw new Error(`internal: constant "${name}" of [${shape}] got ${array.length} numbers`)
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.length * dtypeBytes[dtype])
    if (array.length === sizeOf(shape))
      return this.#constant(bytes, shape, dtype, name)
    const one = this.#constant(bytes, [], dtype, name)
    const sides = this.constant(shape, [shape.length], 'int32')
    return this.op('Fill', [sides, one], {
      T: attr.type(dtype),
      index_type: attr.type('int32'),
    })
  }

  #constant(bytes: Uint8Array, shape: readonly number[], dtype: GraphDType, name: string): NodeRef {
    return this.op('Const', [], {
      dtype: attr.type(dtype),
      value: attr.tensor({ dtype: dtypeCodes[dtype], shape, bytes }),
    }, 1, { name })
  }

  /** A variable. Its value is undefined until `Session.write` has given it one. */
  variable(name: string, shape: readonly number[], dtype: TensorData['dtype'] = 'float32'): VariableRef {
    if (this.#variables.has(name))
      throw new Error(`internal: the graph already has a variable "${name}"`)
    const type = attr.type(dtype)
    const handle = this.op('VarHandleOp', [], {
      dtype: type,
      shape: attr.shape(shape),
      shared_name: attr.string(`${this.#prefix}/${name}`),
      container: attr.string(''),
    }, 1, { name: `variable/${name}` })
    const value = this.op('ReadVariableOp', [handle], { dtype: type }, 1, { name: `variable/${name}/value` })
    const feed = this.placeholder(`variable/${name}/feed`, shape, dtype)
    // A fed tensor shares the caller's array; without the copy the variable would change with it.
    const copy = this.op('DeepCopy', [feed], { T: type })
    const assign = this.op('AssignVariableOp', [handle, copy], {
      dtype: type,
      validate_shape: attr.bool(false),
    }, 0, { name: `variable/${name}/assign` })
    const assigned = this.constant([0], [], 'int32')
    const done = this.op('Identity', [assigned], {
      T: attr.type('int32'),
    }, 1, {
      name: `variable/${name}/assigned`,
      control: [assign],
    })
    this.#variables.set(name, {
      shape,
      dtype,
      feed: feed.node,
      assigned: done.node,
      value: value.node,
    })
    return { name, handle, value }
  }

  /**
   * Appends a node.
   *
   * @param type         TensorFlow's op name
   * @param inputs       in the op's order
   * @param attributes   all that have no default; write them with `attr`
   * @param outputCount  checked by `output`; TensorFlow knows itself
   * @returns the first output; `output(ref, i)` gives the others
   */
  op(type: string, inputs: readonly NodeRef[], attributes: Attributes = {}, outputCount = 1, { name = type, control = [] }: OpOptions = {}): NodeRef {
    const unique = this.#unique(name)
    this.#nodes.push({
      name: unique,
      op: type,
      inputs: [
        ...inputs.map(refName),
        ...control.map(({ node }) => `^${node}`),
      ],
      attributes,
    })
    this.#outputCounts.set(unique, outputCount)
    return { node: unique, index: 0 }
  }

  /** Another output of the node. */
  output({ node }: NodeRef, index: number): NodeRef {
    const count = this.#outputCounts.get(node) ?? 0
    if (index >= count)
      throw new Error(`internal: node "${node}" has ${count} outputs, number ${index} was asked for`)
    return { node, index }
  }

  /** The graph as a SavedModel's saved_model.pb. */
  serialize(signature?: Signature): Uint8Array {
    return serializeSavedModel(this.#nodes, signature)
  }

  /** Loads the graph. An op TensorFlow does not have is refused with its name. */
  load(): Session {
    return new Session(this.#nodes, this.#feeds, this.#variables)
  }

  #unique(wanted: string): string {
    // TensorFlow's rule for names; the binding splits lists of names at commas.
    const clean = wanted.replaceAll(/[^\w.\-/]/g, '_').replace(/^[^a-z0-9.]/i, 'n$&')
    let name = clean
    for (let i = 1; this.#names.has(name); i++)
      name = `${clean}_${i}`
    this.#names.add(name)
    return name
  }
}

/** `node` or `node:index`, as TensorFlow writes an input. */
export function refName({ node, index }: NodeRef): string {
  return index === 0
    ? node
    : `${node}:${index}`
}

function typedArray(data: ConstantData, dtype: Exclude<GraphDType, 'string' | 'resource'>) {
  if (!Array.isArray(data))
    return data as Exclude<ConstantData, readonly number[]>
  const numbers: readonly number[] = data
  switch (dtype) {
    case 'float32': return Float32Array.from(numbers)
    case 'int32': return Int32Array.from(numbers)
    case 'int64': return BigInt64Array.from(numbers.map(BigInt))
    case 'float16': return new Uint16Array(Float16Array.from(numbers).buffer)
    case 'uint8': case 'bool': return Uint8Array.from(numbers)
  }
}
