import type { z } from 'zod'
import type { CombinerConfig } from '#shared/stages/combine.ts'
import type { distil } from '#shared/stages/distil.ts'
import type { embed } from '#shared/stages/embed.ts'
import type { prepare } from '#shared/stages/prepare.ts'
import type { transfer } from '#shared/stages/transfer.ts'
import type { Step, StudyDataset } from './step.ts'
import { isTrained } from '#shared/stages/combine.ts'

/** What a run is expected to cost. */
export interface Estimate { seconds: number, bytes: number }

/** Multiply-adds of ResNet-18 at width 64 on 224x224 pixels (He et al. 2016, Table 1: 1.8 G). */
const resnet18Macs = 1.82e9
/** Floating point operations a second of two cores, measured on the student's step and on matrix products. */
const convolutionRate = 1.3e11
const matrixRate = 0.8e11
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
      if (!isTrained(config.kind)) {
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
      return { seconds: config.steps * studentStepSeconds(config.batch, config.width, config.input), bytes: 2.3e6 * (config.width / 27) ** 2 * 4 }
    }
    case 'transfer': {
      const config = step.config as z.infer<typeof transfer.config>
      const subjects = total(step, datasets, data => data.subjects)
      const folds = config.folds === 'subject'
        ? Math.max(1, subjects)
        : config.folds
      const isLeftOut = step.inputs.sources.some(({ fingerprint }) => Object.values(datasets.find(data => data.fingerprint === fingerprint)?.tasks ?? {}).some(task => task.protocol === 'subjects'))
      const times = isLeftOut ? folds : 1
      const trainsPixels = config.encoder.kind === 'scratch' || (config.encoder.kind === 'student' && config.encoder.mode === 'fine-tune')
      const perEpoch = Math.ceil(faces * 0.7 / config.batch)
      const steps = Math.min(config.steps, config.epochs * perEpoch)
      const geometry = config.encoder.kind === 'scratch'
        ? config.encoder
        : { width: 27, input: 96 }
      return { seconds: times * steps * (trainsPixels
        ? studentStepSeconds(config.batch, geometry.width, geometry.input)
        : 0.0015), bytes: 2e6 + (trainsPixels ? 9e6 : 0) }
    }
    default: return step.stage satisfies never
  }
}

function studentStepSeconds(batch: number, width: number, input: number): number {
  return 6 * batch * resnet18Macs * (width / 64) ** 2 * (input / 224) ** 2 / convolutionRate
}

function total(step: Step, datasets: StudyDataset[], count: (data: StudyDataset) => number): number {
  const { sources } = step.inputs
  const learntFrom = sources.filter(source => source.unlabelled)
  return (learntFrom.length > 0 ? learntFrom : sources).reduce((sum, source) => sum + count(datasets.find(data => data.fingerprint === source.fingerprint)!), 0)
}
