import type { OptimizerConfig } from '#shared/stages/training.ts'
import type { TensorData } from '#worker/stage.ts'
import type { FeedDeclarations, FeedTensors } from './feeds.ts'
import type { NodeRef, VariableRef } from './graph.ts'
import type { Scalar, Tensor } from './tf.ts'
import { FacetError } from '#shared/errors.ts'
import { attr } from './attributes.ts'
import { declareFeeds, declareVariables } from './feeds.ts'
import { GraphBuilder } from './graph.ts'
import { addOptimizer } from './optimizers.ts'
import { Program } from './program.ts'
import { tf } from './tf.ts'
import { trace } from './trace.ts'

export type { FeedDeclaration, FeedDeclarations, FeedTensors, FeedValue } from './feeds.ts'
export { compileInference } from './inference.ts'
export type { InferenceOutput, InferenceProgram } from './inference.ts'
export { Program } from './program.ts'

/** What a training step gives back. `updates`: new values of variables that no gradient moves, by the variable's name, e.g. moving statistics. */
export interface StepResult {
  loss: Scalar
  metrics?: Record<string, Scalar>
  updates?: Record<string, Tensor>
  /** What `Program.compute` can be asked for. */
  outputs?: Record<string, Tensor>
}

/** Tensors of a step's feeds; `seed` (int32 [2]: the step's seed, the step's number) is always there, for random.ts. */
export type StepFeeds<F> = FeedTensors<F> & { seed: Tensor }

interface CompileOptions<F extends FeedDeclarations, V extends Record<string, TensorData>> {
  feeds: F
  /** First values. */
  variables: V
  /** Names of those the optimizer moves. Default: all that are not in `updates`. */
  trainable?: readonly string[]
  optimizer: OptimizerConfig
  /**
   * Models that learn side by side: the variables that each trains, by its name. The metric of that name is its loss, the step's loss
   * their sum. `Program.stepParts` steps some of them and does no work for the others.
   */
  parts?: Record<string, readonly string[]>
  /** Shown where an error is. */
  name?: string
}

/**
 * Compiles a training step, written in plain tfjs, to one native graph: forward, gradients and optimizer. Runs it once eagerly on zeros to see what it does.
 * Batch and other shapes are fixed. Compiled steps of one process share nothing.
 *
 * @param step  feeds and variables -> loss (a scalar), metrics (scalars), updates; must not use tensors from elsewhere
 * @throws FacetError naming a tensor from outside, a variable without gradient, an op TensorFlow does not have
 */
export function compile<F extends FeedDeclarations, V extends Record<string, TensorData>>(
  step: (feeds: StepFeeds<F>, variables: FeedTensors<V>) => StepResult,
  options: CompileOptions<F, V>,
): Program {
  const builder = new GraphBuilder()
  return tf.tidy(() => {
    const feeds = declareFeeds(builder, {
      ...options.feeds,
      seed: {
        shape: [2],
        dtype: 'int32',
      },
    })
    const variables = declareVariables(builder, options.variables)
    const traced = trace(builder, new Map([
      ...feeds.known,
      ...variables.known,
    ]), refOf => differentiate(
      () => step(feeds.tensors as StepFeeds<F>, variables.tensors as FeedTensors<V>),
      variables.tensors,
      options,
      refOf,
    ))
    const trained = Object.entries(traced.gradients).map(([name, gradient]) => ({ variable: variables.refs[name]!, shape: options.variables[name]!.shape, gradient }))
    const optimizer = addOptimizer(builder, options.optimizer, trained)
    const assigned = Object.entries(traced.updates).map(([name, value]) => assign(builder, variables.refs[name]!, value, options.variables[name]!.dtype))
    // The loss is that of the weights before the step; fetching it waits for the updates, so that one run is one whole step.
    const stepOf = (name: string, loss: NodeRef, control: NodeRef[]): string => builder.op('Identity', [loss], {
      T: attr.type('float32'),
    }, 1, { name, control }).node
    const train = stepOf('train', traced.loss, [
      ...optimizer.updates,
      ...assigned,
    ])
    const updates = new Map(trained.map(({ variable }, i) => [variable.name, optimizer.updates[i]!]))
    const parts = Object.entries(partsOf(options, traced)).map(([name, variables]) => [name, stepOf(`train/${name}`, traced.metrics[name]!, variables.map(each => updates.get(each)!))])
    const reset = builder.op('Identity', [
      builder.constant([0], [], 'int32'),
    ], {
      T: attr.type('int32'),
    }, 1, { name: 'optimizer/reset', control: optimizer.resets })
    const program = new Program(builder.load(), {
      feeds: options.feeds,
      feedNodes: feeds.nodes,
      variables: Object.keys(options.variables),
      train,
      parts: Object.fromEntries(parts) as Record<string, string>,
      reset: reset.node,
      metrics: traced.metrics,
      outputs: traced.outputs,
      optimizer,
    })
    program.write(options.variables)
    return program as never
  })
}

