import type { Sample, Task } from './dataset.ts'
import { FacetError } from './errors.ts'

/** A task of named binary attributes, e.g. CelebA's 40. */
export type AttributesTask = Extract<Task, { kind: 'attributes' }>

/**
 * A sample's attributes as one label: a character each, in the order of the task's list: 1 has it, 0 has it not, - nobody said.
 * 202,599 faces with 40 attributes are 8 MB so, and a label stays one string.
 */
export function packAttributes(values: readonly (boolean | null)[]): string {
  return values.map(value => value === null
    ? '-'
    : Number(value)).join('')
}

/**
 * The attributes of a label: 1, 0, and -1 where nobody said.
 *
 * @throws FacetError `bad-input` where the label is not one character 1, 0 or - for each attribute
 */
export function parseAttributes(label: number | string | undefined, { label: name, attributes }: Pick<AttributesTask, 'label' | 'attributes'>, where: string): Int8Array {
  const problem = attributesProblem(label, attributes.length)
  if (problem !== null || typeof label !== 'string')
    throw new FacetError('bad-input', `label "${name}" ${problem}`, { where, hint: 'Add the data set again: facet dataset add PATH.' })
  return Int8Array.from(label, character => character === '-'
    ? -1
    : Number(character))
}

/** Whether a text is a label of so many attributes. */
export function isAttributes(text: string, count: number): boolean {
  return text.length === count && /^[01-]*$/.test(text)
}

function attributesProblem(label: number | string | undefined, count: number): string | null {
  if (typeof label === 'string' && isAttributes(label, count))
    return null
  const shown = typeof label === 'string' && label.length > 60
    ? `"${label.slice(0, 60)}..." (${label.length} characters)`
    : JSON.stringify(label)
  return `is ${shown}; it must be ${count} characters 1, 0 or -, one for each attribute.`
}

/**
 * Holds a scan's samples to the labels that its tasks promise: a string of 1, 0 and - for attributes.
 *
 * @throws FacetError `bad-input` naming the first sample that breaks it
 */
export function checkAttributes(samples: readonly Pick<Sample, 'path' | 'labels'>[], tasks: Record<string, Task>): void {
  for (const task of Object.values(tasks)) {
    if (task.kind !== 'attributes')
      continue
    for (const { path, labels } of samples) {
      if (labels[task.label] !== undefined)
        parseAttributes(labels[task.label], task, path)
    }
  }
}

/** The attributes that a label says yes to, in words; "none of 40" where it says yes to none. */
export function wordAttributes(attributes: readonly string[], label: string): string {
  const has = attributes.filter((_, i) => label[i] === '1')
  return has.length > 0
    ? has.map(name => name.replaceAll('_', ' ')).join(', ')
    : `none of ${attributes.length}`
}

/** Attributes with a probability above one half, the surest first. */
export function seenAttributes(attributes: Record<string, number>): { name: string, value: number }[] {
  return Object.entries(attributes).filter(([, value]) => value > 0.5).map(([name, value]) => ({ name, value })).sort((a, b) => b.value - a.value)
}
