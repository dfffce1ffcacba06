import type { z } from 'zod'
import type { CombinerConfig } from '#shared/stages/combine.ts'
import type { distil, StudentNetwork } from '#shared/stages/distil.ts'
import type { embed } from '#shared/stages/embed.ts'
import type { prepare } from '#shared/stages/prepare.ts'
import type { select } from '#shared/stages/select.ts'
import type { transfer } from '#shared/stages/transfer.ts'
import type { Step, StudyDataset } from './step.ts'
import { isTrained as isCombinerTrained } from '#shared/stages/combine.ts'
import { ridgePenalties, subsetsOf } from '#shared/stages/select.ts'
import { trainsPixels } from '#shared/stages/transfer.ts'

/** What a run is expected to cost. */
export interface Estimate { seconds: number, bytes: number }

/**
 * What a step costs, as multiply-adds of convolutions like ResNet-18's: so many at this width on 224x224 pixels. He et al. 2016, Table 1:
 * 1.8 G; the others as measured beside it: at width 27 a step of mobilenet took 1.4 of resnet18's time (depthwise convolutions wait for
 * memory), one of cnn 1.1.
 */
const stepCosts: Record<StudentNetwork, { macs: number, width: number }> = {
  resnet18: { macs: 1.82e9, width: 64 },
  mobilenet: { macs: 4.6e8, width: 27 },
  cnn: { macs: 3.6e8, width: 27 },
}
/** Floating point operations a second of two cores, measured on the student's step and on matrix products. */
const convolutionRate = 1.3e11
const matrixRate = 0.8e11
/** Cubes of columns that two cores decompose in a second (Cholesky, n^3 / 3 operations each, and solving with it). */
const ridgeRate = 6e10
/** One step of heads with so many weights: products and AdamW, seconds per weight. */
const secondsPerWeight = 3.4e-9
/** Part of the most steps that heads do before they stop early, on average. */
const stepsUntilStopped = 0.2
/** Starting a worker, loading TensorFlow, building graphs. */
const startSeconds = 2

/**
 * Expected time and disk of one run on `cores` cores, from counts of faces and of floating point operations.
 * Rough on purpose: `calibrate` brings it to the speed of the machine once runs of the stage have been measured.
 */
export function estimateStep(step: Step, datasets: StudyDataset[], { cores }: { cores: number }): Estimate {
  const scale = Math.min(1, 2 / cores)
  const faces = total(step, datasets, data => data.samples)
  const seen = total(step, datasets, data => data.seen)
  const width = step.inputs.teachers.reduce((sum, teacher) => sum + teacher.dimension, 0)
  const { seconds, bytes } = work(step, { faces, seen, width, datasets })
  return {
    seconds: startSeconds + seconds * scale,
    bytes: Math.round(bytes),
  }
}

/** Estimates brought to this machine: times the median ratio of measured to estimated seconds of each stage's finished runs. */
export function calibrate(estimate: Estimate, stage: string, measured: { stage: string, estimatedSeconds: number, seconds: number }[]): Estimate {
  const ratios = measured.filter(run => run.stage === stage && run.estimatedSeconds > 0).map(run => run.seconds / run.estimatedSeconds).sort((a, b) => a - b)
  return ratios.length === 0
    ? estimate
    : { ...estimate, seconds: estimate.seconds * ratios[ratios.length >> 1]! }
}

function work(step: Step, { faces, seen, width, datasets }: { faces: number, seen: number, width: number, datasets: StudyDataset[] }): Estimate {
  switch (step.stage) {
    case 'prepare': {
      const { aligned, encoding, size } = step.config as z.infer<typeof prepare.config>
      return { seconds: faces * (aligned ? 0.004 : 0.018), bytes: faces * (encoding === 'raw'
        ? size * size * 3
        : size * size * 0.4) }
    }
    case 'embed': {
      const { teachers } = step.config as z.infer<typeof embed.config>
      return { seconds: faces * 0.012 * teachers.length, bytes: faces * width * 4 }
    }
    case 'combine': {
      const config = step.config as CombinerConfig
      const size = config.size === 'mean'
        ? width / Math.max(1, step.inputs.teachers.length)
        : config.size
      const pcaSeconds = (2 * seen * width ** 2 + 10 * width ** 3) / matrixRate
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
      return { seconds: trainSeconds + (linear ? pcaSeconds : 0), bytes: parameters * 4 }
    }
    case 'distil': {
      const config = step.config as z.infer<typeof distil.config>
      const decoder = config.multiTask ? config.steps * decoderStepSeconds(config.batch, width, config.multiTask.size === 'mean' ? width / Math.max(1, step.inputs.teachers.length) : config.multiTask.size) : 0
      return { seconds: decoder + config.steps * studentStepSeconds(config.batch, config), bytes: 2.3e6 * (config.width / 27) ** 2 * 4 }
    }
    case 'transfer': {
      const config = step.config as z.infer<typeof transfer.config>
      const times = foldsOf(step, datasets)
      const isTrained = trainsPixels(config.encoder)
      const perEpoch = Math.ceil(faces * 0.7 / config.batch)
      const steps = Math.min(config.steps, config.epochs * perEpoch)
      const geometry = config.encoder.kind === 'scratch'
        ? config.encoder
        : config.encoder.kind === 'p-cnn'
          ? { network: 'resnet18' as const, width: 32, input: 224 } // whichever teacher is chosen: about faceres
          : { network: 'resnet18' as const, width: 27, input: 96 }
      return { seconds: times * steps * (isTrained
        ? studentStepSeconds(config.batch, geometry)
        : 0.0015), bytes: 2e6 + (isTrained ? 9e6 : 0) }
    }
    case 'select': return selectionWork(step, faces, foldsOf(step, datasets))
    default: return step.stage satisfies never
  }
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
    seconds: solved + folds * stepsUntilStopped * Math.min(steps, epochs * Math.ceil(faces * 0.7 / batch)) * parameters * secondsPerWeight,
    bytes: scores + Math.max(...widths) * (hidden[0] ?? 1) * 4,
  }
}

function studentStepSeconds(batch: number, { network, width, input }: { network: StudentNetwork, width: number, input: number }): number {
  const cost = stepCosts[network]
  return 6 * batch * cost.macs * (width / cost.width) ** 2 * (input / 224) ** 2 / convolutionRate
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
