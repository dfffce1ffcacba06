import type { Attribute, TensorValue } from './attributes.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { backend, engineVersion } from './tf.ts'

/** One node as plain data. Inputs are `node`, `node:index` or `^node` (control). */
export interface GraphNode {
  name: string
  op: string
  inputs: string[]
  attributes: Record<string, Attribute>
}

/** What a SavedModel says of its entry point: its inputs and outputs, key -> node name, type and shape. */
export interface Signature {
  inputs: Record<string, SignatureTensor>
  outputs: Record<string, SignatureTensor>
}
export interface SignatureTensor { name: string, dtype: number, shape: readonly number[] }

/** A generated protobuf message: setters by name. The classes come without types. */
type Message = Record<string, (...values: unknown[]) => unknown> & { serializeBinary: () => Uint8Array }
type MessageClass = (new () => Message) & Record<string, new () => Message>
const proto = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js') as Record<string, MessageClass>

/** The GraphDef version TensorFlow 2.21 writes; it decides which old behaviours apply when a graph is read. */
const producerVersion = 1882
const text = new TextEncoder()

/** Makes a message and calls its setters. */
function message(name: string, values: Record<string, unknown>, part?: string): Message {
  const outer = proto[name]!
  const made = new (part
    ? outer[part]!
    : outer)()
  for (const [setter, value] of Object.entries(values))
    made[setter]!(value)
  return made
}

function shapeMessage(shape: readonly number[]): Message {
  return message('TensorShape', {
    setDimList: shape.map(side => message('TensorShape', { setSize: side }, 'Dim')),
  })
}

function tensorMessage({ dtype, shape, bytes }: TensorValue): Message {
  return message('Tensor', {
    setDtype: dtype,
    setTensorShape: shapeMessage(shape),
    setTensorContent: bytes,
  })
}

function attributeMessage({ kind, value }: Attribute): Message {
  const list = (values: Record<string, unknown>) => message('AttrValue', {
    setList: message('AttrValue', values, 'ListValue'),
  })
  switch (kind) {
    case 'string': return message('AttrValue', {
      setS: text.encode(value),
    })
    case 'int': return message('AttrValue', { setI: value })
    case 'float': return message('AttrValue', { setF: value })
    case 'bool': return message('AttrValue', { setB: value })
    case 'type': return message('AttrValue', { setType: value })
    case 'shape': return message('AttrValue', {
      setShape: shapeMessage(value),
    })
    case 'tensor': return message('AttrValue', {
      setTensor: tensorMessage(value),
    })
    case 'ints': return list({ setIList: value })
    case 'floats': return list({ setFList: value })
    case 'types': return list({ setTypeList: value })
    case 'strings': return list({
      setSList: value.map(each => text.encode(each)),
    })
  }
}

function nodeMessage({ name, op, inputs, attributes }: GraphNode): Message {
  const node = message('NodeDef', { setName: name, setOp: op, setInputList: inputs })
  const map = node.getAttrMap!() as { set: (key: string, value: Message) => void }
  for (const [key, attribute] of Object.entries(attributes))
    map.set(key, attributeMessage(attribute))
  return node
}

function signatureMessage({ inputs, outputs }: Signature): Message {
  const signature = message('SignatureDef', { setMethodName: 'tensorflow/serving/predict' })
  for (const [side, tensors] of [
    ['getInputsMap', inputs],
    ['getOutputsMap', outputs],
  ] as const) {
    const map = signature[side]!() as { set: (key: string, value: Message) => void }
    for (const [key, { name, dtype, shape }] of Object.entries(tensors)) {
      map.set(key, message('TensorInfo', {
        setName: name,
        setDtype: dtype,
        setTensorShape: shapeMessage(shape),
      }))
    }
  }
  return signature
}

/** The bytes of saved_model.pb: one meta graph with the tag `serve`, and the signature `serving_default` if given. */
export function serializeSavedModel(nodes: readonly GraphNode[], signature?: Signature): Uint8Array {
  const graph = message('GraphDef', {
    setNodeList: nodes.map(nodeMessage),
    setVersions: message('VersionDef', { setProducer: producerVersion }),
  })
  const info = message('MetaGraphDef', {
    setTagsList: ['serve'],
    setTensorflowVersion: engineVersion,
  }, 'MetaInfoDef')
  const meta = message('MetaGraphDef', { setMetaInfoDef: info, setGraphDef: graph })
  if (signature) {
    const map = meta.getSignatureDefMap!() as { set: (key: string, value: Message) => void }
    map.set('serving_default', signatureMessage(signature))
  }
  return message('SavedModel', {
    setSavedModelSchemaVersion: 1,
    setMetaGraphsList: [meta],
  }).serializeBinary()
}

/** Loads a graph into TensorFlow and gives the binding's number of its session. The folder it needs on the way is gone afterwards. */
export function loadGraph(nodes: readonly GraphNode[]): number {
  const folder = mkdtempSync(join(tmpdir(), 'facet-graph-'))
  try {
    writeFileSync(join(folder, 'saved_model.pb'), serializeSavedModel(nodes))
    return backend.loadSavedModelMetaGraph(folder, 'serve')
  }
  catch (cause) {
    throw graphRefused(nodes, cause)
  }
  finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function graphRefused(nodes: readonly GraphNode[], cause: unknown): FacetError {
  const reason = cause instanceof Error
    ? cause.message
    : String(cause)
  const unknownOp = /Op type not registered '([^']+)'/.exec(reason)?.[1]
  if (!unknownOp)
    return new FacetError('engine', `TensorFlow ${engineVersion} refused the graph: ${reason}`, { cause })
  const users = nodes.filter(node => node.op === unknownOp).map(node => node.name)
  return new FacetError('engine', `TensorFlow ${engineVersion} has no op "${unknownOp}".`, {
    where: `node ${users.join(', ')}`,
    hint: 'Write it with ops that TensorFlow has; a teacher\'s graph may need a custom op that this engine does not bring.',
    cause,
  })
}
