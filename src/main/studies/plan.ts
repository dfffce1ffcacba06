import type { PlannedRun } from '#main/runner/planned-run.ts'
import type { WorkspacePaths } from '#main/workspace/paths.ts'
import type { Estimate, Measured } from './estimate.ts'
import type { Expansion } from './expand.ts'
import type { Step, StudyDataset } from './step.ts'
import { calibrate, estimateStep } from './estimate.ts'
import { engineMajor } from './step.ts'

/** States of a plan's step; a run has others. */
export type StepState = 'cached' | 'to do' | 'blocked'

/** One line of `facet plan`. */
export interface PlanStep {
  key: string
  stage: Step['stage']
  label: string
  state: StepState
  /** Why it cannot run. */
  blockedBy: string | null
  seconds: number
  bytes: number
}

/** What a study would do now. */
export interface StudyPlan {
  study: string
  steps: PlanStep[]
  cached: number
  toDo: number
  blocked: number
  /** Of what is to do, runs side by side counted as such. */
  seconds: number
  bytes: number
}

/** What is to do of one stage. */
export interface StageCost { stage: Step['stage'], runs: number, seconds: number, bytes: number }

/**
 * What is cached, what will run, in which order, and what that costs.
 *
 * `isSealed` tells whether a run's artefact is there, `blockedBy` why a run cannot work now (its photographs are gone), or null.
 */
export function planStudy(study: string, expansion: Expansion, { datasets, cores, measured, isSealed, blockedBy }: { datasets: StudyDataset[], cores: number, measured: Measured[], isSealed: (step: Step) => boolean, blockedBy: (step: Step) => string | null }): StudyPlan {
  const states = new Map<string, PlanStep>()
  for (const step of expansion.steps) {
    const { seconds, bytes }: Estimate = calibrate(estimateStep(step, datasets, { cores, all: expansion.steps }), step, measured)
    const blockedNeed = step.needs.map(key => states.get(key)!).find(need => need.state === 'blocked')
    const reason = blockedNeed
      ? blockedNeed.blockedBy
      : blockedBy(step)
    const state: StepState = isSealed(step)
      ? 'cached'
      : reason ? 'blocked' : 'to do'
    states.set(step.key, {
      key: step.key,
      stage: step.stage,
      label: step.label,
      state,
      blockedBy: state === 'blocked'
        ? reason
        : null,
      seconds,
      bytes,
    })
  }
  const steps = [
    ...states.values(),
  ]
  const toDo = steps.filter(step => step.state === 'to do')
  return {
    study,
    steps,
    cached: steps.filter(step => step.state === 'cached').length,
    toDo: toDo.length,
    blocked: steps.filter(step => step.state === 'blocked').length,
    ...costOf(toDo, expansion, cores),
  }
}

/** What is to do, stage by stage in their order; they add up to the plan's time and disk. */
export function stageCosts({ steps }: StudyPlan, expansion: Expansion, cores: number): StageCost[] {
  const byStage = Map.groupBy(steps.filter(step => step.state === 'to do'), step => step.stage)
  return [...byStage].map(([stage, toDo]) => ({ stage, runs: toDo.length, ...costOf(toDo, expansion, cores) }))
}

/** Time and disk of runs together, those that go side by side counted as such. */
function costOf(toDo: readonly PlanStep[], expansion: Expansion, cores: number): Estimate {
  const alone = new Set(expansion.steps.filter(step => step.usesAllCores).map(step => step.key))
  return {
    seconds: toDo.reduce((sum, step) => sum + step.seconds / (alone.has(step.key) ? 1 : cores), 0),
    bytes: toDo.reduce((sum, step) => sum + step.bytes, 0),
  }
}

/** A study's runs as the runner takes them, with every path their workers need. */
export function plannedRuns(expansion: Expansion, paths: WorkspacePaths): PlannedRun[] {
  return expansion.steps.map(({ key, stage, version, config, seed, usesSeed, usesAllCores, isDeterministic, needs, label, inputs }) => ({
    key,
    stage,
    version,
    config,
    seed,
    usesSeed,
    usesAllCores,
    needs,
    label,
    inputs: {
      data: inputs.sources.map(source => ({ name: source.name, fingerprint: source.fingerprint })),
      teachers: inputs.teachers.map(teacher => ({ name: teacher.name, sha256: teacher.sha256 })),
      needs,
      engine: engineMajor,
      ...isDeterministic && { deterministic: true },
    },
    order: {
      key,
      stage,
      version,
      config,
      seed,
      artefact: paths.artefactPath(stage, key),
      sources: inputs.sources.map(source => ({
        name: source.name,
        root: source.root,
        dataset: paths.datasetPath(source.fingerprint),
        faces: source.faces && paths.facesPath(source.faces),
        embeddings: source.embeddings && paths.embeddingsPath(source.embeddings),
        unlabelled: source.unlabelled,
      })),
      teachers: inputs.teachers.map(({ name, manifest, sha256 }) => ({ name, manifest, sha256 })),
      combiner: inputs.combiner && paths.modelPath(inputs.combiner),
      student: inputs.student && paths.modelPath(inputs.student),
      ...inputs.candidates && { candidates: inputs.candidates },
      ...inputs.nearCopies !== undefined && { nearCopies: inputs.nearCopies },
      ...inputs.selection && { selection: paths.modelPath(inputs.selection) },
      ...isDeterministic && { isDeterministic },
    },
  }))
}
