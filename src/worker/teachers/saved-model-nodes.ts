import type { InspectedModel, NodeView } from '#shared/teacher-views.ts'
import { FacetError } from '#shared/errors.ts'
import { suggest, viewOf } from './candidate-nodes.ts'
import { pairs, readMetaGraph } from './meta-graph.ts'
import { refuseUnsafeGraph } from './refused-graph.ts'

/** Ops that hold or fetch weights and compute nothing of the face. */
const passive = /^(?:Const|Placeholder.*|VarHandleOp|ReadVariableOp|NoOp|Assign.*|SaveV2|RestoreV2|MergeV2Checkpoints|ShardedFilename|StringJoin|StaticRegexFullMatch|Pack|Select)$/

/**
 * A SavedModel's input, outputs and nodes, read from its file; nothing runs. Outputs have the shape that their signature states,
 * inner nodes none: the try tells it.
 */
export function inspectSavedModel(model: string): Pick<InspectedModel, 'input' | 'parameters' | 'ops' | 'nodes'> {
  const graph = readMetaGraph({ model })
  refuseUnsafeGraph(graph, model)
  const { signatures, definition } = graph
  const inner = definition.getLibrary()?.getFunctionList().flatMap(each => each.getNodeDefList()) ?? []
  const outer = definition.getNodeList()
  const signature = signatures.get('serving_default')
  if (!signature)
    throw new FacetError('bad-input', 'The SavedModel has no signature "serving_default".', { where: model, hint: 'Save it with tf.saved_model.save, which makes one.' })
  const dims = (info: { getTensorShape: () => { getDimList: () => { getSize: () => number }[] } | undefined }): number[] => info.getTensorShape()?.getDimList().map(dim => dim.getSize()) ?? []
  const [first] = pairs(signature.getInputsMap())
  const [, height = -1, , channels = -1] = first
    ? dims(first[1])
    : []
  const outputs = pairs(signature.getOutputsMap()).map(([name, info]): NodeView => {
    const [, ...shape] = dims(info)
    return viewOf(name, 'output', shape.length > 0 && shape.every(side => side > 0)
      ? shape
      : null)
  })
  return {
    input: {
      size: height > 0
        ? height
        : null,
      channels: channels > 0
        ? channels
        : null,
    },
    parameters: null,
    ops: outer.length + inner.length,
    nodes: [
      ...suggest(outputs),
      ...outer.filter(node => !passive.test(node.getOp())).map(node => viewOf(node.getName(), node.getOp(), null)),
    ],
  }
}
