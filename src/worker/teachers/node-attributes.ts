import type { Attribute, Attributes } from '#worker/engine/graph.ts'
import type { GraphNode, NodeAttribute } from './tfjs-model.ts'
import { attr } from '#worker/engine/graph.ts'

const elementTypes: Record<string, number> = {
  DT_FLOAT: 1,
  DT_DOUBLE: 2,
  DT_INT32: 3,
  DT_UINT8: 4,
  DT_STRING: 7,
  DT_INT64: 9,
  DT_BOOL: 10,
  DT_HALF: 19,
}

/** What a string attribute holds. */
export function decodeText(base64: string): string {
  return Buffer.from(base64, 'base64').toString()
}

function listAttribute(list: Record<string, unknown>): Attribute {
  if (Array.isArray(list.s))
    return attr.strings(list.s.map(each => decodeText(String(each))))
  if (Array.isArray(list.f))
    return attr.floats(list.f.map(Number))
  if (Array.isArray(list.type))
    return attr.types(list.type.map(each => elementTypes[String(each)] ?? 0))
  return attr.ints(Array.isArray(list.i)
    ? list.i.map(Number)
    : [])
}

/** JSON protobuf to the engine's attribute; undefined for kinds no op of a network carries (functions, placeholders). */
export function attributeOf(value: NodeAttribute): Attribute | undefined {
  const [kind] = Object.keys(value)
  const content = value[kind!]
  switch (kind) {
    case 'type': return attr.type(elementTypes[String(content)] ?? 0)
    case 's': return attr.string(decodeText(String(content)))
    case 'i': return attr.int(Number(content))
    case 'f': return attr.float(Number(content))
    case 'b': return attr.bool(Boolean(content))
    case 'shape': return attr.shape(((content as { dim?: { size: string }[] }).dim ?? []).map(({ size }) => Number(size)))
    case 'list': return listAttribute(content as Record<string, unknown>)
  }
}

/** Attributes of a node as TensorFlow takes them; those of grappler and the converter (leading underscore) mean nothing to it. */
export function attributesOf(node: GraphNode, only?: readonly string[]): Attributes {
  const result: Attributes = {}
  for (const [name, value] of Object.entries(node.attr)) {
    if (name.startsWith('_') || (only && !only.includes(name)))
      continue
    const attribute = attributeOf(value)
    if (attribute)
      result[name] = attribute
  }
  return result
}
