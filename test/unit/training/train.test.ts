import type { Scalar } from '#worker/engine/tf.ts'
import type { Checkpoint } from '#worker/stage.ts'
import type { Phase } from '#worker/training/phases.ts'
import type { Training } from '#worker/training/train.ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { compile } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { train } from '#worker/training/train.ts'

const context = {
  isLeaving: () => false,
  report: {
    metrics: () => {},
    progress: () => {},
    log: () => {},
  },
}
const phase: Phase = {
  name: 'square',
  resume: null,
  save: async () => {},
  isSaveDue: () => false,
}

/** Minimises w squared from w = 1 by plain gradient descent. */
function square(learningRate: number, changes: Partial<Training> = {}): Training {
  const optimizer = {
    kind: 'sgd',
    learningRate,
    weightDecay: 0,
    momentum: 0,
  } as const
  const program = compile((_, { w }) => ({
    loss: tf.sum(tf.square(w!)) as Scalar,
  }), {
    feeds: {},
    variables: {
      w: {
        dtype: 'float32',
        shape: [1],
        data: Float32Array.of(1),
      },
    },
    optimizer,
  })
  onTestFinished(() => program.dispose())
  return {
    program,
    seed: 0,
    optimizer,
    schedule: { kind: 'constant', warmup: 0 },
    steps: 6,
    feeds: () => ({}),
    evaluateEvery: 2,
    evaluate: () => ({ score: program.read().w!.data[0]! ** 2, metrics: {} }),
    patience: 0,
    keep: ['w'],
    ...changes,
  }
}

describe('a training', () => {
  it('keeps the weights of the best look', async () => {
    const { best, bestStep, bestScore } = await train(context, phase, square(0.25))
    expect(bestStep).toBe(6)
    expect(best.w!.data[0]).toBeCloseTo(0.5 ** 6, 6)
    expect(bestScore).toBeCloseTo(0.25 ** 6, 6)
  })

  it('looks before its first step where asked, and keeps the weights it started from where none are better', async () => {
    const metrics: number[] = []
    const report = { ...context.report, metrics: (step: number) => void metrics.push(step) }
    let looks = 0
    const rising = { evaluate: () => ({ score: looks++, metrics: {} }), patience: 2, evaluateFirst: true }
    const { best, bestStep, bestScore, steps } = await train({ ...context, report }, phase, square(0.25, rising))
    expect([bestStep, bestScore, best.w!.data[0], steps]).toEqual([0, 0, 1, 4])
    expect(metrics).toEqual([0, 2, 4])
  })

  it('that diverges is refused with the step and what to do, not finished with the weights of long ago', async () => {
    await expect(train(context, phase, square(1e30))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/diverged.*loss is Infinity at step 2/),
      hint: expect.stringContaining('1e+30'),
    })
  })

  it('whose score is no number is refused', async () => {
    await expect(train(context, phase, square(0.25, {
      evaluate: () => ({ score: Number.NaN, metrics: {} }),
    }))).rejects.toThrow('validation score is NaN at step 2')
  })

  it('saves when it is due, and goes on from there to the same bits', async () => {
    const whole = await train(context, phase, square(0.25, { steps: 9 }))
    const saved: Checkpoint[] = []
    let looks = 0
    await train(context, {
      ...phase,
      isSaveDue: () => ++looks === 5,
      save: async checkpoint => void saved.push(structuredClone(checkpoint)),
    }, square(0.25, { steps: 9 }))
    expect(saved.map(({ step }) => step)).toEqual([5])
    const rest = await train(context, { ...phase, resume: saved[0]! }, square(0.25, { steps: 9 }))
    expect(rest).toEqual(whole)
  })
})
