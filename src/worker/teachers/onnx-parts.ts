import type { ProtobufField } from './protobuf-fields.ts'
import { FacetError } from '#shared/errors.ts'
import { mostLevels } from './protobuf-bounds.ts'
import { fieldsOf, readNumber } from './protobuf-fields.ts'

// Numbers of fields are those of https://github.com/onnx/onnx/blob/v1.18.0/onnx/onnx.proto3.

/** A node. `reads` are its inputs and those of all nodes inside of it (branches, loops), whatever they are called there. */
export interface OnnxNode { op: string, outputs: string[], inputs: string[], reads: string[], permutation: number[], at: number }
/** A weight without its numbers. */
export interface OnnxTensorHead { name: string, type: number, shape: number[] }
/** An input; -1 for a side that is left open, null where nothing is said of its sides. */
export interface OnnxInput { name: string, type: number, shape: number[] | null }

/** Domains of the operators that ONNX itself defines. Microsoft's are not among them: one of theirs reads other files (EPContext). */
const ownDomains = new Set(['', 'ai.onnx', 'ai.onnx.ml'])
/** Bits of an element by TensorProto.DataType; texts and what is newer than this list have none. */
const bitsOf: Record<number, number> = { 1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4 }
/** Fields of TensorProto that hold numbers one by one: float_data, int32_data, string_data, int64_data, double_data, uint64_data. */
const numbered = new Set([4, 5, 6, 7, 10, 11])
/** A byte of such a field stands for at most as many elements: two of four bits. */
const elementsPerByte = 2

/** Text of a field. @throws Error where it is none */
export function readText(bytes: Uint8Array, { wire, from, end }: ProtobufField): string {
  if (wire !== 2)
    throw new Error(`a text is expected before byte ${end}`)
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from, end))
}

function parts(bytes: Uint8Array, { wire, from, end }: ProtobufField): Generator<ProtobufField, void, undefined> {
  if (wire !== 2)
    throw new Error(`a message is expected before byte ${end}`)
  return fieldsOf(bytes, from, end)
}

/** Whole numbers of a field, packed or one alone. */
function readNumbers(bytes: Uint8Array, { wire, value, from, end }: ProtobufField): number[] {
  if (wire === 0)
    return [value]
  if (wire !== 2)
    throw new Error(`whole numbers are expected before byte ${end}`)
  const numbers: number[] = []
  for (let at = from; at < end;) {
    const number = readNumber(bytes, at, end)
    numbers.push(number.value)
    at = number.next
  }
  return numbers
}

/**
 * A node with all that lies in it: attributes, their weights and graphs.
 *
 * @throws FacetError for an operator that is not ONNX's own, and weights in another file
 */
export function readNode(bytes: Uint8Array, node: ProtobufField, level: number): OnnxNode {
  if (level > mostLevels)
    throw new Error(`it nests more than ${mostLevels} levels at byte ${node.at}`)
  const read: OnnxNode = { op: '', outputs: [], inputs: [], reads: [], permutation: [], at: node.at }
  let [name, domain] = ['', '']
  for (const field of parts(bytes, node)) {
    switch (field.number) {
      case 1: read.inputs.push(readText(bytes, field)); break
      case 2: read.outputs.push(readText(bytes, field)); break
      case 3: name = readText(bytes, field); break
      case 4: read.op = readText(bytes, field); break
      case 5: readAttribute(bytes, field, read, level); break
      case 7: domain = readText(bytes, field); break
    }
  }
  if (!ownDomains.has(domain))
    throw new FacetError('bad-input', `node "${name || (read.outputs[0] ?? '')}" is the operator "${read.op}" of "${domain}", which is not one of ONNX's own; no others are run.`, { hint: 'Export the model with standard operators alone, before any runtime has optimised it.' })
  return { ...read, reads: [...read.inputs, ...read.reads] }
}

/** Adds to a node what one of its attributes says. */
function readAttribute(bytes: Uint8Array, attribute: ProtobufField, node: OnnxNode, level: number): void {
  let name = ''
  const numbers: number[] = []
  for (const field of parts(bytes, attribute)) {
    switch (field.number) {
      case 1: name = readText(bytes, field); break
      case 5: case 10: readTensor(bytes, field); break
      case 6: case 11: readSubgraph(bytes, field, node, level + 1); break
      case 8: numbers.push(...name === 'perm' || name === '' ? readNumbers(bytes, field) : []); break
      case 22: case 23: refuseTensor(bytes, field, 'a sparse weight'); break
    }
  }
  if (name === 'perm')
    node.permutation = numbers
}

