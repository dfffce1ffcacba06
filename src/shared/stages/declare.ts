import type { z } from 'zod'

export type StageName = 'prepare' | 'embed' | 'combine' | 'distil' | 'transfer' | 'select'

/** What every process needs to know of a stage. Forms, plan, terminal and keys come from it; its run function lives in src/worker/stages. */
export interface StageDeclaration<Name extends StageName, Config extends z.ZodType> {
  name: Name
  /** Raised when the same configuration and inputs would give another result, so that old results are computed anew. */
  version: number
  /** One line for lists and forms. */
  summary: string
  config: Config
  /** What of the configuration the run's key is made of; all of it where left out. What is left out must not change the result. */
  keyed?: (config: z.output<Config>) => Record<string, unknown>
  /** Whether the seed changes the result; where not, all seeds share one run. */
  usesSeed: (config: z.output<Config>) => boolean
  /** Whether a run may occupy every core; others are run side by side, one core each. */
  usesAllCores: (config: z.output<Config>) => boolean
  /** Its runs leave answers per test sample (predictions.csv) of one knowledge, the `task` of their configuration. */
  hasAnswers?: boolean
}

/** Declares a stage; exists for its types. */
export function declareStage<Name extends StageName, Config extends z.ZodType>(stage: StageDeclaration<Name, Config>): StageDeclaration<Name, Config> {
  return stage
}
