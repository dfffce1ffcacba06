import type { TensorData } from '#worker/stage.ts'
import type { Product } from './multiply-adds.ts'
import type { GraphNode } from './saved-model.ts'
import type { Tensor } from './tf.ts'
import { FacetError } from '#shared/errors.ts'
import { dtypeCodes, sizeOf } from './dtypes.ts'
import { productsOf, sumProducts } from './multiply-adds.ts'
import { outOfMemoryOf } from './out-of-memory.ts'
import { loadGraph } from './saved-model.ts'
import { backend, tf } from './tf.ts'

/** What a placeholder takes. -1 stands for any size. */
export interface FeedSpec { shape: readonly number[], dtype: number }

/** A graph's variables: what is needed to write and read them by name. */
export interface VariableSpec { shape: readonly number[], dtype: TensorData['dtype'], feed: string, assigned: string, value: string }

interface Output { id: number, shape: number[], dtype: number }

/** Private parts of the backend that have no public counterpart. */
const internals = backend as unknown as {
  createOutputTensor: (output: Output) => Tensor
  getInputTensorIds: (tensors: Tensor[]) => number[]
}

/** A loaded graph. Values of its variables live in it until `dispose`. */
export class Session {
  readonly #id: number
  readonly #nodes: Set<string>
  readonly #feeds: ReadonlyMap<string, FeedSpec>
  readonly #variables: ReadonlyMap<string, VariableSpec>
  readonly #products: Product[]
  #disposed = false

  constructor(nodes: readonly GraphNode[], feeds: ReadonlyMap<string, FeedSpec>, variables: ReadonlyMap<string, VariableSpec>) {
    this.#nodes = new Set(nodes.map(node => node.name))
    this.#feeds = new Map(feeds)
    this.#variables = new Map(variables)
    this.#products = productsOf(nodes)
    this.#id = loadGraph(nodes)
  }

  /**
   * Runs what the fetches need, once. Bytes are fed as bytes (tfjs has no uint8); a tfjs tensor is fed as it is.
   *
   * @param feeds    placeholder name -> value
   * @param fetches  `node` or `node:index`
   * @returns tensors in the order of the fetches; the caller (or tf.tidy) frees them
   */
  run(feeds: Record<string, Tensor | TensorData>, fetches: readonly string[]): Tensor[] {
    return this.#execute(feeds, fetches).map(output => internals.createOutputTensor(output))
  }

  /** As `run`, but gives numbers and leaves no tensor behind. Fetch float32, int32 or bool. */
  compute(feeds: Record<string, Tensor | TensorData>, fetches: readonly string[]): TensorData[] {
    const { binding } = backend
    const outputs = this.#execute(feeds, fetches)
    try {
      return outputs.map(({ id, shape }) => {
        const data = binding.tensorDataSync(id)
        return {
          dtype: dtypeOfArray(data),
          shape,
          data,
        }
      })
    }
    finally {
      for (const { id } of outputs)
        binding.deleteTensor(id)
    }
  }

