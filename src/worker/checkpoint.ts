import type { Checkpoint, StageContext } from './stage.ts'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '#shared/files/durable.ts'
import { readSafetensors, writeSafetensors } from '#shared/files/safetensors.ts'

/** checkpoint-N.json beside checkpoint-N.safetensors; written last, so its presence says that the tensors are whole. */
const Generation = z.strictObject({
  step: z.int().min(0),
  sha256: z.string().describe('Of the tensor file, followed by the state below as JSON'),
  state: z.unknown(),
})

/** Generations kept: the newest and one older. */
const kept = 2

/**
 * Checkpoints of one run in its folder, numbered upwards. `warn` is told of each damaged generation that is passed over.
 */
export function createCheckpointStore(runDir: string, warn: (text: string) => void): StageContext<unknown>['checkpoint'] {
  return {
    load: async () => {
      for (const generation of listGenerations(runDir)) {
        try {
          return await readGeneration(runDir, generation)
        }
        catch (error) {
          warn(`Checkpoint ${generation} is damaged (${error instanceof Error
            ? error.message
            : String(error)}); an older one is tried.`)
        }
      }
      return null
    },
    save: async ({ step, tensors, state }) => {
      const generations = listGenerations(runDir)
      const next = (generations[0] ?? 0) + 1
      const paths = generationPaths(runDir, next)
      const plain: unknown = JSON.parse(JSON.stringify(state ?? null))
      await writeSafetensors(paths.tensors, tensors)
      writeDurably(paths.record, JSON.stringify({ step, sha256: await checksum(paths.tensors, plain), state: plain }))
      for (const old of generations.slice(kept - 1))
        removeGeneration(runDir, old)
    },
  }
}

/** What a killed attempt was in the middle of writing: temporary names, and tensors without the record that comes after them. */
export function removeHalfWritten(runDir: string): void {
  const names = readdirSync(runDir)
  for (const name of names) {
    const isTemporary = /^(?:checkpoint-\d+|order|worker)\.\w+\.(?:tmp-\d+|\d+\.tmp)$/.test(name)
    const generation = /^checkpoint-(\d+)\.safetensors$/.exec(name)?.[1]
    if (isTemporary || (generation !== undefined && !names.includes(`checkpoint-${generation}.json`)))
      rmSync(join(runDir, name), { force: true })
  }
}

/** Whether an earlier attempt left a checkpoint. */
export function hasCheckpoint(runDir: string): boolean {
  return listGenerations(runDir).length > 0
}

/** Removes all checkpoints: a finished run needs none. */
export function removeCheckpoints(runDir: string): void {
  for (const generation of listGenerations(runDir))
    removeGeneration(runDir, generation)
}

function generationPaths(runDir: string, generation: number): { tensors: string, record: string } {
  return {
    tensors: join(runDir, `checkpoint-${generation}.safetensors`),
    record: join(runDir, `checkpoint-${generation}.json`),
  }
}

/** Numbers of the generations, the newest first. Compared as numbers: as text, 100 would come before 99. */
function listGenerations(runDir: string): number[] {
  return readdirSync(runDir)
    .map(name => /^checkpoint-(\d+)\.json$/.exec(name)?.[1])
    .filter(digits => digits !== undefined)
    .map(Number)
    .sort((a, b) => b - a)
}

async function readGeneration(runDir: string, generation: number): Promise<Checkpoint> {
  const paths = generationPaths(runDir, generation)
  const record = Generation.parse(JSON.parse(readFileSync(paths.record, 'utf8')))
  if (!existsSync(paths.tensors))
    throw new Error('its tensor file is missing')
  if (await checksum(paths.tensors, record.state) !== record.sha256)
    throw new Error('its checksum differs')
  const { tensors } = await readSafetensors(paths.tensors)
  return { step: record.step, tensors, state: record.state }
}

function removeGeneration(runDir: string, generation: number): void {
  const paths = generationPaths(runDir, generation)
  rmSync(paths.record, { force: true })
  rmSync(paths.tensors, { force: true })
}

async function checksum(path: string, state: unknown): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Buffer)
  return hash.update(JSON.stringify(state)).digest('hex')
}
