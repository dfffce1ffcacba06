import type { OnnxModel } from './onnx-file.ts'
import type { PortableGraph } from './portable-graph.ts'
import { FacetError } from '#shared/errors.ts'
import { onnxTypes, serializeOnnx } from './onnx-file.ts'
import { channelsSecond, OnnxGraph } from './onnx-graph.ts'
import { converters } from './onnx-ops.ts'
import { facesShape } from './portable-graph.ts'

/** model.onnx, from `faces`, u8 [n, side, side, 3]. */
export function writeOnnx(graph: PortableGraph): Record<string, Uint8Array> {
  return { 'model.onnx': serializeOnnx(toOnnx(graph)) }
}

/** The graph in ONNX's operators. @throws FacetError that names an op which has no counterpart here */
export function toOnnx(graph: PortableGraph): OnnxModel {
  const onnx = new OnnxGraph(graph)
  onnx.add('Cast', ['faces'], 'faces/float', { to: onnxTypes.float32 })
  onnx.know('pixels', { name: onnx.add('Transpose', ['faces/float'], 'pixels', { perm: channelsSecond([0, 1, 2, 3]) }), shape: facesShape(graph) })
  for (const node of graph.nodes) {
    const convert = converters[node.op]
    if (!convert)
      throw new FacetError('bad-input', `The export to ONNX has no counterpart for TensorFlow's op "${node.op}".`, { where: `node ${node.name}`, hint: 'Export it as savedmodel or tfjs.' })
    onnx.know(node.name, { name: node.name, shape: convert(node, onnx) })
  }
  return onnx.model
}
