import type { TensorData } from '#worker/stage.ts'
import type { FeedDeclarations, FeedValue } from './feeds.ts'
import type { NodeRef } from './graph.ts'
import type { OptimizerNodes } from './optimizers.ts'
import type { Session } from './session.ts'
import { FacetError } from '#shared/errors.ts'
import { bindFeeds } from './feeds.ts'
import { refName } from './graph.ts'

/** Names of the parts of a checkpoint. */
const stepTensor = 'step'
const variablePrefix = 'variable/'

interface ProgramParts {
  feeds: FeedDeclarations
  feedNodes: Record<string, string>
  variables: readonly string[]
  train: string
  parts: Record<string, string>
  reset: string
  metrics: Record<string, NodeRef>
  outputs: Record<string, NodeRef>
  optimizer: OptimizerNodes
}

/** A compiled training step with its weights and optimizer, all inside the native runtime. */
export class Program {
  readonly #session: Session
  readonly #parts: ProgramParts
  #stepCount = 0

  constructor(session: Session, parts: ProgramParts) {
    this.#session = session
    this.#parts = parts
    this.reset()
  }

  /** Steps done since the weights were new. */
  get stepCount(): number {
    return this.#stepCount
  }

  /**
   * One optimizer step: one run of the graph. Only loss and metrics, those of the weights before the step, come back.
   *
   * @param feeds                 one value for each declared feed
   * @param settings
   * @param settings.learningRate of this step
   * @param settings.seed         whole number; with the step's number it decides all randomness inside the step
   */
  step(feeds: Record<string, FeedValue>, { learningRate, seed = 0 }: { learningRate: number, seed?: number }): { loss: number, metrics: Record<string, number> } {
    const { train, metrics } = this.#parts
    const names = Object.keys(metrics)
    const [loss, ...values] = this.#step(feeds, { learningRate, seed }, [
      train,
      ...names.map(name => refName(metrics[name]!)),
    ])
    return {
      loss: loss!,
      metrics: Object.fromEntries(names.map((name, i) => [name, values[i]!])),
    }
  }

  /**
   * One optimizer step of some parts alone; nothing of the others is computed, and their variables and the optimizer's memory of them
   * stay as they are. A part that missed a step must not come back: the bias correction of Adam counts the program's steps.
   *
   * @param names     of `parts`
   * @param feeds     as for `step`
   * @param settings  as for `step`
   * @param settings.learningRate of this step
   * @param settings.seed         whole number
   * @returns losses before the step, in the order of the names
   */
  stepParts(names: readonly string[], feeds: Record<string, FeedValue>, { learningRate, seed = 0 }: { learningRate: number, seed?: number }): number[] {
    return this.#step(feeds, { learningRate, seed }, names.map(name => this.#parts.parts[name]!))
  }

  #step(feeds: Record<string, FeedValue>, { learningRate, seed }: { learningRate: number, seed: number }, fetches: string[]): number[] {
    const number = this.#stepCount + 1
    const bound = this.#bind(feeds, seed)
    for (const [node, value] of Object.entries(this.#parts.optimizer.scalars(learningRate, number))) {
      bound[node] = {
        dtype: 'float32',
        shape: [],
        data: Float32Array.of(value),
      }
    }
    const values = this.#session.compute(bound, fetches)
    this.#stepCount = number
    return values.map(({ data }) => data[0]!)
  }

  #bind(feeds: Record<string, FeedValue>, seed: number): ReturnType<typeof bindFeeds> {
    const { feeds: declared, feedNodes } = this.#parts
    return {
      ...bindFeeds(declared, feedNodes, feeds),
      [feedNodes.seed!]: {
        dtype: 'int32',
        shape: [2],
        data: Int32Array.of(seed, this.#stepCount),
      },
    }
  }

  /** Outputs of the step's function with the present weights, in the order of the names; nothing is trained. */
  compute(names: readonly string[], feeds: Record<string, FeedValue>): TensorData[] {
    return this.#session.compute(this.#bind(feeds, 0), names.map(name => refName(this.#parts.outputs[name]!)))
  }

  /** Present values of variables, by default of all. */
  read(names: readonly string[] = this.#parts.variables): Record<string, TensorData> {
    return this.#session.read(names)
  }

  /** Gives some or all variables new values; the optimizer's memory and the step count stay. */
  write(values: Record<string, TensorData>): void {
    this.#session.write(values)
  }

  /** Everything a resume needs: variables, the optimizer's memory, the step count. */
  save(): Record<string, TensorData> {
    const { variables, optimizer: { slots } } = this.#parts
    const values = this.#session.read([
      ...variables,
      ...slots,
    ])
    return {
      ...Object.fromEntries(variables.map(name => [variablePrefix + name, values[name]!])),
      ...Object.fromEntries(slots.map(name => [name, values[name]!])),
      [stepTensor]: {
        dtype: 'int32',
        shape: [],
        data: Int32Array.of(this.#stepCount),
      },
    }
  }

  /** Puts back what `save` gave; a missing or extra tensor is refused by name, and nothing is changed. */
  restore(tensors: Record<string, TensorData>): void {
    const { variables, optimizer: { slots } } = this.#parts
    const targets = new Map([
      ...variables.map(name => [variablePrefix + name, name] as const),
      ...slots.map(name => [name, name] as const),
    ])
    const expected = [
      ...targets.keys(),
      stepTensor,
    ]
    const missing = expected.filter(name => !Object.hasOwn(tensors, name))
    const extra = Object.keys(tensors).filter(name => !expected.includes(name))
    if (missing.length > 0 || extra.length > 0) {
      const parts = [
        missing.length > 0 && `lacks ${missing.join(', ')}`,
        extra.length > 0 && `has ${extra.join(', ')} that this step does not know`,
      ]
      throw new FacetError('bad-input', `The checkpoint ${parts.filter(Boolean).join(' and ')}.`, { hint: 'It was saved by another model or optimizer; start this run anew.' })
    }
    this.#session.write(Object.fromEntries([...targets].map(([saved, name]) => [name, tensors[saved]!])))
    this.#stepCount = tensors[stepTensor]!.data[0]!
  }

  /** The optimizer forgets everything, and the count of steps begins anew; variables stay as they are. */
  reset(): void {
    this.#session.compute({}, [this.#parts.reset])
    this.#stepCount = 0
  }

  /** Frees graph, weights and optimizer. */
  dispose(): void {
    this.#session.dispose()
  }
}
