import { z } from 'zod'
import { nearest } from '#shared/nearest.ts'

/** The schema at a path inside another, as far as the path goes; unions give up their first member that knows the next step. */
function schemaAt(schema: z.ZodType, path: PropertyKey[]): z.ZodType | null {
  let current: z.ZodType | null = unwrap(schema)
  for (const step of path) {
    if (!current)
      return null
    current = stepInto(current, step)
  }
  return current
}

function stepInto(schema: z.ZodType, step: PropertyKey): z.ZodType | null {
  if (schema instanceof z.ZodObject) {
    return Object.hasOwn(schema.shape, step)
      ? unwrap(schema.shape[step as string] as z.ZodType)
      : null
  }
  if (schema instanceof z.ZodArray)
    return unwrap(schema.element as z.ZodType)
  if (schema instanceof z.ZodRecord)
    return unwrap(schema.valueType as z.ZodType)
  if (schema instanceof z.ZodUnion) {
    for (const option of schema.options) {
      const found = stepInto(unwrap(option as z.ZodType), step)
      if (found)
        return found
    }
  }
  return null
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return unwrap(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodPipe)
    return unwrap(schema.out as z.ZodType)
  return schema
}

/** Names of the fields that a schema allows at a path; empty where anything goes. */
export function fieldsAt(schema: z.ZodType, path: PropertyKey[]): string[] {
  const at = schemaAt(schema, path)
  if (at instanceof z.ZodObject)
    return Object.keys(at.shape)
  if (at instanceof z.ZodUnion) {
    return at.options.flatMap(option => (unwrap(option as z.ZodType) instanceof z.ZodObject
      ? Object.keys((unwrap(option as z.ZodType) as z.ZodObject).shape)
      : []))
  }
  return []
}

/** A problem with one value of a configuration: where, and a sentence with the value, what is allowed and the nearest valid name. */
export interface WordedIssue { path: PropertyKey[], message: string, hint?: string }

/** Words each issue of a failed parse for people; the same words serve form fields and terminal. */
export function wordIssues(error: z.ZodError, schema: z.ZodType, root: unknown): WordedIssue[] {
  return error.issues.flatMap(issue => wordIssue({ ...issue, path: writtenPath(issue.path, root) }, schema, root))
}

/** The path as the recipe has it: one entry may stand where a list is meant, and then has no number. */
function writtenPath(path: readonly PropertyKey[], root: unknown): PropertyKey[] {
  let current = root
  return path.filter((step) => {
    const isLone = step === 0 && current !== null && typeof current === 'object' && !Array.isArray(current)
    if (!isLone)
      current = (current as Record<PropertyKey, unknown> | null | undefined)?.[step]
    return !isLone
  })
}

function wordIssue(issue: z.core.$ZodIssue, schema: z.ZodType, root: unknown): WordedIssue[] {
  const field = issue.path.join('.') || 'the recipe'
  const value = JSON.stringify(valueAt(root, issue.path))
  if (value !== undefined && issue.message.startsWith('must be')) { // a schema's own rule says more than the kind of failure
    return [
      { path: issue.path, message: `${field} is ${value}.`, hint: `It ${issue.message}.` },
    ]
  }
  switch (issue.code) {
    case 'unrecognized_keys': {
      const allowed = fieldsAt(schema, issue.path)
      return issue.keys.map((key) => {
        const near = nearest(key, allowed)
        const inner = allowed.filter(name => fieldsAt(schema, [...issue.path, name]).includes(key))
        return {
          path: [...issue.path, key],
          message: `${issue.path.length
            ? `${field} has`
            : 'there is'} no field "${key}".`,
          hint: `${inner.length > 0
            ? `It belongs under ${inner.join(' or ')}. `
            : near
              ? `Did you mean "${near}"? `
              : ''}Fields here: ${allowed.join(', ')}.`,
        }
      })
    }
    case 'invalid_value': {
      const near = nearest(String(valueAt(root, issue.path)), issue.values.map(String))
      return [
        {
          path: issue.path,
          message: value === undefined
            ? `${field} is missing.`
            : `${field} is ${value}.`,
          hint: `${near
            ? `Did you mean "${near}"? `
            : ''}It must be one of: ${issue.values.map(String).join(', ')}.`,
        },
      ]
    }
    case 'invalid_type':
      return [
        {
          path: issue.path,
          message: value === undefined
            ? `${field} is missing.`
            : `${field} is ${value}.`,
          hint: `It must be ${articled(issue.expected)}.`,
        },
      ]
    case 'too_small':
      return [
        {
          path: issue.path,
          message: `${field} is ${value}.`,
          hint: issue.origin === 'array'
            ? `It must have at least ${issue.minimum} ${issue.minimum === 1
              ? 'entry'
              : 'entries'}.`
            : `It must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}.`,
        },
      ]
    case 'too_big':
      return [
        { path: issue.path, message: `${field} is ${value}.`, hint: `It must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}.` },
      ]
    case 'invalid_union': {
      const inner = issue.errors.flat().filter(nested => nested.path.length > 0)
      if (inner.length > 0) {
        return wordIssue({
          ...inner[0]!,
          path: [
            ...issue.path,
            ...inner[0]!.path,
          ],
        } as z.core.$ZodIssue, schema, root)
      }
      return [
        {
          path: issue.path,
          message: `${field} is ${value}.`,
          hint: issue.message === 'Invalid input'
            ? `It must be ${unionWords(issue)}.`
            : `It ${issue.message}.`,
        },
      ]
    }
    default:
      return [
        { path: issue.path, message: `${field} is ${value}.`, hint: `It must be: ${issue.message}.` },
      ]
  }
}

function unionWords(issue: z.core.$ZodIssueInvalidUnion): string {
  const words = issue.errors.flat().map(nested => nested.code === 'invalid_type'
    ? articled(nested.expected)
    : nested.code === 'invalid_value'
      ? nested.values.map(v => `"${String(v)}"`).join(' or ')
      : nested.message)
  return [
    ...new Set(words),
  ].join(', or ')
}

function articled(type: string): string {
  const words: Record<string, string> = {
    int: 'a whole number',
    number: 'a number',
    string: 'text',
    boolean: 'true or false',
    array: 'a list',
    object: 'a group of fields',
    record: 'a group of fields',
  }
  return words[type] ?? type
}

function valueAt(root: unknown, path: PropertyKey[]): unknown {
  let value = root
  for (const step of path) {
    value = value !== null && typeof value === 'object' && Object.hasOwn(value, step)
      ? (value as Record<PropertyKey, unknown>)[step]
      : undefined
  }
  return value
}
