import { z } from 'zod'

/**
 * How a field is asked for. `integer-or-word`: a number, or one of the words in `choices`; `integers`: a list of whole numbers;
 * `yaml`: anything else, written as YAML.
 */
export const FieldKind = z.enum(['integer', 'number', 'switch', 'choice', 'text', 'integers', 'integer-or-word', 'yaml'])
export type FieldKind = z.infer<typeof FieldKind>

/** One field of a stage as a form shows it; made from the stage's schema alone. */
export const FormField = z.strictObject({
  path: z.array(z.string()).describe('From the stage\'s entry in the recipe'),
  label: z.string(),
  help: z.string(),
  kind: FieldKind,
  choices: z.array(z.string()),
  minimum: z.number().nullable(),
  maximum: z.number().nullable(),
  isOpen: z.boolean().describe('The minimum itself is not allowed'),
  default: z.unknown().describe('What counts where the recipe says nothing; null where nothing does'),
})
export type FormField = z.infer<typeof FormField>

/** Fields that belong together, in the order of the schema. */
export const FormGroup = z.strictObject({
  title: z.string().describe('Empty for the stage\'s own fields'),
  fields: z.array(FormField),
})
export type FormGroup = z.infer<typeof FormGroup>

/** The form of one stage. */
export const StageForm = z.strictObject({
  stage: z.string(),
  summary: z.string(),
  groups: z.array(FormGroup),
})
export type StageForm = z.infer<typeof StageForm>

/** The part of JSON Schema that the stages' schemas turn into. */
interface JsonSchema {
  type?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: JsonSchema[]
  items?: JsonSchema
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  properties?: Record<string, unknown>
}

/** British words for identifiers that keep the field's spelling. */
const words: Record<string, string> = { optimizer: 'optimiser', color: 'colour', normalize: 'normalise', kind: 'kind' }

/** `learningRate` as a person reads it: "Learning rate". */
export function labelOf(name: string): string {
  const text = name.split(/(?=[A-Z])|[-_]/).map(part => words[part.toLowerCase()] ?? part.toLowerCase()).join(' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/**
 * The form of an object's fields. `entry` says what a recipe may write (all optional, without defaults), `config` the stage's own schema
 * that completes it: defaults and help texts come from there. Nested groups become groups of their own; those in `inheriting` hold the
 * same fields as the whole once more, with its help texts and without its defaults.
 */
export function describeFields(entry: z.ZodObject, config: z.ZodObject, { defaults = {}, inheriting = [] }: { defaults?: Record<string, unknown>, inheriting?: readonly string[] } = {}): FormGroup[] {
  const own: FormGroup = { title: '', fields: [] }
  const groups: FormGroup[] = [own]
  walk(entry, config, { path: [], title: '', defaults, group: own, groups, inheriting })
  return groups.filter(group => group.fields.length > 0)
}

interface Walk { path: string[], title: string, defaults: Record<string, unknown>, group: FormGroup, groups: FormGroup[], inheriting: readonly string[], isInherited?: boolean }

function walk(entry: z.ZodObject, config: z.ZodObject | null, walked: Walk): void {
  const { path, title, defaults, group, groups, inheriting, isInherited = false } = walked
  for (const [name, field] of Object.entries(entry.shape) as [string, z.ZodType][]) {
    const complete = config && Object.hasOwn(config.shape, name)
      ? config.shape[name] as z.ZodType
      : null
    const inner = unwrap(field)
    const given = Object.hasOwn(defaults, name)
      ? defaults[name]
      : isInherited ? undefined : complete?.safeParse(undefined).data
    if (inner instanceof z.ZodObject) {
      const nested: FormGroup = { title: [title, labelOf(name)].filter(Boolean).join(', '), fields: [] }
      groups.push(nested)
      const innerConfig = complete && unwrap(complete)
      const inherits = path.length === 0 && inheriting.includes(name)
      walk(inner, inherits ? config : innerConfig instanceof z.ZodObject ? innerConfig : null, {
        ...walked,
        isInherited: isInherited || inherits,
        path: [...path, name],
        title: nested.title,
        defaults: isGroup(given) ? given : {},
        group: nested,
      })
      continue
    }
    group.fields.push({
      path: [...path, name],
      label: labelOf(name),
      help: complete?.description ?? field.description ?? '',
      default: given ?? null,
      ...shapeOf(z.toJSONSchema(inner, { io: 'input', unrepresentable: 'any' }) as JsonSchema),
    })
  }
}

/** What kind of input a schema asks for, and its bounds. */
function shapeOf(schema: JsonSchema): Pick<FormField, 'kind' | 'choices' | 'minimum' | 'maximum' | 'isOpen'> {
  const free = { choices: [], minimum: null, maximum: null, isOpen: false }
  if (schema.enum)
    return { ...free, kind: 'choice', choices: schema.enum.map(String) }
  if (schema.anyOf) {
    const named = schema.anyOf.flatMap(option => option.const === undefined ? [] : [String(option.const)])
    const number = schema.anyOf.find(option => option.type === 'integer')
    return number && named.length === schema.anyOf.length - 1
      ? { ...boundsOf(number), kind: 'integer-or-word', choices: named }
      : { ...free, kind: 'yaml' }
  }
  switch (schema.type) {
    case 'integer':
    case 'number':
      return { ...boundsOf(schema), kind: schema.type }
    case 'boolean': return { ...free, kind: 'switch' }
    case 'string': return { ...free, kind: 'text' }
    case 'array': return schema.items?.type === 'integer'
      ? { ...boundsOf(schema.items), kind: 'integers' }
      : { ...free, kind: 'yaml' }
    default: return { ...free, kind: 'yaml' }
  }
}

function boundsOf({ minimum, maximum, exclusiveMinimum }: JsonSchema): Pick<FormField, 'choices' | 'minimum' | 'maximum' | 'isOpen'> {
  // zod writes the largest exact whole numbers where a schema sets no bound
  const bound = (value: number | undefined): number | null => value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER
    ? null
    : value
  return {
    choices: [],
    minimum: bound(minimum) ?? bound(exclusiveMinimum),
    maximum: bound(maximum),
    isOpen: bound(minimum) === null && bound(exclusiveMinimum) !== null,
  }
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
    ? unwrap(schema.unwrap() as z.ZodType)
    : schema
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
