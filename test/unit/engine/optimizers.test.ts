import type { OptimizerConfig } from '#shared/stages/training.ts'
import { expect, it } from 'vitest'
import { compile } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'

const start = [1, -2, 0.5]
const targets = [
  [0.3, 0.1, -0.4],
  [0, 1, 2],
  [-1, 0.2, 0.1],
  [2, 2, 2],
]
const rates = [0.1, 0.05, 0.2, 0.01]

/** Loss 1/2 |w - t|^2: its gradient is w - t, so that a rule can be followed by hand. */
function train(optimizer: OptimizerConfig): number[][] {
  const program = compile(({ t }, { w }) => ({
    loss: tf.mul(0.5, tf.sum(tf.squaredDifference(w, t))),
  }), {
    feeds: {
      t: {
        shape: [3],
        dtype: 'float32',
      },
    },
    variables: {
      w: {
        dtype: 'float32',
        shape: [3],
        data: Float32Array.from(start),
      },
    },
    optimizer,
  })
  const seen = targets.map((target, i) => {
    program.step({
      t: Float32Array.from(target),
    }, { learningRate: rates[i]! })
    return [
      ...program.read().w!.data,
    ]
  })
  program.dispose()
  return seen
}

/** The same by a rule for one number, in double precision. */
function byHand(rule: (w: number, gradient: number, rate: number, step: number, memory: Record<string, number>) => number): number[][] {
  const memories = start.map((): Record<string, number> => ({}))
  let w = start
  return targets.map((target, i) => {
    w = w.map((value, j) => rule(value, value - target[j]!, rates[i]!, i + 1, memories[j]!))
    return w
  })
}

function adamMove(gradient: number, step: number, memory: Record<string, number>): number {
  memory.m = 0.9 * (memory.m ?? 0) + 0.1 * gradient
  memory.v = 0.999 * (memory.v ?? 0) + 0.001 * gradient ** 2
  return memory.m / (1 - 0.9 ** step) / (Math.sqrt(memory.v / (1 - 0.999 ** step)) + 1e-8)
}

const close = (expected: number[][]) => expected.map(row => row.map(value => expect.closeTo(value, 5)))

it('adam moves as in Kingma and Ba 2015, Algorithm 1', () => {
  expect(train({
    kind: 'adam',
    learningRate: 1,
    weightDecay: 0,
    momentum: 0,
  }))
    .toEqual(close(byHand((w, gradient, rate, step, memory) => w - rate * adamMove(gradient, step, memory))))
})

it('adamw shrinks weights by rate times decay, beside the gradient and not through it', () => {
  expect(train({
    kind: 'adamw',
    learningRate: 1,
    weightDecay: 0.3,
    momentum: 0,
  }))
    .toEqual(close(byHand((w, gradient, rate, step, memory) => w - rate * 0.3 * w - rate * adamMove(gradient, step, memory))))
})

it('adam ignores weight decay; adamw without it is adam', () => {
  const adam = train({
    kind: 'adam',
    learningRate: 1,
    weightDecay: 0.3,
    momentum: 0,
  })
  expect(adam).toEqual(train({
    kind: 'adamw',
    learningRate: 1,
    weightDecay: 0,
    momentum: 0,
  }))
})

it('sgd keeps a velocity', () => {
  expect(train({
    kind: 'sgd',
    learningRate: 1,
    weightDecay: 0,
    momentum: 0.8,
  })).toEqual(close(byHand((w, gradient, rate, _, memory) => {
    memory.velocity = 0.8 * (memory.velocity ?? 0) + gradient
    return w - rate * memory.velocity
  })))
})

it('adam\'s epsilon keeps a tiny gradient from a full step', () => {
  // m' = v'^(1/2) = 1e-8 at the first step, so the move is rate * 1e-8 / (1e-8 + 1e-8) = half a rate
  const program = compile((_, { w }) => ({
    loss: tf.mul(1e-8, tf.sum(w)),
  }), {
    feeds: {},
    variables: {
      w: {
        dtype: 'float32',
        shape: [1],
        data: Float32Array.of(0),
      },
    },
    optimizer: {
      kind: 'adam',
      learningRate: 1,
      weightDecay: 0,
      momentum: 0,
    },
  })
  program.step({}, { learningRate: 0.1 })
  expect(program.read().w!.data[0]).toBeCloseTo(-0.05, 4)
  program.dispose()
})
