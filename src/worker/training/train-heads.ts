import type { OptimizerConfig, ScheduleConfig } from '#shared/stages/training.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { BankData, HeadBank } from '../models/head-bank.ts'
import type { Phase } from './phases.ts'
import type { ValidationScore } from './train.ts'
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { mixSeed } from '#shared/seeded-random.ts'
import { learningRateAt } from '#worker/engine/schedules.ts'
import { Leaving } from '#worker/stage.ts'

/** The training of all heads of a bank, each as `train` trains one. */
export interface HeadsTraining {
  bank: HeadBank
  /** What each head is called where it is spoken of. */
  names: readonly string[]
  data: BankData
  seed: number
  optimizer: OptimizerConfig
  schedule: ScheduleConfig
  /** Most optimizer steps. */
  steps: number
  /** Rows of a step; a pure function of it. */
  rows: (step: number) => Int32Array
  /** Steps between two looks at the validation scores. */
  evaluateEvery: number
  /** Looks at the validation part with the present weights of some heads; a score in the place of each. */
  evaluate: (heads: readonly number[]) => ValidationScore[]
  /** Evaluations without a better score before a head stops; 0 never stops early. */
  patience: number
}

/** What a head reached. */
export interface TrainedHead { best: Record<string, TensorData>, bestScore: number, bestMetrics: Record<string, number>, bestStep: number, steps: number }

const Position = z.strictObject({
  bestScore: z.number().nullable(),
  bestMetrics: z.record(z.string(), z.number()),
  bestStep: z.int(),
  waited: z.int(),
  steps: z.int().describe('Steps done; fewer than the others once it has stopped'),
  hasStopped: z.boolean(),
})
type Position = z.infer<typeof Position>
const State = z.strictObject({
  positions: z.array(Position),
  lossSum: z.number(),
  lossCount: z.int(),
})

/** Heads that have stopped leave the graph once they hold this part of its weights: TensorFlow plans each new set of heads anew. */
const leavingPart = 1 / 8
const yieldEveryMs = 25

type Context = Pick<StageContext<unknown>, 'report' | 'isLeaving'>

/**
 * The training loop for many heads at once: step, evaluate, keep each one's best, stop each one early, save, leave when asked. What
 * becomes of a head depends on no other one. Left and resumed it gives the same bits. A head that diverges ends the training, as it
 * ends a training of its own.
 *
 * @param context   where to report, and whether somebody asked to leave
 * @param phase     where an earlier attempt stood
 * @param training  what to train
 * @param options   reporting
 * @param options.reportAs   prefix of metrics
 * @param options.onStep     called with (steps done, most steps)
 */
export async function trainHeads(context: Context, phase: Phase, training: HeadsTraining, { reportAs = '', onStep = () => {} }: { reportAs?: string, onStep?: (done: number, total: number) => void } = {}): Promise<TrainedHead[]> {
  const { bank, optimizer, schedule, steps } = training
  let { step, positions, best, lossSum, lossCount } = start(phase, training)
  let stepping = learning(positions)
  let yieldedAt = performance.now()
  while (step < steps && learning(positions).length > 0) {
    const learningRate = learningRateAt(step, steps, optimizer, schedule)
    const losses = bank.step(stepping, training.data, training.rows(step), { learningRate, seed: mixSeed(training.seed, step) })
    step++
    for (const [i, head] of stepping.entries()) {
      if (positions[head]!.hasStopped)
        continue
      positions[head]!.steps = step
      checkNumber('loss', losses[i]!, head, step, training)
      lossSum += losses[i]!
      lossCount++
    }
    if (step % training.evaluateEvery === 0 || step === steps) {
      const heads = learning(positions).length
      // All that are stepped, though some have stopped: TensorFlow plans each new set of heads anew, and keeps the plans.
      const scores = training.evaluate(stepping)
      const better = stepping.filter((head, i) => {
        if (positions[head]!.hasStopped)
          return false
        checkNumber('validation score', scores[i]!.score, head, step, training)
        positions[head] = nextPosition(positions[head]!, scores[i]!, step, training.patience)
        return positions[head].bestStep === step
      })
      bank.read(better).forEach((weights, i) => best.set(better[i]!, weights))
      context.report.metrics(step, reported(positions, { loss: lossSum / lossCount, learningRate, heads }, reportAs))
      ;[lossSum, lossCount] = [0, 0]
      stepping = withoutStopped(stepping, positions, bank)
    }
    onStep(step, steps)
    const isLeaving = context.isLeaving()
    if (isLeaving || phase.isSaveDue())
      await phase.save({ step, state: { positions, lossSum, lossCount } satisfies z.infer<typeof State>, tensors: { ...under('bank/', bank.save()), ...savedBest(best) } })
    if (isLeaving)
      throw new Leaving()
    if (performance.now() - yieldedAt > yieldEveryMs) {
      await setImmediate()
      yieldedAt = performance.now()
    }
  }
  onStep(steps, steps)
  return positions.map(({ bestScore, bestMetrics, bestStep, steps }, head) => ({ best: best.get(head)!, bestScore: bestScore!, bestMetrics, bestStep, steps }))
}

