import type { Subset } from '#shared/stages/select.ts'
import type { OptimizerConfig } from '#shared/stages/training.ts'
import type { FeedValue, Program } from '#worker/engine/compile.ts'
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import type { HeadShape, HeadTarget } from './head.ts'
import type { UnitGroup } from './normalizer.ts'
import { replayedNormals } from '#shared/seeded-random.ts'
import { compile } from '#worker/engine/compile.ts'
import { sharedDropout } from '#worker/engine/random.ts'
import { tf } from '#worker/engine/tf.ts'
import { headLoss, headVariables, labelFeed, runHead } from './head.ts'

/** What the heads have in common. `teachers`: runs of columns of the features, in their order. */
export interface BankOptions { teachers: readonly UnitGroup[], subsets: readonly Subset[], head: HeadShape, target: HeadTarget, batch: number, optimizer: OptimizerConfig }

/** Features f32 [faces, units of all teachers] and labels as the loss takes them, in the engine. */
export interface BankData { features: Tensor2D, labels: Tensor }

/**
 * One head for each subset of teachers, in one graph, each on its own teachers' columns alone. A head is what transfer trains on the
 * same columns: the same first weights, the same units dropped. Heads are known by their places in `subsets`.
 */
export class HeadBank {
  readonly #options: BankOptions
  readonly #program: Program
  readonly #variables: string[][]

  constructor(options: BankOptions, count: number) {
    this.#options = options
    const variables = options.subsets.map((_, head) => this.#weightsOf(head, () => 0))
    this.#variables = variables.map(each => Object.keys(each))
    this.#program = compileBank(options, count, Object.assign({}, ...variables) as Record<string, TensorData>, this.#variables)
  }

  /** Weights and biases of a head. */
  parametersOf(head: number): number {
    const { head: { hidden }, target, subsets } = this.#options
    const widths = [this.#widthOf(subsets[head]!), ...hidden, target.outputs]
    return widths.slice(1).reduce((sum, width, i) => sum + (widths[i]! + 1) * width, 0)
  }

  /** First weights of all heads, by the seed; the optimizer remembers nothing. */
  reset(seed: number): void {
    const normals = replayedNormals(seed)
    this.#program.reset()
    for (const head of this.#options.subsets.keys())
      this.#program.write(this.#weightsOf(head, normals()))
  }

  /** One optimizer step of some heads on some rows; gives their losses before it. */
  step(heads: readonly number[], { features, labels }: BankData, rows: Int32Array, settings: { learningRate: number, seed: number }): number[] {
    return this.#program.stepParts(heads.map(String), { features, labels, rows }, settings)
  }

  /** Outputs of some heads for some rows, f32 [rows, outputs] each. */
  outputs(heads: readonly number[], { features, labels }: BankData, rows: Int32Array): Float32Array[] {
    const { batch, target: { outputs: width } } = this.#options
    const outputs = heads.map(() => new Float32Array(rows.length * width))
    for (let from = 0; from < rows.length; from += batch) {
      const count = Math.min(batch, rows.length - from)
      const block = new Int32Array(batch)
      block.set(rows.subarray(from, from + count))
      const values: Record<string, FeedValue> = { features, labels, rows: block }
      this.#program.compute(heads.map(String), values).forEach(({ data }, i) => outputs[i]!.set(data.subarray(0, count * width), from * width))
    }
    return outputs
  }

  /** Weights of heads, `head/0/weight` and so on, as transfer names them; fetched head by head, since TensorFlow plans each new set of fetches. */
  read(heads: readonly number[]): Record<string, TensorData>[] {
    return heads.map((head) => {
      const values = this.#program.read(this.#variables[head]!)
      return Object.fromEntries(this.#variables[head]!.map(name => [name.slice(`${head}/`.length), values[name]!]))
    })
  }

  write(head: number, weights: Record<string, TensorData>): void {
    this.#program.write(prefixed(`${head}/`, weights))
  }

  /** All that a resume needs. */
  save(): Record<string, TensorData> {
    return this.#program.save()
  }

  restore(saved: Record<string, TensorData>): void {
    this.#program.restore(saved)
  }

  dispose(): void {
    this.#program.dispose()
  }

  #weightsOf(head: number, normal: () => number): Record<string, TensorData> {
    const { subsets, head: shape, target } = this.#options
    return prefixed(`${head}/`, headVariables(this.#widthOf(subsets[head]!), shape, target.outputs, 0, normal))
  }

  #widthOf(subset: Subset): number {
    return subset.reduce((sum, place) => sum + this.#options.teachers[place]!.dimension, 0)
  }
}

function compileBank({ teachers, subsets, head, target, batch, optimizer }: BankOptions, count: number, variables: Record<string, TensorData>, names: readonly string[][]): Program {
  const width = teachers.reduce((sum, { dimension }) => sum + dimension, 0)
  return compile(({ features, labels, rows, seed }, weights) => {
    const x = tf.gather(features, rows as Tensor1D) as Tensor2D // [batch, width]
    const wanted = tf.gather(labels, rows as Tensor1D)
    const columns = tf.split<Tensor2D>(x, teachers.map(({ dimension }) => dimension), 1) // [batch, d_i] per teacher
    const drop = sharedDropout()
    const losses: Record<string, Scalar> = {}
    const outputs: Record<string, Tensor> = {}
    for (const [i, subset] of subsets.entries()) {
      const own = subset.length === 1
        ? columns[subset[0]!]!
        : tf.concat(subset.map(place => columns[place]!), 1) // [batch, sum of its d_i]
      const weightsOfHead = Object.fromEntries(names[i]!.map(name => [name.slice(`${i}/`.length), weights[name]!]))
      losses[i] = headLoss(runHead(own, weightsOfHead, head, seed, drop), wanted, target)
      outputs[i] = runHead(own, weightsOfHead, head)
    }
    return { loss: tf.addN(Object.values(losses)) as Scalar, metrics: losses, outputs }
  }, {
    name: 'heads',
    feeds: {
      features: { shape: [count, width], dtype: 'float32' },
      labels: labelFeed(target, count),
      rows: { shape: [batch], dtype: 'int32' },
    },
    variables,
    parts: Object.fromEntries(names.map((each, i) => [String(i), each])),
    optimizer,
  })
}

function prefixed<T>(prefix: string, values: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]))
}
