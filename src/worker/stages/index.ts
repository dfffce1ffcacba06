import type { StageName } from '#shared/stages/declare.ts'
import type { StageRun } from '../stage.ts'

/** How to load each stage's run function; loaded only when an order asks for it, since most bring TensorFlow. */
export type StageLoaders = Record<StageName, () => Promise<{ run: StageRun<never> }>>

/** The worker's side of the registry of stages (src/shared/stages/index.ts). */
export const stageLoaders: StageLoaders = {
  prepare: () => import('./prepare.ts'),
  embed: () => import('./embed.ts'),
  combine: () => import('./combine.ts'),
  distil: () => import('./distil.ts'),
  transfer: () => import('./transfer.ts'),
  select: () => import('./select.ts'),
}
