import type { FormField } from '#shared/recipe-edit/form.ts'
import { flowText } from '#shared/recipe-edit/flow-text.ts'
import { readValue } from '#shared/yaml-data.ts'

/** A field's value as its input shows it. */
export function writeField(value: unknown): string {
  if (value === undefined || value === null)
    return ''
  if (Array.isArray(value) && value.every(entry => typeof entry === 'number'))
    return value.join(', ')
  return typeof value === 'string'
    ? value
    : typeof value === 'object' ? flowText(value) : String(value)
}

/**
 * What a person typed, as a value of the recipe. What is no number stays text: the check then says what it must be, in the terminal's
 * words. Undefined stands for "nothing, so the default".
 */
export function readField(kind: FormField['kind'], typed: string): unknown {
  const text = typed.trim()
  if (text === '')
    return undefined
  switch (kind) {
    case 'integer':
    case 'number':
    case 'integer-or-word': return numberOr(text)
    case 'integers': return text.split(/[\s,]+/).filter(Boolean).map(numberOr)
    case 'yaml': return yamlOr(text)
    case 'choice':
    case 'text': return typed
    case 'switch': return text === 'true'
    default: return kind satisfies never
  }
}

function numberOr(text: string): number | string {
  const value = Number(text)
  return Number.isFinite(value)
    ? value
    : text
}

function yamlOr(text: string): unknown {
  try {
    return readValue(text)
  }
  catch {
    return text
  }
}

/** "4 to 128", "more than 0", or nothing where a field has no bounds. */
export function wordBounds({ minimum, maximum, isOpen }: Pick<FormField, 'minimum' | 'maximum' | 'isOpen'>): string {
  if (minimum !== null && maximum !== null)
    return `${minimum} to ${maximum}`
  if (minimum !== null) {
    return isOpen
      ? `more than ${minimum}`
      : `at least ${minimum}`
  }
  return maximum === null
    ? ''
    : `at most ${maximum}`
}

/** The id of a field's input: where a click on its problem leads. */
export function fieldId(path: readonly (string | number)[]): string {
  return `field-${path.join('-')}`
}
