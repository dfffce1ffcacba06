import type { Teacher } from '#shared/files/teacher.ts'
import type { TensorData } from '#worker/stage.ts'
import type { MetaGraph } from './meta-graph.ts'
import { FacetError } from '#shared/errors.ts'
import { backend } from '#worker/engine/tf.ts'
import { pairs, readMetaGraph } from './meta-graph.ts'
import { refuseUnsafeGraph } from './refused-graph.ts'

const float32 = 1

/** The one image input and the tensor that the manifest calls the embedding: an output of the serving signature, or a node of the graph. */
function findTensors({ signatures, definition }: MetaGraph, { manifest, model, path }: Teacher): { input: string, output: string } {
  const signature = signatures.get('serving_default')
  if (!signature)
    throw new FacetError('bad-input', 'the SavedModel has no signature "serving_default".', { where: model })
  const inputs = pairs(signature.getInputsMap())
  const [key, info] = inputs[0] ?? []
  if (inputs.length !== 1 || !info || info.getDtype() !== float32)
    throw new FacetError('bad-input', `the SavedModel takes ${inputs.map(([name]) => name).join(', ') || 'nothing'}; a teacher takes one float32 image.`, { where: model })
  const side = info.getTensorShape()?.getDimList()[1]?.getSize() ?? -1
  if (side > 0 && side !== manifest.input.size)
    throw new FacetError('bad-input', `input.size of teacher "${manifest.name}" is ${manifest.input.size}; the graph's input "${key}" takes ${side}.`, { where: path, hint: `Set input.size to ${side}.` })
  const outputs = new Map(pairs(signature.getOutputsMap()).map(([name, output]) => [
    name,
    output.getName(),
  ]))
  const nodes = definition.getNodeList().map(node => node.getName())
  const { node } = manifest.embedding
  const output = outputs.get(node) ?? (nodes.includes(node)
    ? `${node}:0`
    : undefined)
  if (!output) {
    throw new FacetError('bad-input', `the SavedModel has no output or node "${node}".`, { where: model, hint: `Its outputs are ${[
      ...outputs.keys(),
    ].join(', ')}; its ${nodes.length} nodes end with ${nodes.slice(-20).join(', ')}.` })
  }
  return {
    input: info.getName(),
    output,
  }
}

/** A loaded SavedModel of which one tensor is asked. */
export interface SavedModelRunner {
  run: (input: TensorData) => TensorData
  dispose: () => void
}

/**
 * Opens a SavedModel teacher as it is: fed by its serving signature's one input. No Python of it runs, and ops that reach outside the graph are refused.
 * Throws a FacetError for a damaged file, a missing signature, more inputs than one, a wrong size or a node that is not there (listing those that are).
 */
export function openSavedModel(teacher: Teacher): SavedModelRunner {
  const graph = readMetaGraph(teacher)
  const { input, output } = findTensors(graph, teacher)
  refuseUnsafeGraph(graph, teacher.model, output)
  const pooled = teacher.manifest.embedding.pool === 'average'
  let id: number
  try {
    id = backend.loadSavedModelMetaGraph(teacher.model, 'serve')
  }
  catch (cause) {
    throw new FacetError('engine', `TensorFlow refused the SavedModel: ${cause instanceof Error
      ? cause.message
      : String(cause)}`, { where: teacher.model, cause })
  }
  const { binding } = backend
  return {
    run({ shape, data }) {
      const fed = binding.createTensor(shape, float32, data)
      try {
        const [answer] = binding.runSavedModel(id, [fed], input, output)
        const result: TensorData = {
          dtype: 'float32',
          shape: answer!.shape,
          data: binding.tensorDataSync(answer!.id) as Float32Array,
        }
        binding.deleteTensor(answer!.id)
        return pooled && result.shape.length === 4
          ? averagePool(result)
          : result
      }
      finally {
        binding.deleteTensor(fed)
      }
    },
    dispose: () => backend.deleteSavedModel(id),
  }
}

/** [N, H, W, C] -> [N, C] */
function averagePool({ shape, data }: TensorData): TensorData {
  const [n, height, width, channels] = shape as [number, number, number, number]
  const area = height * width
  const pooled = new Float32Array(n * channels)
  for (let i = 0; i < n; i++) {
    for (let place = 0; place < area; place++) {
      for (let c = 0; c < channels; c++)
        pooled[i * channels + c]! += data[(i * area + place) * channels + c]! / area
    }
  }
  return {
    dtype: 'float32',
    shape: [n, channels],
    data: pooled,
  }
}