function readSubgraph(bytes: Uint8Array, graph: ProtobufField, node: OnnxNode, level: number): void {
  for (const field of parts(bytes, graph)) {
    switch (field.number) {
      case 1: {
        for (const name of readNode(bytes, field, level).reads)
          node.reads.push(name)
        break
      }
      case 5: readTensor(bytes, field); break
      // a branch may hand on a tensor of the graph around it as it is
      case 12: node.reads.push(readValue(bytes, field).name); break
      case 15: refuseTensor(bytes, field, 'a sparse weight'); break
    }
  }
}

/** @throws FacetError always */
export function refuseTensor(bytes: Uint8Array, field: ProtobufField, what: string): never {
  throw new FacetError('bad-input', `the model holds ${what} (byte ${field.at} of ${bytes.length}); only plain ones are read.`, { hint: 'Export the model again with plain weights.' })
}

/**
 * What a weight is, its numbers only counted.
 *
 * @throws FacetError where they lie in another file, or are not as many as its shape says
 */
export function readTensor(bytes: Uint8Array, tensor: ProtobufField): OnnxTensorHead {
  const head: OnnxTensorHead = { name: '', type: 0, shape: [] }
  let [raw, counted, isElsewhere] = [-1, 0, false]
  for (const field of parts(bytes, tensor)) {
    switch (field.number) {
      case 1: for (const side of readNumbers(bytes, field)) head.shape.push(side); break
      case 2: head.type = field.value; break
      case 8: head.name = readText(bytes, field); break
      case 9: raw = field.end - field.from; break
      case 13: isElsewhere = true; break
      case 14: isElsewhere ||= field.value !== 0; break
    }
    if (numbered.has(field.number))
      counted += field.wire === 2 ? Math.max(1, field.end - field.from) : 8
  }
  if (isElsewhere)
    throw new FacetError('bad-input', `weight "${head.name}" lies in another file; a teacher's ONNX file holds its weights itself.`, { hint: 'Save it as one file: onnx.save_model(onnx.load(PATH), NEW, save_as_external_data=False).' })
  checkSize(head, raw, counted, tensor.at)
  return head
}

function checkSize({ name, type, shape }: OnnxTensorHead, raw: number, counted: number, at: number): void {
  const count = shape.reduce((a, b) => a * b, 1)
  const said = `weight "${name}" is said to be [${shape.slice(0, 16).join(', ')}]`
  const bits = bitsOf[type]
  const holds = raw < 0 ? counted * elementsPerByte : bits === undefined ? raw : Math.floor(raw * 8 / bits)
  if (!Number.isSafeInteger(count) || count > holds)
    throw new FacetError('bad-input', `${said}, more than the file holds of it (byte ${at}).`, { hint: 'The file is cut off or damaged: fetch it again.' })
  if (raw >= 0 && bits !== undefined && raw !== Math.ceil(count * bits / 8))
    throw new FacetError('bad-input', `${said}, but ${raw} bytes of it are there (byte ${at}).`, { hint: 'The file is damaged: fetch it again.' })
}

/** An input or output: ValueInfoProto, its TypeProto's tensor and that one's shape. */
export function readValue(bytes: Uint8Array, value: ProtobufField): OnnxInput {
  const read: OnnxInput = { name: '', type: 0, shape: null }
  for (const field of parts(bytes, value)) {
    if (field.number === 1)
      read.name = readText(bytes, field)
    if (field.number !== 2)
      continue
    for (const type of parts(bytes, field)) {
      if (type.number === 1)
        readTensorType(bytes, type, read)
    }
  }
  return read
}

function readTensorType(bytes: Uint8Array, type: ProtobufField, value: OnnxInput): void {
  for (const field of parts(bytes, type)) {
    if (field.number === 1)
      value.type = field.value
    if (field.number !== 2)
      continue
    value.shape = []
    for (const dimension of parts(bytes, field)) {
      if (dimension.number === 1)
        value.shape.push(readSide(bytes, dimension))
    }
  }
}

function readSide(bytes: Uint8Array, dimension: ProtobufField): number {
  let side = -1
  for (const { number, wire, value } of parts(bytes, dimension)) {
    if (number === 1 && wire === 0)
      side = value > 0 && value < 2 ** 31 ? value : -1
  }
  return side
}
