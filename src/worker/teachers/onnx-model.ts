import type { OnnxInput, OnnxNode, OnnxTensorHead } from './onnx-parts.ts'
import { readFileSync, statSync } from 'node:fs'
import { FacetError } from '#shared/errors.ts'
import { readNode, readTensor, readValue, refuseTensor } from './onnx-parts.ts'
import { fieldsOf } from './protobuf-fields.ts'

/** An ONNX file, read for what a teacher needs; its weights stay bytes. */
export interface OnnxModel {
  path: string
  bytes: Uint8Array
  /** The one input of the graph that is no weight. */
  input: OnnxInput
  nodes: OnnxNode[]
  weights: OnnxTensorHead[]
  outputs: string[]
}

/** What a protobuf file can be at most, and so an ONNX file with its weights in it. */
const largestFile = 2 ** 31 - 1
/** Fields of ModelProto and GraphProto: https://github.com/onnx/onnx/blob/v1.18.0/onnx/onnx.proto3 */
const modelField = { graph: 7, functions: 25 }
const graphField = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13, sparseInitializer: 15 }

/**
 * Reads an ONNX file; nothing of it runs. All lengths are checked against the file, and refused is whatever would make a runtime look
 * outside of it: weights in other files, and operators that are not ONNX's own.
 *
 * @throws FacetError that says what is wrong and where in the file
 */
export function readOnnx(path: string): OnnxModel {
  return inOnnx(path, () => {
    const bytes = readWhole(path)
    const graph = graphOf(bytes)
    const model = { path, bytes, nodes: [] as OnnxNode[], weights: [] as OnnxTensorHead[], outputs: [] as string[] }
    const inputs: OnnxInput[] = []
    for (const field of fieldsOf(bytes, graph.from, graph.end)) {
      switch (field.number) {
        case graphField.node: model.nodes.push(readNode(bytes, field, 0)); break
        case graphField.initializer: model.weights.push(readTensor(bytes, field)); break
        case graphField.input: inputs.push(readValue(bytes, field)); break
        case graphField.output: model.outputs.push(readValue(bytes, field).name); break
        case graphField.sparseInitializer: refuseTensor(bytes, field, 'a sparse weight'); break
      }
    }
    const names = new Set(model.weights.map(({ name }) => name))
    const [input, ...others] = inputs.filter(({ name }) => !names.has(name))
    if (!input || others.length > 0)
      throw new FacetError('bad-input', `the graph has ${input ? `${1 + others.length} inputs (${[input, ...others].map(({ name }) => name).join(', ')})` : 'no input'}; a teacher takes one picture.`, { where: path, hint: 'Export the network from the picture alone.' })
    return { ...model, input }
  })
}

/** Turns what the reading of a broken file throws into what a person can do about it. */
function inOnnx<T>(path: string, read: () => T): T {
  try {
    return read()
  }
  catch (cause) {
    if (cause instanceof FacetError)
      throw cause.where === undefined ? new FacetError(cause.code, cause.message, { where: path, ...cause.hint !== undefined && { hint: cause.hint }, cause }) : cause
    throw new FacetError('bad-input', `The ONNX file is damaged: ${cause instanceof Error ? cause.message : String(cause)}.`, { where: path, hint: 'Fetch it or export it again.', cause })
  }
}

function readWhole(path: string): Uint8Array {
  const { size } = statSync(path)
  if (size > largestFile)
    throw new FacetError('bad-input', `an ONNX file of ${size} bytes cannot be whole: it has at most ${largestFile}.`, { where: path, hint: 'Fetch it or export it again.' })
  return readFileSync(path)
}

/** The graph of a model. Its functions are looked through, though no node may call one: their bodies may not name other files either. */
function graphOf(bytes: Uint8Array): { at: number, from: number, end: number } {
  const fields = [...fieldsOf(bytes, 0, bytes.length)]
  const graphs = fields.filter(({ number }) => number === modelField.graph)
  const [graph] = graphs
  if (graphs.length !== 1 || graph!.wire !== 2)
    throw new Error(graphs.length > 1 ? `its graph comes twice, at byte ${graphs[1]!.at}` : 'it holds no graph')
  if (fields.some(({ number }) => number === modelField.functions))
    throw new FacetError('bad-input', 'the model brings functions of its own; only ONNX\'s own operators are run.', { hint: 'Inline them (onnx.inliner.inline_local_functions) and save it again.' })
  return graph!
}

/** What gives a tensor: the node, or the sentence that says which tensors there are. */
export function findOnnxTensor({ nodes, outputs, path }: OnnxModel, name: string): OnnxNode {
  const node = nodes.find(each => each.outputs.includes(name))
  if (node && name !== '')
    return node
  const names = nodes.flatMap(each => each.outputs).filter(each => each !== '')
  throw new FacetError('bad-input', `the graph has no tensor "${name}".`, { where: path, hint: `Its outputs are ${outputs.join(', ')}; its ${names.length} tensors end with ${names.slice(-20).join(', ')}.` })
}

/** The nodes that tensors rest on. */
export function nodesBehind({ nodes }: OnnxModel, names: readonly string[]): Set<OnnxNode> {
  const makers = new Map(nodes.flatMap(node => node.outputs.map(output => [output, node] as const)))
  const needed = new Set<OnnxNode>()
  const stack = [...names]
  while (stack.length > 0) {
    const node = makers.get(stack.pop()!)
    if (!node || needed.has(node))
      continue
    needed.add(node)
    for (const input of node.reads)
      stack.push(input)
  }
  return needed
}

/**
 * The file with tensors of the graph as its only outputs, and without the nodes that these do not rest on: whatever classifies behind
 * an embedding is not computed.
 *
 * @param model
 * @param names   tensors of the graph
 * @param shapes  further tensors that are to be the shapes of others, by their names
 */
export function cutOnnx(model: OnnxModel, names: readonly string[], shapes: Record<string, string> = {}): Uint8Array {
  const { bytes } = model
  const graph = graphOf(bytes)
  const needed = nodesBehind(model, names)
  const dropped = new Set(model.nodes.filter(node => !needed.has(node)).map(({ at }) => at))
  const kept = [...fieldsOf(bytes, graph.from, graph.end)]
    .filter(({ number, at }) => number !== graphField.output && number !== graphField.valueInfo && !dropped.has(at))
    .map(({ at, end }) => bytes.subarray(at, end))
  const body = Buffer.concat([
    ...kept,
    ...Object.entries(shapes).map(([output, input]) => part(graphField.node, part(1, Buffer.from(input)), part(2, Buffer.from(output)), part(4, Buffer.from('Shape')))),
    ...[...names, ...Object.keys(shapes)].map(name => part(graphField.output, part(1, Buffer.from(name)))),
  ])
  return Buffer.concat([bytes.subarray(0, graph.at), part(modelField.graph, body), bytes.subarray(graph.end)])
}

/** A field that holds a message or text: its number, how long it is, its bytes. */
function part(number: number, ...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, each) => sum + each.length, 0)
  return Buffer.concat([varint(number * 8 + 2), varint(length), ...parts])
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : rest % 128 + 128)
    if (rest < 128)
      return Uint8Array.from(bytes)
  }
}
