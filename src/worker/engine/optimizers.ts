import type { OptimizerConfig } from '#shared/stages/training.ts'
import type { GraphBuilder, NodeRef, VariableRef } from './graph.ts'
import { attr } from './attributes.ts'

/*
 * Each update waits until its variable has been read: a gradient may not depend on the variable's value (that of a linear loss does not),
 * and loss and metrics are those of the weights before the step. What was read stays as it was: TensorFlow copies a buffer that is still in use.
 */

/** One trained variable with its gradient. */
export interface Trained { variable: VariableRef, shape: readonly number[], gradient: NodeRef }

/** Update rule in the graph. */
export interface OptimizerNodes {
  /** Nodes that update the trained variables. */
  updates: NodeRef[]
  /** Names of the variables the rule keeps for itself; part of a checkpoint. */
  slots: string[]
  /** Nodes that set those to zero. */
  resets: NodeRef[]
  /** Scalars to feed for the step with this number, counted from 1. */
  scalars: (learningRate: number, step: number) => Record<string, number>
}

/** Kingma and Ba 2015's constants as TensorFlow holds them: float32, so that the bias correction below fits the averages exactly. */
const beta1 = Math.fround(0.9)
const beta2 = Math.fround(0.999)
const epsilon = 1e-8

/** Appends the update rule of a configuration to the graph. */
export function addOptimizer(builder: GraphBuilder, config: OptimizerConfig, trained: readonly Trained[]): OptimizerNodes {
  switch (config.kind) {
    case 'adam': return addAdam(builder, trained, 0)
    case 'adamw': return addAdam(builder, trained, config.weightDecay)
    case 'sgd': return addMomentum(builder, trained, config.momentum)
  }
}

/**
 * Adam (Kingma and Ba 2015, Algorithm 1) and AdamW (Loshchilov and Hutter 2019, Algorithm 2 with the decay scaled by the learning rate, as PyTorch does):
 * w -= rate * decay * w + rate * m' / (sqrt(v') + 1e-8), with m' = m / (1 - 0.9^t), v' = v / (1 - 0.999^t).
 * TensorFlow's op has its epsilon beside sqrt(v) instead of sqrt(v'): a fed epsilon * sqrt(1 - 0.999^t) makes it the paper's.
 */
function addAdam(builder: GraphBuilder, trained: readonly Trained[], weightDecay: number): OptimizerNodes {
  const scalar = (value: number) => builder.constant([value], [], 'float32')
  const rate = builder.placeholder('optimizer/rate', [], 'float32')
  const fedEpsilon = builder.placeholder('optimizer/epsilon', [], 'float32')
  const decay = weightDecay > 0
    ? builder.placeholder('optimizer/decay', [], 'float32')
    : null
  const [zero, b1, b2] = [
    scalar(0),
    scalar(beta1),
    scalar(beta2),
  ]
  const slots: string[] = []
  const resets: NodeRef[] = []
  const updates = trained.map(({ variable, shape, gradient }) => {
    const [m, v] = (['adam.m', 'adam.v'] as const).map((slot) => {
      const name = `${slot}/${variable.name}`
      slots.push(name)
      const made = builder.variable(name, shape)
      resets.push(zeroNode(builder, made, shape))
      return made
    })
    const control = decay
      ? [
          decayNode(builder, variable, gradient, decay),
        ]
      : [
          variable.value,
        ]
    // beta powers of zero: the bias correction is in the fed rate, computed in double precision.
    return builder.op('ResourceApplyAdam', [
      variable.handle,
      m!.handle,
      v!.handle,
      zero!,
      zero!,
      rate,
      b1!,
      b2!,
      fedEpsilon,
      gradient,
    ], {
      T: attr.type('float32'),
      use_locking: attr.bool(false),
      use_nesterov: attr.bool(false),
    }, 0, { control })
  })
  const scalars = (learningRate: number, step: number): Record<string, number> => {
    const correction2 = Math.sqrt(1 - beta2 ** step)
    return {
      [rate.node]: learningRate * correction2 / (1 - beta1 ** step),
      [fedEpsilon.node]: epsilon * correction2,
      ...decay && { [decay.node]: learningRate * weightDecay },
    }
  }
  return { updates, slots, resets, scalars }
}

/** w -= decay * w, once the gradient is there: earlier the update would have to copy what the backward pass still reads. */
function decayNode(builder: GraphBuilder, variable: VariableRef, gradient: NodeRef, decay: NodeRef): NodeRef {
  const type = {
    T: attr.type('float32'),
  }
  const amount = builder.op('Mul', [variable.value, decay], type, 1, {
    control: [gradient],
  })
  return builder.op('AssignSubVariableOp', [variable.handle, amount], {
    dtype: attr.type('float32'),
  }, 0)
}

/** SGD with momentum as in PyTorch: velocity = momentum * velocity + gradient; w -= rate * velocity. */
function addMomentum(builder: GraphBuilder, trained: readonly Trained[], momentum: number): OptimizerNodes {
  const rate = builder.placeholder('optimizer/rate', [], 'float32')
  const factor = builder.constant([momentum], [], 'float32')
  const slots: string[] = []
  const resets: NodeRef[] = []
  const updates = trained.map(({ variable, shape, gradient }) => {
    const name = `sgd.velocity/${variable.name}`
    slots.push(name)
    const velocity = builder.variable(name, shape)
    resets.push(zeroNode(builder, velocity, shape))
    return builder.op('ResourceApplyMomentum', [
      variable.handle,
      velocity.handle,
      rate,
      gradient,
      factor,
    ], {
      T: attr.type('float32'),
      use_locking: attr.bool(false),
      use_nesterov: attr.bool(false),
    }, 0, {
      control: [variable.value],
    })
  })
  return {
    updates,
    slots,
    resets,
    scalars: learningRate => ({ [rate.node]: learningRate }),
  }
}

function zeroNode(builder: GraphBuilder, { handle }: VariableRef, shape: readonly number[]): NodeRef {
  const zeros = builder.op('Fill', [
    builder.constant(shape, [shape.length], 'int32'),
    builder.constant([0], [], 'float32'),
  ], {
    T: attr.type('float32'),
    index_type: attr.type('int32'),
  })
  return builder.op('AssignVariableOp', [handle, zeros], {
    dtype: attr.type('float32'),
    validate_shape: attr.bool(false),
  }, 0)
}
