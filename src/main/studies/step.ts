import type { Task } from '#shared/dataset.ts'
import type { StageDeclaration, StageName } from '#shared/stages/declare.ts'
import { z } from 'zod'
import { stages } from '#shared/stages/index.ts'
import { contentKey } from './keys.ts'

/** Raised when the engine gives other figures for the same graph (another TensorFlow major version). */
export const engineMajor = 2

/** A data set of the study as the workspace knows it. */
export interface StudyDataset {
  name: string
  root: string
  fingerprint: string
  format: string
  tasks: Record<string, Task>
  /** Images are ready crops, or no faces at all: nothing is detected. */
  aligned: boolean
  samples: number
  /** Samples that combiner and student may learn from. */
  seen: number
  subjects: number
  /**
   * SHA-256 over the content hashes of its validation, test and unseen photographs that the unlabelled data sets hold too; left out
   * where it is one of these itself or shares none. Combiner and student are kept from such copies.
   */
  heldOutCopies?: string
}

/** A teacher of the study as the registry knows it. */
export interface StudyTeacher { name: string, manifest: string, sha256: string, dimension: number, contaminates: string[] }

/** A data set as a run gets it: keys of its faces and embeddings where the run reads them. */
export interface StepSource { name: string, root: string, fingerprint: string, faces: string | null, embeddings: string | null, unlabelled: boolean }

/** What one run builds on: keys of other runs, fingerprints of data. */
export interface StepInputs { sources: StepSource[], teachers: StudyTeacher[], combiner: string | null, student: string | null, selection: string | null, candidates?: { teacher: string, key: string }[], nearCopies?: number }

/** One run of a study, before anybody asked whether it is cached. */
export interface Step {
  key: string
  stage: StageName
  version: number
  config: Record<string, unknown>
  seed: number
  usesSeed: boolean
  usesAllCores: boolean
  /** Deterministic kernels were asked for, and it may compute where others would give other bits. */
  isDeterministic: boolean
  /** For people: "transfer AgeR-UTK, student, seed 1". */
  label: string
  needs: string[]
  inputs: StepInputs
}

/** What a step is made of; `keyed` is all that its result depends on besides configuration and seed. */
export interface StepParts {
  label: string
  config: Record<string, unknown>
  seed?: number
  inputs: Partial<StepInputs>
  keyed: Record<string, unknown>
  needs?: string[]
  /** No chance is involved, whatever the stage says of itself. */
  isSeedless?: boolean
  /** The recipe asks for deterministic kernels. */
  isDeterministic?: boolean
}

/**
 * One run with its key: SHA-256 over stage, version, complete configuration (or what the stage says of it), inputs, seed and engine. Deterministic kernels are part of
 * the key of a run that may get a GPU, where they change its bits: what was computed without them must not pass for it. Whether there
 * is a GPU is no part of it, since a key is made of the recipe and not of the machine; a run of one core never gets one.
 */
export function makeStep(stage: StageName, { label, config: given, seed = 0, inputs, keyed, needs = [], isSeedless = false, isDeterministic: isAsked = false }: StepParts): Step {
  const { version, config: schema, keyed: keyedConfig, usesSeed: stageUsesSeed, usesAllCores }: StageDeclaration<StageName, z.ZodObject> = stages[stage]
  const config = completeConfig(schema, given)
  const usesSeed = !isSeedless && stageUsesSeed(config)
  const mayUseGpu = usesAllCores(config)
  const isDeterministic = isAsked && mayUseGpu
  return {
    key: contentKey({ stage, version, config: keyedConfig?.(config) ?? config, inputs: keyed, seed: usesSeed ? seed : null, engine: engineMajor, ...isDeterministic && { deterministic: true } }),
    stage,
    version,
    config,
    seed: usesSeed ? seed : 0,
    usesSeed,
    usesAllCores: mayUseGpu,
    isDeterministic,
    label: usesSeed ? `${label}, seed ${seed}` : label,
    needs: [...new Set(needs)],
    inputs: { sources: [], teachers: [], combiner: null, student: null, selection: null, ...inputs },
  }
}

/**
 * A stage's configuration with every default. A group given in part keeps the stage's own defaults for the rest of it:
 * `optimizer: { learningRate: 0.002 }` of distil stays AdamW with its weight decay.
 */
function completeConfig(schema: z.ZodObject, given: Record<string, unknown>): Record<string, unknown> {
  const groups = Object.entries(given).map(([name, value]) => {
    const field = schema.shape[name]
    return [name, field instanceof z.ZodPrefault && isGroup(value) && isGroup(field.def.defaultValue) ? merge(field.def.defaultValue, value) : value]
  })
  return schema.parse(Object.fromEntries(groups))
}

/** The second over the first, group by group; lists and values are replaced. */
export function merge(base: object, over: object): Record<string, unknown> {
  const result: Record<string, unknown> = { ...base }
  for (const [name, value] of Object.entries(over)) {
    const old = result[name]
    if (value !== undefined)
      result[name] = isGroup(old) && isGroup(value) ? merge(old, value) : value
  }
  return result
}

function isGroup(value: unknown): value is object {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
