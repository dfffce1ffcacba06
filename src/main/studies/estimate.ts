import type { z } from 'zod'
import type { CombinerConfig } from '#shared/stages/combine.ts'
import type { distil } from '#shared/stages/distil.ts'
import type { embed } from '#shared/stages/embed.ts'
import type { prepare } from '#shared/stages/prepare.ts'
import type { select } from '#shared/stages/select.ts'
import type { transfer } from '#shared/stages/transfer.ts'
import type { NetworkShape } from './network-costs.ts'
import type { Step, StudyDataset } from './step.ts'
import { FacetError } from '#shared/errors.ts'
import { isTrained as isCombinerTrained } from '#shared/stages/combine.ts'
import { ridgePenalties, subsetsOf } from '#shared/stages/select.ts'
import { trainsPixels } from '#shared/stages/transfer.ts'
import { studentFaceSeconds, studentStepSeconds, teacherCost } from './network-costs.ts'

/** What a run is expected to cost. */
export interface Estimate { seconds: number, bytes: number }

/** A finished run, to bring estimates to this machine's speed. */
export interface Measured { stage: string, usesAllCores: boolean, estimatedSeconds: number, seconds: number }

/** Floating point operations a second of two cores in matrix products, as measured. */
const matrixRate = 0.8e11
/** Cubes of columns that two cores decompose in a second (Cholesky, n^3 / 3 operations each, and solving with it). */
const ridgeRate = 6e10
/** One step of heads with so many weights: products and AdamW, seconds per weight. */
const secondsPerWeight = 3.4e-9
/** Part of the most steps that heads do before they stop early, on average. */
const stepsUntilStopped = 0.2
/** Starting a worker and loading TensorFlow. */
const startSeconds = 1
/** Beside that: loading a teacher, tracing and compiling the graph of a training. */
const [loadSeconds, compileSeconds] = [0.5, 1.2]
/** Epochs, batch and the time of a step beside its products of the decoder that a student gets for Table 5. */
const decoder = { epochs: 130, batch: 64, stepSeconds: 0.006 }

/**
 * Expected time and disk of one run on `cores` cores, from counts of faces and of floating point operations. `all` are the study's runs:
 * what a run costs depends on the combiner and the student that it builds on.
 * Rough on purpose: `calibrate` brings it to the speed of the machine once runs of its kind have been measured.
 */
export function estimateStep(step: Step, datasets: StudyDataset[], { cores, all }: { cores: number, all: readonly Step[] }): Estimate {
  const scale = Math.min(1, 2 / cores)
  const faces = total(step, datasets, data => data.samples)
  const seen = total(step, datasets, data => data.seen)
  const width = step.inputs.teachers.reduce((sum, teacher) => sum + teacher.dimension, 0)
  const { seconds, bytes } = work(step, { faces, seen, width, datasets, all })
  return {
    seconds: startSeconds + (seconds + nearCopySeconds(step, { seen, width, datasets })) * scale,
    bytes: Math.round(bytes),
  }
}

/**
 * Estimates brought to this machine: times the median ratio of measured to estimated seconds of finished runs of its kind, which is their
 * stage, and whether they train on pixels: a head's time says nothing of a network's.
 */
export function calibrate(estimate: Estimate, { stage, usesAllCores }: Pick<Step, 'stage' | 'usesAllCores'>, measured: readonly Measured[]): Estimate {
  const ratios = measured.filter(run => run.stage === stage && run.usesAllCores === usesAllCores && run.estimatedSeconds > 0).map(run => run.seconds / run.estimatedSeconds).sort((a, b) => a - b)
  return ratios.length === 0
    ? estimate
    : { ...estimate, seconds: estimate.seconds * ratios[ratios.length >> 1]! }
}

/** What the work of a run is counted from. */
interface Scope { faces: number, seen: number, width: number, datasets: StudyDataset[], all: readonly Step[] }

