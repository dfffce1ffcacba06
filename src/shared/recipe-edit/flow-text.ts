import type { Scalar } from 'yaml'
import { Document } from 'yaml'

/** A value on one line, as recipes write it: `[0, 1]`, `{ kind: ae, size: 64 }`, texts quoted only where they must be. */
export function flowText(value: unknown, quotes?: Scalar.Type): string {
  if (Array.isArray(value))
    return `[${value.map(entry => flowText(entry)).join(', ')}]`
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined)
    return fields.length === 0
      ? '{}'
      : `{ ${fields.map(([name, field]) => `${flowText(name)}: ${flowText(field)}`).join(', ')} }`
  }
  return scalarText(value, quotes)
}

/** One value, quoted so that it may stand inside brackets. */
function scalarText(value: unknown, quotes?: Scalar.Type): string {
  const document = new Document([value])
  const list = document.contents as unknown as { flow: boolean, items: Scalar[] }
  list.flow = true
  if (quotes && typeof value === 'string')
    list.items[0]!.type = quotes
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: false }).trim()
  return text.slice(1, -1).trim()
}
