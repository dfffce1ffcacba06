import type { ExportRequest } from '#shared/export-request.ts'
import type { Exported, ExportFormat } from '#shared/export.ts'
import type { PortableGraph } from './portable-graph.ts'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { FacetError } from '#shared/errors.ts'
import { openFaceNetwork } from '../models/face-network.ts'
import { exampleOf } from './examples.ts'
import { measureLoss } from './loss.ts'
import { graphOf } from './network-graph.ts'
import { writeOnnx } from './onnx.ts'
import { writeReadme } from './readme.ts'
import { writeSavedModel } from './saved-model.ts'
import { writeTfjs } from './tfjs.ts'
import { storeWeights } from './weights.ts'

/** Every format by its name: the model's files from the graph. */
const writers: Record<ExportFormat, (graph: PortableGraph) => Record<string, Uint8Array>> = { savedmodel: writeSavedModel, tfjs: writeTfjs, onnx: writeOnnx }

/**
 * Writes a student, or a knowledge on one, as a model that other programs load: any number of faces u8 [n, side, side, 3] in (int32 in
 * tfjs, which has no bytes), `embedding` f32 [n, size] out, with a head also `probabilities` [n, classes or attributes] or `value` [n].
 * Beside it an example that runs, and a README: how faces must be prepared, what smaller weights cost, then `card`, what the host
 * knows of the model's origin, in Markdown.
 *
 * @throws FacetError where the folder is not empty, the model is no network from pixels, or the format has no counterpart of an op
 */
export async function exportModel({ model, student, format, weights, into, card, faces }: ExportRequest): Promise<Exported> {
  if (existsSync(into) && readdirSync(into).length > 0)
    throw new FacetError('bad-input', 'The folder is not empty.', { where: into, hint: 'Give a new or empty folder.' })
  const network = openFaceNetwork(model, student)
  const exact = graphOf(network)
  const graph = storeWeights(exact, weights)
  const modelFiles = writers[format](graph)
  const loss = weights === 'float32' ? null : await measureLoss({ exact, stored: graph, weights, target: network.knowledge?.manifest.target ?? null, faces })
  const example = exampleOf(format, graph.side)
  const files = {
    ...modelFiles,
    [example.name]: Buffer.from(example.text),
    'README.md': Buffer.from(writeReadme({ network, graph, format, weights, example, loss, card })),
  }
  writeFolder(into, files)
  return {
    path: into,
    files: Object.keys(files),
    bytes: Object.values(modelFiles).reduce((sum, { length }) => sum + length, 0),
    weights,
    loss,
  }
}

/** All files or none, under the folder's name. */
function writeFolder(into: string, files: Record<string, Uint8Array>): void {
  const temporary = `${into}.tmp-${process.pid}`
  try {
    mkdirSync(temporary, { recursive: true })
    for (const [name, bytes] of Object.entries(files))
      writeFileSync(path.join(temporary, name), bytes, { flush: true })
    rmSync(into, { recursive: true, force: true })
    renameSync(temporary, into)
  }
  catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}
