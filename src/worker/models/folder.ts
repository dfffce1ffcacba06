import type { TensorData } from '#worker/stage.ts'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { readSafetensors, writeSafetensors } from '#shared/files/safetensors.ts'

/** A model artefact: a folder of manifest.json and tensors.safetensors. */
export interface ModelFolder<Manifest> { manifest: Manifest, tensors: Record<string, TensorData> }

/** Writes a model into a (temporary) folder, which is made anew: half a file that a killed attempt left there must not be sealed with it. */
export function writeModel(folder: string, { manifest, tensors }: ModelFolder<unknown>): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeSafetensors(path.join(folder, 'tensors.safetensors'), tensors)
  writeFileSync(path.join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/**
 * Reads a model folder.
 * @throws FacetError when it is not there, or another kind of model
 */
export function readModel<Schema extends z.ZodType>(folder: string, schema: Schema): ModelFolder<z.output<Schema>> {
  const file = path.join(folder, 'manifest.json')
  if (!existsSync(file))
    throw new FacetError('not-found', 'there is no model here.', { where: folder, hint: 'Run the study again; it makes what is missing.' })
  const manifest = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  if (!manifest.success)
    throw new FacetError('bad-input', `this is not the kind of model that is needed here: ${z.prettifyError(manifest.error)}`, { where: file })
  return { manifest: manifest.data, tensors: readSafetensors(path.join(folder, 'tensors.safetensors')).tensors }
}