function learning(positions: readonly Position[]): number[] {
  return [...positions.keys()].filter(head => !positions[head]!.hasStopped)
}

function nextPosition(position: Position, { score, metrics }: ValidationScore, step: number, patience: number): Position {
  const isBetter = position.bestScore === null || score < position.bestScore
  const waited = isBetter
    ? 0
    : position.waited + 1
  return {
    ...position,
    ...isBetter && { bestScore: score, bestMetrics: metrics, bestStep: step },
    waited,
    hasStopped: patience > 0 && waited >= patience,
  }
}

/** The heads that are stepped from now on: those that learn, once enough of the weights have stopped. */
function withoutStopped(stepping: number[], positions: readonly Position[], bank: HeadBank): number[] {
  const weightsOf = (heads: readonly number[]): number => heads.reduce((sum, head) => sum + bank.parametersOf(head), 0)
  const left = stepping.filter(head => !positions[head]!.hasStopped)
  return weightsOf(left) <= (1 - leavingPart) * weightsOf(stepping)
    ? left
    : stepping
}

/** What is reported of an evaluation: how many heads learnt, and the best of all so far. */
function reported(positions: readonly Position[], values: Record<string, number>, prefix: string): Record<string, number> {
  const first = positions.reduce((best, position) => position.bestScore! < best.bestScore!
    ? position
    : best)
  return under(prefix, { ...values, ...first.bestMetrics })
}

function start({ resume }: Phase, { bank, names: { length: heads }, seed }: HeadsTraining): z.infer<typeof State> & { step: number, best: Map<number, Record<string, TensorData>> } {
  if (!resume) {
    bank.reset(seed)
    const positions = Array.from({ length: heads }, (): Position => ({ bestScore: null, bestMetrics: {}, bestStep: 0, waited: 0, steps: 0, hasStopped: false }))
    return { step: 0, positions, lossSum: 0, lossCount: 0, best: new Map() }
  }
  bank.restore(below('bank/', resume.tensors))
  const best = new Map<number, Record<string, TensorData>>()
  for (let head = 0; head < heads; head++) {
    const weights = below(`best/${head}/`, resume.tensors)
    if (Object.keys(weights).length > 0)
      best.set(head, weights)
  }
  return { step: resume.step, ...State.parse(resume.state), best }
}

function savedBest(best: ReadonlyMap<number, Record<string, TensorData>>): Record<string, TensorData> {
  return Object.assign({}, ...[...best].map(([head, weights]) => under(`best/${head}/`, weights))) as Record<string, TensorData>
}

function checkNumber(name: string, value: number, head: number, step: number, { optimizer, names }: HeadsTraining): void {
  if (!Number.isFinite(value))
    throw new FacetError('bad-input', `Training diverged: the ${name} of the head on ${names[head]} is ${value} at step ${step}.`, { hint: `Take a learning rate smaller than ${optimizer.learningRate}, or a longer warm-up.` })
}

function under<T>(prefix: string, values: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]))
}

function below(prefix: string, tensors: Record<string, TensorData>): Record<string, TensorData> {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith(prefix)).map(([name, tensor]) => [name.slice(prefix.length), tensor]))
}