function work(step: Step, scope: Scope): Estimate {
  const { faces, seen, width, datasets } = scope
  switch (step.stage) {
    case 'prepare': {
      const { aligned, encoding, size } = step.config as z.infer<typeof prepare.config>
      return { seconds: 1 + faces * (aligned ? 0.004 : 0.018), bytes: faces * (encoding === 'raw'
        ? size * size * 3
        : size * size * 0.4) }
    }
    case 'embed': {
      const { teachers } = step.config as z.infer<typeof embed.config>
      return { seconds: teachers.reduce((sum, { name }) => sum + loadSeconds + faces * teacherCost(name).embed, 0), bytes: faces * width * 4 }
    }
    case 'combine': {
      const config = step.config as CombinerConfig
      const size = sizeOf(config.size, step)
      const pcaSeconds = compileSeconds + (2 * seen * width ** 2 + 10 * width ** 3) / matrixRate
      if (!isCombinerTrained(config.kind)) {
        return {
          seconds: config.kind === 'pca' ? pcaSeconds : 0,
          bytes: config.kind === 'pca'
            ? width * size * 4
            : width * 8,
        }
      }
      const linear = config.skip === 'linear'
      const parameters = 2.2 * width * Math.sqrt(width * size) + (linear ? 2 * width * size : 0)
      const trainSeconds = config.epochs * Math.ceil(seen / config.batch) * (6 * config.batch * parameters + 40 * parameters) / matrixRate
      return { seconds: compileSeconds + trainSeconds + (linear ? pcaSeconds : 0), bytes: parameters * 4 }
    }
    case 'distil': return distilWork(step, scope)
    case 'transfer': return transferWork(step, scope)
    case 'select': return selectionWork(step, faces, foldsOf(step, datasets))
    default: return step.stage satisfies never
  }
}

/** The student's steps, its codes of all faces, and the decoder that is trained on them. */
function distilWork(step: Step, { faces, seen, width, all }: Scope): Estimate {
  const config = step.config as z.infer<typeof distil.config>
  const combiner = all.find(({ key }) => key === step.inputs.combiner)
  const size = sizeOf(config.multiTask?.size ?? (combiner?.config as CombinerConfig | undefined)?.size ?? 'mean', step)
  const ownDecoder = config.multiTask ? config.steps * decoderStepSeconds(config.batch, width, size) : 0
  const decoderSteps = decoder.epochs * Math.ceil(seen / decoder.batch)
  return {
    seconds: compileSeconds + ownDecoder + config.steps * studentStepSeconds(config.batch, config) + faces * studentFaceSeconds(config) + decoderSteps * (decoder.stepSeconds + decoderStepSeconds(decoder.batch, width, size)),
    bytes: 2.3e6 * (config.width / 27) ** 2 * 4,
  }
}

/** A head, and the network before it: fed every face once where it is frozen, trained with the head where it is not. */
function transferWork(step: Step, { faces: counted, width, datasets, all }: Scope): Estimate {
  const config = step.config as z.infer<typeof transfer.config>
  const { encoder, after, batch, head: { hidden } } = config
  const taught = after && datasets.find(({ fingerprint }) => fingerprint === step.inputs.sources.at(-1)!.fingerprint)
  const faces = taught ? Math.min(after.faces, taught.samples) : counted
  const steps = Math.min(config.steps, config.epochs * Math.ceil(faces * 0.7 / batch))
  const times = foldsOf(step, datasets)
  if (!trainsPixels(encoder)) {
    const codes = encoder.kind === 'student' ? compileSeconds / 2 + counted * studentFaceSeconds(studentShape(step, all)) : 0
    const weights = hidden.reduce((sum, units, i) => sum + units * (hidden[i - 1] ?? width), 0)
    const identities = after ? compileSeconds / 2 : 0 // a second graph, whose codes are compared
    return { seconds: codes + identities + times * steps * (0.0015 + 2 * weights * secondsPerWeight), bytes: 2e6 }
  }
  const { stepSeconds, faceSeconds } = trainedCost(step, all)
  // the graph is traced on one batch, which takes as long as a few steps; every epoch looks at validation
  const looks = Math.ceil(steps * batch / Math.max(1, faces * 0.7))
  return { seconds: compileSeconds + times * ((steps + 3) * stepSeconds + (0.7 + 0.3 + 0.1 * looks) * faces * faceSeconds), bytes: 1.1e7 }
}