interface Traced { loss: NodeRef, metrics: Record<string, NodeRef>, outputs: Record<string, NodeRef>, updates: Record<string, NodeRef>, gradients: Record<string, NodeRef> }
interface Engine { gradients: (f: () => Tensor, xs: Tensor[], dy: undefined, allowNoGradients: boolean) => { value: Tensor, grads: (Tensor | undefined)[] } }

function differentiate(
  step: () => StepResult,
  variables: Record<string, Tensor>,
  { trainable, name }: { trainable?: readonly string[], name?: string },
  refOf: (tensor: Tensor) => NodeRef,
): Traced {
  const names = trainable ?? Object.keys(variables).filter(each => variables[each]!.dtype === 'float32')
  for (const each of names) {
    if (!variables[each])
      throw new FacetError('bad-input', `"${each}" is to be trained, but there is no such variable.`, { where: name })
  }
  const refsOf = (tensors: Record<string, Tensor> = {}) => Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [
    key,
    refOf(tensor),
  ]))
  let traced: Omit<Traced, 'gradients'> | undefined
  const { grads } = (tf.engine() as unknown as Engine).gradients(() => {
    const { loss, metrics, updates, outputs } = step()
    if (loss.rank !== 0)
      throw new FacetError('bad-input', `The loss is [${loss.shape}]; it must be a scalar, one number per batch.`, { where: name })
    checkUpdates(updates ?? {}, variables, trainable ?? [], name)
    traced = {
      loss: refOf(loss),
      metrics: refsOf(metrics),
      outputs: refsOf(outputs),
      updates: refsOf(updates),
    }
    return loss
  }, names.map(each => variables[each]!), undefined, true)
  const gradients: Record<string, NodeRef> = {}
  names.forEach((each, i) => {
    if (!trainable && Object.hasOwn(traced!.updates, each))
      return
    if (!grads[i])
      throw new FacetError('bad-input', `The loss does not depend on variable "${each}".`, { where: name, hint: 'Leave it out of `trainable`, or give its new value under `updates`.' })
    gradients[each] = refOf(grads[i])
  })
  return { ...traced!, gradients }
}

/** The parts, each variable in the one that trains it. */
function partsOf({ parts = {}, name: where }: Pick<CompileOptions<FeedDeclarations, Record<string, TensorData>>, 'parts' | 'name'>, { metrics, gradients }: Traced): Record<string, readonly string[]> {
  const names = Object.values(parts).flat()
  const wrong = names.find((each, i) => !gradients[each] || names.indexOf(each) < i)
  if (wrong !== undefined)
    throw new FacetError('bad-input', `Variable "${wrong}" must be trained, and by one part alone.`, { where })
  const silent = Object.keys(parts).find(part => !metrics[part])
  if (silent !== undefined)
    throw new FacetError('bad-input', `Part "${silent}" needs a metric of its name: its loss.`, { where })
  return parts
}

function checkUpdates(updates: Record<string, Tensor>, variables: Record<string, Tensor>, trainable: readonly string[], where?: string): void {
  for (const [name, value] of Object.entries(updates)) {
    const variable = variables[name]
    if (!variable)
      throw new FacetError('bad-input', `An update is given for "${name}", but there is no such variable.`, { where })
    if (trainable.includes(name))
      throw new FacetError('bad-input', `Variable "${name}" is both trained and updated.`, { where })
    if (variable.shape.join() !== value.shape.join() || variable.dtype !== value.dtype)
      throw new FacetError('bad-input', `The update of "${name}" is ${value.dtype} [${value.shape}], the variable ${variable.dtype} [${variable.shape}].`, { where })
  }
}

/** Gives a variable its new value, once the old one has been read. The copy is for a feed taken as it is: its buffer is the caller's. */
function assign(builder: GraphBuilder, variable: VariableRef, value: NodeRef, dtype: TensorData['dtype']): NodeRef {
  const copy = builder.op('DeepCopy', [value], {
    T: attr.type(dtype),
  })
  return builder.op('AssignVariableOp', [variable.handle, copy], {
    dtype: attr.type(dtype),
    validate_shape: attr.bool(false),
  }, 0, {
    control: [variable.value],
  })
}
