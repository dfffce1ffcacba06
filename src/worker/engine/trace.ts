import type { TFEOpAttr, TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js'
import type { Attribute, Attributes } from './attributes.ts'
import type { GraphBuilder, NodeRef } from './graph.ts'
import type { Tensor } from './tf.ts'
import { FacetError } from '#shared/errors.ts'
import { attr } from './attributes.ts'
import { dtypeOf } from './dtypes.ts'
import { backend, tf } from './tf.ts'

interface TensorInfo { id: number, dtype: number, shape: number[], values: unknown }
interface Constant { shape: number[], dtype: number, values: Float32Array | Int32Array | Uint8Array }
type NativeArgs<Name extends 'executeOp' | 'createTensor'> = Parameters<TFJSBinding[Name]>

/** What recording replaces for its time: the backend's way to TensorFlow, its making of tensors, and reads by user code. */
interface Patched {
  binding: TFJSBinding
  move: (dataId: object, ...rest: unknown[]) => void
  getInputTensorIds: (tensors: Tensor[]) => number[]
  tensorMap: { get: (dataId: object) => TensorInfo }
}
const patched = backend as unknown as Patched
const prototype = Object.getPrototypeOf(backend) as Patched

const outsideHint = 'Declare it under feeds or variables, or create it inside the function.'

/** Finds the node that stands for a tensor of the traced function. */
export type RefOf = (tensor: Tensor) => NodeRef

/**
 * Runs a tfjs function once, eagerly, and writes every op it does into the graph.
 * All kernels of tfjs-node go through `backend.binding`, whose own properties cannot be changed: so the whole binding is replaced for the time.
 * Tensors made inside become constants; so a random number drawn by tfjs would be the same in each run: use random.ts.
 *
 * @param builder  where nodes are appended
 * @param known    feeds and variables: tensor -> its node
 * @param run      the function; `refOf` must be asked while the tensor is alive
 * @throws FacetError `bad-input` for a tensor from elsewhere, with its name and the line that uses it
 */
export function trace<T>(builder: GraphBuilder, known: ReadonlyMap<Tensor, NodeRef>, run: (refOf: RefOf) => T): T {
  if (Object.hasOwn(backend, 'getInputTensorIds'))
    throw new Error('internal: a function is traced inside a traced function')
  const recorder = new Recorder(builder)
  for (const [tensor, ref] of known)
    recorder.know(tensor, ref)
  return recorder.during(() => run(tensor => recorder.refOf(tensor)))
}

class Recorder {
  readonly #builder: GraphBuilder
  readonly #native = backend.binding
  readonly #refs = new Map<number, NodeRef>()
  readonly #constants = new Map<number, Constant>()
  readonly #made = new WeakSet<object>()

  constructor(builder: GraphBuilder) {
    this.#builder = builder
  }

  know(tensor: Tensor, ref: NodeRef): void {
    this.#refs.set(prototype.getInputTensorIds.call(backend, [tensor])[0]!, ref)
  }

  refOf(tensor: Tensor): NodeRef {
    return this.#input(patched.getInputTensorIds([tensor])[0]!)
  }

  during<T>(run: () => T): T {
    const engine = tf.engine() as unknown as { readSync: unknown }
    patched.binding = this.#recordingBinding()
    patched.move = (dataId, ...rest) => {
      this.#made.add(dataId)
      prototype.move.call(backend, dataId, ...rest)
    }
    patched.getInputTensorIds = tensors => this.#inputIds(tensors)
    engine.readSync = () => {
      throw new FacetError('bad-input', 'A traced function reads the numbers of a tensor: the graph would keep those of this one run.', {
        where: callerLine(),
        hint: 'Compute with the tensor instead, or return it as a metric.',
      })
    }
    try {
      return tf.tidy(() => run() as never)
    }
    finally {
      patched.binding = this.#native
      // The replacements are own properties; without them the prototype's methods show again.
      Reflect.deleteProperty(patched, 'move')
      Reflect.deleteProperty(patched, 'getInputTensorIds')
      Reflect.deleteProperty(engine, 'readSync')
    }
  }

  #recordingBinding(): TFJSBinding {
    const native = this.#native
    const copy = Object.fromEntries(Object.getOwnPropertyNames(native).map(key => [key, native[key as keyof TFJSBinding]])) as unknown as TFJSBinding
    copy.createTensor = (...args: NativeArgs<'createTensor'>) => {
      const id = native.createTensor(...args)
      const [shape, dtype, values] = args
      this.#constants.set(id, { shape, dtype, values: values as Constant['values'] })
      return id
    }
    copy.executeOp = (...args: NativeArgs<'executeOp'>) => {
      const [name, attributes, ids, count] = args
      const inputs = ids.map(id => this.#input(id))
      const outputs = native.executeOp(name, attributes, ids, count)
      const written = attributesOf(attributes, native)
      // The one op whose type tfjs leaves to be guessed from its input; a graph wants it said. It is the output's too.
      if (name === 'ExpandDims')
        written.T ??= attr.type(outputs[0]!.dtype)
      const first = this.#builder.op(name, inputs, written, count)
      outputs.forEach(({ id }, i) => this.#refs.set(id, this.#builder.output(first, i)))
      return outputs
    }
    return copy
  }

  /** Refuses what neither is known nor was made since recording began. */
  #inputIds(tensors: Tensor[]): number[] {
    for (const tensor of tensors) {
      // Int64Scalar has no data: the backend makes a fresh tensor of it.
      if (!(tensor instanceof tf.Tensor))
        continue
      const { id, values } = patched.tensorMap.get(tensor.dataId)
      const isKnown = values === null
        ? this.#refs.has(id) || this.#constants.has(id)
        : this.#made.has(tensor.dataId)
      if (!isKnown)
        throw fromOutside(tensor)
    }
    return prototype.getInputTensorIds.call(backend, tensors)
  }

  #input(id: number): NodeRef {
    const ref = this.#refs.get(id)
    if (ref)
      return ref
    const constant = this.#constants.get(id)
    if (!constant) {
      throw new FacetError('bad-input', `The traced function uses a tensor from outside the trace (native tensor ${id}).`, {
        where: callerLine(),
        hint: outsideHint,
      })
    }
    const made = constantNode(this.#builder, constant)
    this.#refs.set(id, made)
    this.#constants.delete(id)
    return made
  }
}

function fromOutside(tensor: Tensor): FacetError {
  const name = tensor instanceof tf.Variable
    ? `variable "${tensor.name}"`
    : `tensor ${tensor.id}`
  return new FacetError('bad-input', `The traced function uses ${name}, ${tensor.dtype} [${tensor.shape}], from outside the trace.`, {
    where: callerLine(),
    hint: outsideHint,
  })
}

/** The line of the traced function that is being executed: the innermost one that is neither tfjs nor engine. */
function callerLine(): string | undefined {
  // tfjs puts some twenty frames of its own in between; Node keeps ten.
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 60
  const lines = new Error('where').stack?.split('\n').slice(1) ?? []
  Error.stackTraceLimit = limit
  const line = lines.find(each => !each.includes('node_modules') && !each.includes('/src/worker/engine/'))
  return /\(?(?:file:\/\/)?([^\s()]+:\d+):\d+\)?$/.exec(line ?? '')?.[1]
}

function constantNode(builder: GraphBuilder, { shape, dtype, values }: Constant): NodeRef {
  const type = dtypeOf(dtype)
  if (type === 'string' || type === 'resource') {
    throw new FacetError('bad-input', 'A traced function makes a tensor of strings; a graph here holds numbers only.', {
      where: callerLine(),
    })
  }
  if (type === 'int64')
    return builder.constant(new BigInt64Array(values.buffer, values.byteOffset, values.byteLength / 8), shape, type)
  // tf.zeros and tf.ones fill arrays: keep one number of a large one.
  const isUniform = values.length > 16 && values.every(value => value === values[0])
  return builder.constant(isUniform
    ? values.slice(0, 1)
    : values, shape, type)
}

function attributesOf(attributes: readonly TFEOpAttr[], native: TFJSBinding): Attributes {
  return Object.fromEntries(attributes.map(each => [
    each.name,
    attributeOf(each, native),
  ]))
}

function attributeOf({ name, type, value }: TFEOpAttr, native: TFJSBinding): Attribute {
  const isList = Array.isArray(value)
  switch (type) {
    case native.TF_ATTR_STRING: return attr.string(value as string)
    case native.TF_ATTR_INT: return isList
      ? attr.ints(value as number[])
      : attr.int(Number(value))
    case native.TF_ATTR_FLOAT: return isList
      ? attr.floats(value as number[])
      : attr.float(value as number)
    case native.TF_ATTR_BOOL: return attr.bool(value as boolean)
    case native.TF_ATTR_TYPE: return isList
      ? attr.types(value as unknown as number[])
      : attr.type(value as number)
    case native.TF_ATTR_SHAPE: return attr.shape(value as number[])
    default: throw new Error(`internal: attribute "${name}" has a type (${type}) that tracing does not know`)
  }
}
