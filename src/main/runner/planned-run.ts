import type { Order } from '#shared/order.ts'
import type { StageName } from '#shared/stages/declare.ts'

/** One run as a plan hands it to the runner. Everything is plain data: the queue survives its host. */
export interface PlannedRun {
  /** SHA-256 of the canonical JSON of stage, version, config, inputs, seed and engine. */
  key: string
  stage: StageName
  version: number
  /** With every default filled in. */
  config: unknown
  /** What went into the key besides the configuration (keys, fingerprints, checksums, engine): what `compare` compares. */
  inputs: Record<string, unknown>
  seed: number
  /** Where not, all seeds share this run. */
  usesSeed: boolean
  /** Runs alone with every core; others run side by side, one core each. */
  usesAllCores: boolean
  /** Keys of the runs whose artefacts it reads. */
  needs: string[]
  /** For people, e.g. "transfer AgeR-UTK, student, seed 0". */
  label: string
  /** The worker's order. Paths of inputs are functions of keys (workspace/paths.ts), so it can be written before they exist. */
  order: Omit<Order, 'runDir' | 'threads'>
}