/** A step of the network that is trained, and a face through it. */
function trainedCost(step: Step, all: readonly Step[]): { stepSeconds: number, faceSeconds: number } {
  const { encoder, batch } = step.config as z.infer<typeof transfer.config>
  if (encoder.kind === 'p-cnn') {
    // which one is chosen is not known yet: the one of the widest embedding transferred best wherever it was measured
    const widest = step.inputs.teachers.reduce((best, teacher) => teacher.dimension > best.dimension ? teacher : best)
    const { embed: face, train } = teacherCost(widest.name)
    return { stepSeconds: batch * train, faceSeconds: face }
  }
  const shape = encoder.kind === 'scratch' ? encoder : studentShape(step, all)
  return { stepSeconds: studentStepSeconds(batch, shape), faceSeconds: studentFaceSeconds(shape) }
}

/** The student that a run builds on. */
function studentShape({ inputs, label }: Step, all: readonly Step[]): NetworkShape {
  const student = all.find(({ key }) => key === inputs.student)
  if (!student)
    throw new FacetError('internal', `internal: "${label}" has no student among the study's runs`)
  return student.config as z.infer<typeof distil.config>
}

/** "mean" is the average of the teachers' dimensions. */
function sizeOf(size: number | 'mean', { inputs: { teachers } }: Step): number {
  return size === 'mean' ? teachers.reduce((sum, { dimension }) => sum + dimension, 0) / Math.max(1, teachers.length) : size
}

/** How many times a run trains: once, or once for each group of people that is left out. */
function foldsOf({ config, inputs }: Step, datasets: StudyDataset[]): number {
  const { folds } = config as Pick<z.infer<typeof transfer.config>, 'folds'>
  const isLeftOut = inputs.sources.some(({ fingerprint }) => Object.values(datasets.find(data => data.fingerprint === fingerprint)?.tasks ?? {}).some(task => task.protocol === 'subjects'))
  if (!isLeftOut)
    return 1
  return folds === 'subject'
    ? Math.max(1, inputs.sources.reduce((sum, { fingerprint }) => sum + (datasets.find(data => data.fingerprint === fingerprint)?.subjects ?? 0), 0))
    : folds
}

/** Heads on subsets of teachers: the steps of all that are trained, after the ridge solutions of all. One that chooses from finished scores only reads. */
function selectionWork({ config, inputs: { teachers } }: Step, faces: number, folds: number): Estimate {
  const { subsets, choose, train, head: { hidden }, batch, epochs, steps } = config as z.infer<typeof select.config>
  const widths = subsetsOf(teachers.length, subsets).map(subset => subset.reduce((sum, place) => sum + teachers[place]!.dimension, 0))
  const scores = faces * widths.length * 4
  if (choose === 'test')
    return { seconds: 0, bytes: scores }
  const solved = widths.reduce((sum, width) => sum + width ** 3, 0) * ridgePenalties.length / ridgeRate
  const trained = train === 'all' ? 1 : Math.min(1, train / widths.length)
  const parameters = trained * widths.reduce((sum, width) => sum + width * (hidden[0] ?? 1), 0)
  return {
    seconds: compileSeconds + solved + folds * stepsUntilStopped * Math.min(steps, epochs * Math.ceil(faces * 0.7 / batch)) * parameters * secondsPerWeight,
    bytes: scores + Math.max(...widths) * (hidden[0] ?? 1) * 4,
  }
}

/** Where near copies are looked for, every run that learns compares all its faces with all that are held out, number by number. */
function nearCopySeconds({ inputs: { sources, nearCopies } }: Step, { seen, width, datasets }: Pick<Scope, 'seen' | 'width' | 'datasets'>): number {
  if (nearCopies === undefined)
    return 0
  const compared = sources.filter(({ embeddings }) => embeddings).map(({ fingerprint }) => datasets.find(data => data.fingerprint === fingerprint)!)
  const heldOut = compared.reduce((sum, data) => sum + data.samples - data.seen, 0)
  return 2 * seen * heldOut * width / matrixRate
}

/** Half an autoencoder: the multi-task student's decoder. */
function decoderStepSeconds(batch: number, width: number, size: number): number {
  const parameters = 1.1 * width * Math.sqrt(width * size)
  return (6 * batch * parameters + 40 * parameters) / matrixRate
}

function total(step: Step, datasets: StudyDataset[], count: (data: StudyDataset) => number): number {
  const { sources } = step.inputs
  const learntFrom = sources.filter(source => source.unlabelled)
  return (learntFrom.length > 0 ? learntFrom : sources).reduce((sum, source) => sum + count(datasets.find(data => data.fingerprint === source.fingerprint)!), 0)
}
