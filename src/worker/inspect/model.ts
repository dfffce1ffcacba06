import type { InspectInput, InspectResult } from '#shared/inspect.ts'
import type { InspectedModel } from '#shared/teacher-views.ts'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { hashFiles, modelFiles } from '#shared/files/teacher.ts'
import { graphNodes, inputOf } from '../teachers/candidate-nodes.ts'
import { inspectOnnx } from '../teachers/onnx-nodes.ts'
import { countWeights } from '../teachers/parameters.ts'
import { inspectSavedModel } from '../teachers/saved-model-nodes.ts'
import { readTfjsModel } from '../teachers/tfjs-model.ts'

/** Side to look with, where a model takes any: what most face networks were made for. */
const usualSize = 224

/**
 * What a model file is: format, input, files and nodes with their shapes.
 *
 * @throws FacetError that names the kind of file it was given instead, and what to do
 */
export async function inspectModel({ path, size }: InspectInput<'inspectModel'>): Promise<InspectResult<'inspectModel'>> {
  const { format, model } = kindOf(path)
  const files = modelFiles({ name: basename(path), format }, model)
  const common = {
    path: model,
    format,
    name: nameOf(model),
    files,
    bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
    sha256: hashFiles(files),
  }
  if (format === 'saved-model')
    return { ...common, ...inspectSavedModel(model) }
  if (format === 'onnx')
    return { ...common, ...await inspectOnnx(model, size ?? usualSize) }
  const graph = readTfjsModel(model)
  const input = inputOf(graph)
  return {
    ...common,
    input,
    parameters: countWeights(graph.weights),
    ops: graph.nodes.size,
    nodes: graphNodes(graph, size ?? input.size ?? usualSize, input.channels ?? 3),
  }
}

/** Which kind of model lies at a path, a folder included. */
function kindOf(path: string): { format: InspectedModel['format'], model: string } {
  if (!existsSync(path))
    throw new FacetError('not-found', 'There is no such file.', { where: path })
  if (statSync(path).isDirectory()) {
    if (existsSync(join(path, 'saved_model.pb')))
      return { format: 'saved-model', model: path }
    if (existsSync(join(path, 'model.json')))
      return { format: 'tfjs-graph', model: join(path, 'model.json') }
    const found = readdirSync(path).slice(0, 3).join(', ')
    throw new FacetError('bad-input', `The folder holds no model: neither saved_model.pb nor model.json${found
      ? `, but ${found}`
      : ''}.`, { where: path, hint: 'Choose the folder of a SavedModel, the JSON file of a TFJS graph model or an ONNX file.' })
  }
  if (basename(path) === 'saved_model.pb')
    return { format: 'saved-model', model: dirname(path) }
  if (extname(path).toLowerCase() === '.onnx')
    return { format: 'onnx', model: path }
  if (extname(path) === '.json')
    return { format: 'tfjs-graph', model: path }
  throw new FacetError('bad-input', `${wordKind(path)} is not read as a teacher.`, { where: path, hint: 'Convert it to ONNX (torch.onnx.export), to a SavedModel (tf.saved_model.save) or to a TFJS graph model (tensorflowjs_converter --output_format tfjs_graph_model).' })
}

const kinds: Record<string, string> = {
  '.h5': 'A Keras HDF5 file',
  '.keras': 'A Keras file',
  '.pt': 'A PyTorch file, which is executed when it is loaded,',
  '.pth': 'A PyTorch file, which is executed when it is loaded,',
  '.tflite': 'A TensorFlow Lite file',
  '.bin': 'A file of weights alone',
  '.pb': 'A frozen graph without its SavedModel',
}

function wordKind(path: string): string {
  return kinds[extname(path).toLowerCase()] ?? `A file of the kind "${extname(path) || basename(path)}"`
}

/** A name for the teacher: the file's, or its folder's where every model is called so. */
function nameOf(model: string): string {
  const stem = basename(model).replace(/\.(?:json|onnx)$/i, '')
  const chosen = ['model', 'saved_model', '1'].includes(stem)
    ? basename(dirname(model))
    : stem
  return chosen.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-').replaceAll(/^-+|-+$/g, '') || 'teacher'
}
