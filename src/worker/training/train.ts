import type { OptimizerConfig, ScheduleConfig } from '#shared/stages/training.ts'
import type { FeedValue, Program } from '#worker/engine/compile.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { Phase } from './phases.ts'
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { mixSeed } from '#shared/seeded-random.ts'
import { learningRateAt } from '#worker/engine/schedules.ts'
import { Leaving } from '#worker/stage.ts'

/** Values of a program's feeds for one step. */
export type Feeds = Record<string, FeedValue>

/** One training from its first step to its best weights. */
export interface Training {
  program: Program
  seed: number
  optimizer: OptimizerConfig
  schedule: ScheduleConfig
  /** Most optimizer steps. */
  steps: number
  /** What a step is fed; a pure function of the step, so that a resume sees the same. Asked for some steps ahead. */
  feeds: (step: number) => Feeds | Promise<Feeds>
  /** Steps between two looks at the validation score. */
  evaluateEvery: number
  /** Looks before the first step too: weights that are good from the start may stay the best. */
  evaluateFirst?: boolean
  /** Looks at the validation part with the program's weights as they are. */
  evaluate: () => ValidationScore | Promise<ValidationScore>
  /** Evaluations without a better score before training stops; 0 never stops early. */
  patience: number
  /** Variables whose best values are kept. */
  keep: string[]
}

/** `score` decides (lower is better); `metrics` are reported beside it. */
export interface ValidationScore { score: number, metrics: Record<string, number> }

export interface Trained { best: Record<string, TensorData>, bestScore: number, bestStep: number, steps: number }

const Position = z.strictObject({
  bestScore: z.number().nullable(),
  bestStep: z.int(),
  waited: z.int(),
  lossSum: z.number(),
  lossCount: z.int(),
})
type Position = z.infer<typeof Position>

type Context = Pick<StageContext<unknown>, 'report' | 'isLeaving'>

/** Steps whose feeds are asked for before they are needed, so that loading never makes a step wait. */
const ahead = 4
/** The event loop must get its turn for heartbeats and loader messages; asking it at every 1 ms step would cost a tenth. */
const yieldEveryMs = 25

/**
 * The one training loop of all stages: step, evaluate, keep the best, stop early, save, leave when asked.
 * A training that was left and resumed gives the same bits as one that was not. One whose loss or score is no number any more
 * is refused: its best weights would be whatever came before, or none.
 *
 * @param context   where to report, and whether somebody asked to leave
 * @param phase     where an earlier attempt stood
 * @param training  what to train
 * @param options   reporting
 * @param options.reportAs   prefix of metrics, e.g. "decoder/"
 * @param options.onStep     called with (steps done, most steps) for progress
 */
export async function train(context: Context, phase: Phase, training: Training, { reportAs = '', onStep = () => {} }: { reportAs?: string, onStep?: (done: number, total: number) => void } = {}): Promise<Trained> {
  const { program } = training
  let { step, position, best } = start(phase, training)
  if (training.evaluateFirst && !phase.resume) {
    const { score, metrics } = await training.evaluate()
    checkNumber('validation score', score, step, training)
    context.report.metrics(step, prefixed(metrics, reportAs))
    best = program.read(training.keep)
    position.bestScore = score
  }
  const queue = feedQueue(training, step)
  let yieldedAt = performance.now()
  while (step < training.steps && !hasWaitedEnough(position, training)) {
    const feeds = await queue.next()
    const learningRate = learningRateAt(step, training.steps, training.optimizer, training.schedule)
    const { loss } = program.step(feeds, {
      learningRate,
      seed: mixSeed(training.seed, step),
    })
    step++
    checkNumber('loss', loss, step, training)
    position.lossSum += loss
    position.lossCount++
    if (step % training.evaluateEvery === 0 || step === training.steps) {
      const { score, metrics } = await training.evaluate()
      checkNumber('validation score', score, step, training)
      context.report.metrics(step, prefixed({ loss: position.lossSum / position.lossCount, learningRate, ...metrics }, reportAs))
      const isBetter = position.bestScore === null || score < position.bestScore
      if (isBetter)
        best = program.read(training.keep)
      position = {
        bestScore: isBetter
          ? score
          : position.bestScore,
        bestStep: isBetter
          ? step
          : position.bestStep,
        waited: isBetter
          ? 0
          : position.waited + 1,
        lossSum: 0,
        lossCount: 0,
      }
    }
    onStep(step, training.steps)
    const isLeaving = context.isLeaving()
    const now = performance.now()
    if (isLeaving || phase.isSaveDue()) {
      await phase.save({
        step,
        state: position,
        tensors: {
          ...under('program/', program.save()),
          ...under('best/', best),
        },
      })
    }
    if (isLeaving)
      throw new Leaving()
    if (now - yieldedAt > yieldEveryMs) {
      await setImmediate()
      yieldedAt = performance.now()
    }
  }
  return {
    best,
    bestScore: position.bestScore!,
    bestStep: position.bestStep,
    steps: step,
  }
}

function start({ resume }: Phase, { program }: Training): { step: number, position: Position, best: Record<string, TensorData> } {
  if (!resume) {
    return {
      step: 0,
      best: {},
      position: {
        bestScore: null,
        bestStep: 0,
        waited: 0,
        lossSum: 0,
        lossCount: 0,
      },
    }
  }
  const below = (prefix: string): Record<string, TensorData> => Object.fromEntries(Object.entries(resume.tensors)
    .flatMap(([name, tensor]) => name.startsWith(prefix)
      ? [
          [
            name.slice(prefix.length),
            tensor,
          ],
        ]
      : []))
  program.restore(below('program/'))
  return {
    step: resume.step,
    position: Position.parse(resume.state),
    best: below('best/'),
  }
}

function checkNumber(name: string, value: number, step: number, { optimizer }: Training): void {
  if (!Number.isFinite(value))
    throw new FacetError('bad-input', `Training diverged: its ${name} is ${value} at step ${step}.`, { hint: `Take a learning rate smaller than ${optimizer.learningRate}, or a longer warm-up.` })
}

function hasWaitedEnough({ waited }: Position, { patience }: Training): boolean {
  return patience > 0 && waited >= patience
}

/** Feeds of successive steps, some of them under way before they are asked for. */
function feedQueue({ feeds, steps }: Training, first: number): { next: () => Feeds | Promise<Feeds> } {
  const waiting: (Feeds | Promise<Feeds>)[] = []
  let asked = first
  return {
    next() {
      while (waiting.length < ahead && asked < steps) {
        const made = feeds(asked++)
        if (made instanceof Promise)
          made.catch(() => {}) // it is awaited in its turn; until then a failure is nobody's unhandled rejection
        waiting.push(made)
      }
      return waiting.shift()!
    },
  }
}

function under<T>(prefix: string, values: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]))
}

function prefixed(values: Record<string, number>, prefix: string): Record<string, number> {
  return under(prefix, values)
}
