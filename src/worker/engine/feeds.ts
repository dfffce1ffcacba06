import type { TensorData } from '#worker/stage.ts'
import type { GraphBuilder, NodeRef, VariableRef } from './graph.ts'
import type { Tensor } from './tf.ts'
import { FacetError } from '#shared/errors.ts'
import { attr } from './attributes.ts'
import { sizeOf } from './dtypes.ts'
import { tf } from './tf.ts'

/** A value that changes from step to step. uint8 travels as bytes and arrives in the function as float32, 0..255. */
export interface FeedDeclaration { shape: readonly number[], dtype: 'float32' | 'int32' | 'uint8' }
export type FeedDeclarations = Record<string, FeedDeclaration>

/** What can be given for a feed: numbers in row-major order, or a tensor of the declared shape. */
export type FeedValue = Float32Array | Int32Array | Uint8Array | Tensor
export type FeedTensors<F> = { [Name in keyof F]: Tensor }

/** Example tensors for a trace, with the nodes they stand for. */
export interface Declared { tensors: Record<string, Tensor>, known: Map<Tensor, NodeRef> }

const arrays = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array } as const

/** Placeholders `feed/NAME`, and zeros to trace with. */
export function declareFeeds(builder: GraphBuilder, feeds: FeedDeclarations): Declared & { nodes: Record<string, string> } {
  const tensors: Record<string, Tensor> = {}
  const known = new Map<Tensor, NodeRef>()
  const nodes: Record<string, string> = {}
  for (const [name, { shape, dtype }] of Object.entries(feeds)) {
    const placeholder = builder.placeholder(`feed/${name}`, shape, dtype)
    nodes[name] = placeholder.node
    const isBytes = dtype === 'uint8'
    tensors[name] = tf.zeros([...shape], isBytes
      ? 'float32'
      : dtype)
    known.set(tensors[name], isBytes
      ? builder.op('Cast', [placeholder], {
          SrcT: attr.type('uint8'),
          DstT: attr.type('float32'),
          Truncate: attr.bool(false),
        })
      : placeholder)
  }
  return { tensors, known, nodes }
}

/** Resource variables with tensors of their first values to trace with. */
export function declareVariables(builder: GraphBuilder, variables: Record<string, TensorData>): Declared & { refs: Record<string, VariableRef> } {
  const tensors: Record<string, Tensor> = {}
  const known = new Map<Tensor, NodeRef>()
  const refs: Record<string, VariableRef> = {}
  for (const [name, { shape, dtype, data }] of Object.entries(variables)) {
    if (dtype === 'uint8')
      throw new FacetError('bad-input', `Variable "${name}" is uint8; variables are float32 or int32.`)
    if (data.length !== sizeOf(shape))
      throw new FacetError('bad-input', `Variable "${name}" of [${shape}] needs ${sizeOf(shape)} numbers, ${data.length} are given.`)
    const ref = builder.variable(name, shape, dtype)
    refs[name] = ref
    tensors[name] = tf.tensor(data, shape, dtype)
    known.set(tensors[name], ref.value)
  }
  return { tensors, known, refs }
}

/** The values of one run under the placeholders' names; a missing or unknown feed is named. */
export function bindFeeds(declared: FeedDeclarations, nodes: Record<string, string>, values: Record<string, FeedValue>): Record<string, Tensor | TensorData> {
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(declared, name))
      throw new FacetError('bad-input', `There is no feed "${name}"; declared are ${Object.keys(declared).join(', ')}.`)
  }
  return Object.fromEntries(Object.entries(declared).map(([name, { shape, dtype }]) => {
    const value = values[name]
    if (value === undefined)
      throw new FacetError('bad-input', `Feed "${name}" (${dtype} [${shape}]) is missing.`)
    if (value instanceof tf.Tensor)
      return [nodes[name]!, value]
    if (!(value instanceof arrays[dtype]))
      throw new FacetError('bad-input', `Feed "${name}" takes ${arrays[dtype].name} (${dtype}), a ${(value as object).constructor.name} is given.`)
    return [
      nodes[name]!,
      {
        dtype,
        shape: [...shape],
        data: value,
      },
    ]
  }))
}
