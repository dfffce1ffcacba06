import type { Teacher } from '#shared/files/teacher.ts'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { checkSavedModel } from './protobuf-bounds.ts'

/** The parts of tfjs-node's generated protobuf classes that are read here; they come without types. */
interface MessageClass<T> { deserializeBinary: (bytes: Uint8Array) => T }
interface TensorInfo { getName: () => string, getDtype: () => number, getTensorShape: () => { getDimList: () => { getSize: () => number }[] } | undefined }
interface Entries<T> { entries: () => { next: () => { done: boolean, value: [string, T] } }, getLength: () => number, get: (key: string) => T | undefined }
interface Signature { getInputsMap: () => Entries<TensorInfo>, getOutputsMap: () => Entries<TensorInfo> }
export interface FunctionName { getName: () => string, getAttrMap: () => Entries<Attribute> }
export interface Attribute { getS_asU8: () => Uint8Array, getFunc: () => FunctionName | undefined, getList: () => { getFuncList: () => FunctionName[] } | undefined }
export interface Node { getName: () => string, getOp: () => string, getInputList: () => string[], getAttrMap: () => Entries<Attribute> }
export interface GraphFunction { getSignature: () => { getName: () => string } | undefined, getNodeDefList: () => Node[], getAttrMap: () => Entries<Attribute> }
export interface Library { getFunctionList: () => GraphFunction[], getGradientList: () => { getFunctionName: () => string, getGradientFunc: () => string }[] }
interface Definition { getNodeList: () => Node[], getLibrary: () => Library | undefined }
interface MetaGraphMessage {
  getMetaInfoDef: () => { getTagsList: () => string[] } | undefined
  getSignatureDefMap: () => Entries<Signature>
  getCollectionDefMap: () => Entries<{ getNodeList: () => { getValueList: () => string[] } | undefined }>
  getSaverDef: () => { getRestoreOpName: () => string } | undefined
  getGraphDef: () => Definition | undefined
}
const { SavedModel } = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js') as { SavedModel: MessageClass<{ getMetaGraphsList: () => MetaGraphMessage[] }> }

/** A SavedModel's graph for serving. `startsWith` are the nodes that TensorFlow runs when it loads it: restore and initialiser. */
export interface MetaGraph { signatures: Entries<Signature>, definition: Definition, startsWith: string[] }

/** A protobuf map as pairs. */
export function pairs<T>(map: Entries<T>): [string, T][] {
  const iterator = map.entries()
  return Array.from({
    length: map.getLength(),
  }, () => iterator.next().value)
}

/** The graph for serving of a SavedModel. @throws FacetError where it is damaged or has none */
export function readMetaGraph({ model }: Pick<Teacher, 'model'>): MetaGraph {
  let graphs: MetaGraphMessage[]
  try {
    const bytes = readFileSync(join(model, 'saved_model.pb'))
    checkSavedModel(bytes)
    graphs = SavedModel.deserializeBinary(bytes).getMetaGraphsList()
  }
  catch (cause) {
    throw new FacetError('bad-input', 'saved_model.pb is damaged.', { where: model, cause })
  }
  // The one that TensorFlow takes: the first with this tag and no other.
  const graph = graphs.find((each) => {
    const tags = new Set(each.getMetaInfoDef()?.getTagsList())
    return tags.size === 1 && tags.has('serve')
  })
  const definition = graph?.getGraphDef()
  if (!graph || !definition)
    throw new FacetError('bad-input', 'the SavedModel has no graph for serving (tag "serve" alone).', { where: model })
  return {
    signatures: graph.getSignatureDefMap(),
    definition,
    startsWith: [
      graph.getSaverDef()?.getRestoreOpName() ?? '',
      ...['saved_model_main_op', 'legacy_init_op'].flatMap(key => graph.getCollectionDefMap().get(key)?.getNodeList()?.getValueList() ?? []),
    ].filter(name => name !== ''),
  }
}
