import { fieldsOf } from './protobuf-fields.ts'

/** Which fields of a message hold messages themselves, in a list those that may come more than once; all others hold numbers, texts and bytes. */
interface Parts { [field: number]: Parts | [Parts] }

/** TensorFlow's protobuf files: https://github.com/tensorflow/tensorflow/tree/v2.21.0/tensorflow/core/protobuf and core/framework. */
const mapOf = (value: Parts): [Parts] => [{ 2: value }] // 1 is the key
const shape: Parts = { 2: [{}] }
const tensor: Parts = { 2: shape }
const attribute: Parts = { 7: shape, 8: tensor }
const named: Parts = { 2: mapOf(attribute) }
attribute[10] = named
attribute[1] = { 7: [shape], 8: [tensor], 9: [named] }
const node: Parts = { 5: mapOf(attribute) }
const operation: Parts = { 2: [{}], 3: [{}], 4: [{ 3: attribute, 7: attribute }], 8: {} }
const library: Parts = { 1: [{ 1: operation, 3: [node], 4: [{}], 5: mapOf(attribute), 6: [{}] }], 2: [{}] }
const graph: Parts = { 1: [node], 2: library, 4: {} }
const tensorInfo: Parts = { 3: shape, 4: {}, 5: {} }
const signature: Parts = { 1: mapOf(tensorInfo), 2: mapOf(tensorInfo) }
const collection: Parts = { 1: {}, 2: {}, 3: {}, 4: {}, 5: { 1: [{}] } }
const savedModel: Parts = { 2: [{ 1: { 2: { 1: [operation] }, 3: {} }, 2: graph, 3: {}, 4: mapOf(collection), 5: mapOf(signature), 6: [{ 1: tensorInfo }] }] }

/** Deepest nesting; that of a network's attribute in a function is 9. */
export const mostLevels = 64

/**
 * Looks whether every part of a SavedModel lies inside the part that holds it. The library which reads it afterwards believes
 * each length and goes on behind the file's end, for as long as four bytes of the file say: seconds, or the whole memory. And
 * whether every part is there once that has to be: of two graphs that library takes the second, TensorFlow both together.
 *
 * @throws Error that says where it does not
 */
export function checkSavedModel(bytes: Uint8Array): void {
  checkMessage(bytes, 0, bytes.length, savedModel, 0)
}

function checkMessage(bytes: Uint8Array, from: number, end: number, parts: Parts, level: number): void {
  if (level > mostLevels)
    throw new Error(`it nests more than ${mostLevels} levels at byte ${from}`)
  const seen = new Set<number>()
  for (const { number, wire, at, from: first, end: last } of fieldsOf(bytes, from, end)) {
    const [part, isMany] = Array.isArray(parts[number]) ? [parts[number][0], true] : [parts[number], false]
    if (part && !isMany && seen.has(number))
      throw new Error(`field ${number} comes twice, at byte ${at}`)
    seen.add(number)
    if (part && wire !== 2)
      throw new Error(`a message is expected at byte ${at}`)
    if (part)
      checkMessage(bytes, first, last, part, level + 1)
  }
}
