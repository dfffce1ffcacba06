import type { OptionView } from '#shared/dataset-views.ts'
import type { DatasetFormat } from './format.ts'
import { z } from 'zod'

/** What is read of a JSON schema's property. */
const Property = z.looseObject({
  type: z.string().optional(),
  description: z.string().default(''),
  enum: z.array(z.string()).optional(),
  items: z.looseObject({ type: z.string().optional() }).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  default: z.unknown().optional(),
})

/** A format's options for a form, from its own schema: the one place where they are declared. */
export function optionsOf({ options }: Pick<DatasetFormat, 'options'>): OptionView[] {
  const { properties = {} } = z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties).map(([name, schema]) => {
    const property = Property.parse(schema)
    return {
      name,
      help: property.description,
      type: typeOf(property),
      choices: property.enum ?? [],
      least: property.minimum ?? null,
      most: property.maximum !== undefined && property.maximum < Number.MAX_SAFE_INTEGER
        ? property.maximum
        : null,
      default: property.default,
    }
  })
}

function typeOf({ type, enum: choices, items }: z.infer<typeof Property>): OptionView['type'] {
  if (choices)
    return 'choice'
  if (type === 'string')
    return 'text'
  if (type === 'number' || type === 'integer')
    return 'number'
  if (type === 'array' && items?.type === 'string')
    return 'texts'
  if (type === 'array' && (items?.type === 'number' || items?.type === 'integer'))
    return 'numbers'
  return 'json'
}
