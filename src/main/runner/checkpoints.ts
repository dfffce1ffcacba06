import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** What a record of a checkpoint says that people want to know; the worker's own schema is stricter. */
const CheckpointRecord = z.object({
  step: z.int(),
  state: z.object({
    current: z.object({
      name: z.string(),
      step: z.int(),
    }).nullable(),
  }).optional().catch(undefined),
})

export interface KeptCheckpoint {
  step: number
  phase: string | null
  atMs: number
  bytes: number
}

/** Checkpoints in a run's folder, newest first. One that cannot be read is left out: the worker passes over it as well. */
export function listCheckpoints(runDir: string): KeptCheckpoint[] {
  return generations(runDir).flatMap((generation) => {
    try {
      const path = join(runDir, `checkpoint-${generation}.json`)
      const { step, state } = CheckpointRecord.parse(JSON.parse(readFileSync(path, 'utf8')))
      return [{
        step,
        phase: state?.current?.name ?? null,
        atMs: statSync(path).mtimeMs,
        bytes: statSync(join(runDir, `checkpoint-${generation}.safetensors`)).size,
      }]
    }
    catch {
      return []
    }
  })
}

/** Removes the checkpoints of a run that nobody works on, so that its next attempt starts anew. */
export function forgetCheckpoints(runDir: string): void {
  for (const generation of generations(runDir)) {
    rmSync(join(runDir, `checkpoint-${generation}.json`), { force: true }) // first: without it the tensors count for nothing
    rmSync(join(runDir, `checkpoint-${generation}.safetensors`), { force: true })
  }
}

function generations(runDir: string): number[] {
  if (!existsSync(runDir))
    return []
  return readdirSync(runDir)
    .flatMap(name => /^checkpoint-(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a)
}
