import type { TensorData } from '#worker/stage.ts'
import type { FeedDeclarations, FeedTensors, FeedValue } from './feeds.ts'
import type { NodeRef } from './graph.ts'
import type { Session } from './session.ts'
import type { Tensor } from './tf.ts'
import { attr } from './attributes.ts'
import { bindFeeds, declareFeeds, declareVariables } from './feeds.ts'
import { GraphBuilder, refName } from './graph.ts'
import { tf } from './tf.ts'
import { trace } from './trace.ts'

/** One result of an inference: numbers in row-major order. */
export interface InferenceOutput { shape: number[], data: Float32Array }

/**
 * Compiles a function, written in plain tfjs, to one native graph. Shapes are fixed: pad the last batch.
 *
 * @param fn  feeds and variables -> named tensors, which come back as float32
 * @throws FacetError naming a tensor from outside or an op TensorFlow does not have
 */
export function compileInference<F extends FeedDeclarations, V extends Record<string, TensorData>>(
  fn: (feeds: FeedTensors<F>, variables: FeedTensors<V>) => Record<string, Tensor>,
  options: { feeds: F, variables: V },
): InferenceProgram {
  const builder = new GraphBuilder()
  return tf.tidy(() => {
    const feeds = declareFeeds(builder, options.feeds)
    const variables = declareVariables(builder, options.variables)
    const outputs = trace(builder, new Map([
      ...feeds.known,
      ...variables.known,
    ]), (refOf) => {
      const results = fn(feeds.tensors as FeedTensors<F>, variables.tensors as FeedTensors<V>)
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [
        name,
        asFloat(builder, tensor, refOf(tensor)),
      ]))
    })
    const program = new InferenceProgram(builder.load(), options.feeds, feeds.nodes, outputs)
    program.write(options.variables)
    return program as never
  })
}

function asFloat(builder: GraphBuilder, { dtype }: Tensor, ref: NodeRef): NodeRef {
  if (dtype === 'float32')
    return ref
  return builder.op('Cast', [ref], {
    SrcT: attr.type(dtype === 'bool'
      ? 'bool'
      : 'int32'),
    DstT: attr.type('float32'),
    Truncate: attr.bool(false),
  })
}

/** A compiled function with its weights inside the native runtime. */
export class InferenceProgram {
  readonly #session: Session
  readonly #feeds: FeedDeclarations
  readonly #feedNodes: Record<string, string>
  readonly #names: string[]
  readonly #fetches: string[]

  constructor(session: Session, feeds: FeedDeclarations, feedNodes: Record<string, string>, outputs: Record<string, NodeRef>) {
    this.#session = session
    this.#feeds = feeds
    this.#feedNodes = feedNodes
    this.#names = Object.keys(outputs)
    this.#fetches = Object.values(outputs).map(refName)
  }

  /** Computes all outputs of one batch: one run of the graph. */
  run(feeds: Record<string, FeedValue>): Record<string, InferenceOutput> {
    const values = this.#session.compute(bindFeeds(this.#feeds, this.#feedNodes, feeds), this.#fetches)
    return Object.fromEntries(this.#names.map((name, i) => [
      name,
      { shape: values[i]!.shape, data: values[i]!.data as Float32Array },
    ]))
  }

  /** Multiply-adds of one batch, of convolutions and matrix products. */
  multiplyAdds(feeds: Record<string, FeedValue>): number {
    return this.#session.multiplyAdds(bindFeeds(this.#feeds, this.#feedNodes, feeds))
  }

  /** Gives some or all variables new values. */
  write(values: Record<string, TensorData>): void {
    this.#session.write(values)
  }

  /** Frees graph and weights. */
  dispose(): void {
    this.#session.dispose()
  }
}