  /** Multiply-adds of all convolutions and matrix products of the graph, for these feeds. */
  multiplyAdds(feeds: Record<string, Tensor | TensorData>): number {
    const names = [...new Set(this.#products.flatMap(({ node, weights }) => [node, weights]))]
    if (names.length === 0)
      return 0
    const outputs = this.#execute(feeds, names)
    for (const { id } of outputs)
      backend.binding.deleteTensor(id)
    return sumProducts(this.#products, new Map(names.map((name, i) => [name, outputs[i]!.shape])))
  }

  /** Gives variables new values, all in one run. Names and shapes must be those of the graph. */
  write(values: Record<string, TensorData>): void {
    const names = Object.keys(values)
    if (names.length === 0)
      return
    const feeds: Record<string, TensorData> = {}
    for (const name of names) {
      const { feed, shape, dtype } = this.#variable(name)
      const value = values[name]!
      if (value.shape.join() !== shape.join() || value.dtype !== dtype)
        throw new FacetError('bad-input', `Variable "${name}" is ${dtype} [${shape}], the value given is ${value.dtype} [${value.shape}].`)
      feeds[feed] = value
    }
    for (const { id } of this.#execute(feeds, names.map(name => this.#variable(name).assigned)))
      backend.binding.deleteTensor(id)
  }

  /** Values of variables, by default of all. */
  read(names: readonly string[] = [
    ...this.#variables.keys(),
  ]): Record<string, TensorData> {
    if (names.length === 0)
      return {}
    const values = this.compute({}, names.map(name => this.#variable(name).value))
    return Object.fromEntries(names.map((name, i) => [name, values[i]!]))
  }

  /** Frees the graph and its variables; a second call does nothing. */
  dispose(): void {
    if (!this.#disposed)
      backend.deleteSavedModel(this.#id)
    this.#disposed = true
  }

  /** All variables are of four bytes a number but bytes themselves. */
  #variableBytes(): number {
    return [...this.#variables.values()].reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * (dtype === 'uint8' ? 1 : 4), 0)
  }

  #variable(name: string): VariableSpec {
    const found = this.#variables.get(name)
    if (!found) {
      throw new FacetError('not-found', `The graph has no variable "${name}"; it has ${[
        ...this.#variables.keys(),
      ].join(', ') || 'none'}.`)
    }
    return found
  }

  #execute(feeds: Record<string, Tensor | TensorData>, fetches: readonly string[]): Output[] {
    if (this.#disposed)
      throw new FacetError('internal', 'internal: the graph was disposed of before this run.')
    for (const fetch of fetches) {
      if (!this.#nodes.has(fetch.split(':', 1)[0]!))
        throw new FacetError('not-found', `The graph has no node "${fetch}" to fetch.`)
    }
    const { binding } = backend
    const made: number[] = []
    try {
      const names = Object.keys(feeds)
      const ids = names.map((name) => {
        const value = feeds[name]!
        this.#checkFeed(name, value)
        if (value instanceof tf.Tensor)
          return internals.getInputTensorIds([value])[0]!
        const id = binding.createTensor(value.shape, dtypeCodes[value.dtype], value.data)
        made.push(id)
        return id
      })
      // Without an index the binding takes a node's leading digits for one.
      return binding.runSavedModel(this.#id, ids, names.map(name => `${name}:0`).join(), fetches.map(withIndex).join())
    }
    catch (cause) {
      throw cause instanceof FacetError
        ? cause
        : outOfMemoryOf(cause, this.#variableBytes()) ?? new FacetError('engine', `TensorFlow stopped: ${cause instanceof Error
          ? cause.message
          : String(cause)}`, { cause })
    }
    finally {
      for (const id of made)
        binding.deleteTensor(id)
    }
  }

  #checkFeed(name: string, value: Tensor | TensorData): void {
    const spec = this.#feeds.get(name)
    if (!spec) {
      throw new FacetError('not-found', `The graph has no feed "${name}"; it has ${[
        ...this.#feeds.keys(),
      ].join(', ') || 'none'}.`)
    }
    const fits = value.shape.length === spec.shape.length && spec.shape.every((side, i) => side === -1 || side === value.shape[i])
    if (!fits)
      throw new FacetError('bad-input', `Feed "${name}" takes [${spec.shape}], the value given is [${value.shape}].`)
    if (!(value instanceof tf.Tensor) && value.data.length !== sizeOf(value.shape))
      throw new FacetError('bad-input', `Feed "${name}" of [${value.shape}] needs ${sizeOf(value.shape)} numbers, ${value.data.length} are given.`)
  }
}

function withIndex(fetch: string): string {
  return fetch.includes(':')
    ? fetch
    : `${fetch}:0`
}

function dtypeOfArray(data: Float32Array | Int32Array | Uint8Array): TensorData['dtype'] {
  if (data instanceof Float32Array)
    return 'float32'
  return data instanceof Int32Array
    ? 'int32'
    : 'uint8'
}
