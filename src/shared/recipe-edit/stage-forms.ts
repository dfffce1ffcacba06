import type { z } from 'zod'
import type { CombinerKind } from '../stages/combine.ts'
import type { FormField, StageForm } from './form.ts'
import type { FieldPath } from './places.ts'
import { Recipe } from '../recipe.ts'
import { combinerReads } from '../stages/combine.ts'
import { stages } from '../stages/index.ts'
import { fineTuneDefaults, pCnnDefaults } from '../stages/transfer.ts'
import { valueAt } from './edit-text.ts'
import { describeFields } from './form.ts'

/** The entry that a recipe may write for a stage; of combine, one of its list. */
function entryOf(stage: string): z.ZodObject {
  const group = inner(Recipe.shape.stages) as z.ZodObject
  const entry = inner(group.shape[stage] as z.ZodType)
  return (entry.type === 'array'
    ? (entry as z.ZodArray).element
    : entry) as z.ZodObject
}

/** A schema without defaults, optionals and what is done before it. */
function inner(schema: z.ZodType): z.ZodType {
  const { def } = schema as unknown as { def: { type: string, innerType?: z.ZodType, out?: z.ZodType } }
  if (def.type === 'pipe')
    return inner(def.out!)
  return def.innerType
    ? inner(def.innerType)
    : schema
}

/** The forms of all stages in the data's order. A field added to a stage's schema is in its form by that alone. */
export function stageForms(): StageForm[] {
  return Object.values(stages).map(({ name, summary, config }) => ({
    stage: name,
    summary,
    groups: name === 'transfer'
      ? describeFields(entryOf(name), config, { defaults: { fineTune: fineTuneDefaults, pCnn: pCnnDefaults }, inheriting: ['fineTune', 'pCnn'] })
      : describeFields(entryOf(name), config),
  }))
}

/** Groups of transfer's form that hold its fields once more, each with the ones that it builds on, nearest first. */
const inherited: Record<string, string[]> = { fineTune: [], pCnn: ['fineTune'] }

/**
 * What counts for a field where a recipe says nothing at its own place. Where every parameter is trained, transfer's own values come
 * before the schema's, and what fine-tuning (of a teacher: P-CNN, then fine-tuning) has by itself before both.
 */
export function defaultOf(forms: readonly StageForm[], stage: string, field: FormField, recipe: unknown): unknown {
  const [group, ...path] = field.path
  const bases = stage === 'transfer' ? inherited[group!] : undefined
  if (!bases)
    return field.default
  const written = [...bases.map(base => [base, ...path]), path].map(place => valueAt(recipe, ['stages', 'transfer', ...place])).find(value => value !== undefined)
  if (written !== undefined)
    return written
  const fields = forms.find(form => form.stage === 'transfer')?.groups.flatMap(group => group.fields) ?? []
  const standing = [field, ...[...bases.map(base => [base, ...path]), path].flatMap(place => fields.find(other => other.path.join('.') === place.join('.')) ?? [])]
  return standing.find(one => one.default !== null)?.default ?? null
}

/** A value that a recipe sets to something else than the default. */
export interface Difference { stage: string, path: FieldPath, label: string, value: unknown, default: unknown }

/** Where in a recipe the entries of a stage stand: one path, or one for each of the combiners. */
export function entriesOf(stage: string, recipe: unknown): FieldPath[] {
  const written = valueAt(recipe, ['stages', stage])
  return stage === 'combine' && Array.isArray(written)
    ? written.map((_, i) => ['stages', stage, i])
    : [['stages', stage]]
}

/** What a recipe's stages set to something else than the defaults, in the order of the forms. */
export function differences(forms: readonly StageForm[], recipe: unknown): Difference[] {
  return forms.flatMap(({ stage, groups }) => entriesOf(stage, recipe).flatMap(entry => groups.flatMap(group => group.fields).flatMap((field) => {
    const path = [...entry, ...field.path]
    const value = valueAt(recipe, path)
    const standard = defaultOf(forms, stage, field, recipe)
    return value === undefined || JSON.stringify(value) === JSON.stringify(standard)
      ? []
      : [{ stage, path, label: field.label, value, default: standard }]
  })))
}

/** The form of one combiner: what its kind reads, and what its entry sets all the same, so that it can be taken back. */
export function combinerForm(form: StageForm, entry: Record<string, unknown>): StageForm {
  const kind = String(entry.kind ?? 'ae')
  if (!Object.hasOwn(combinerReads, kind))
    return form
  const reads = combinerReads[kind as CombinerKind]
  const shown = new Set<string>(['name', 'kind', ...reads, ...Object.keys(entry)])
  const groups = form.groups.map(group => ({ ...group, fields: group.fields.filter(({ path }) => shown.has(path[0]!)) }))
  return { ...form, groups: groups.filter(({ fields }) => fields.length > 0) }
}

/** One combiner for each value of a field: the grid that a recipe writes as a list. Names say what differs: ae-64, ae-128. */
export function varyCombiner(entry: Record<string, unknown>, field: string, values: readonly (string | number)[], taken: readonly string[]): Record<string, unknown>[] {
  const kind = typeof entry.kind === 'string'
    ? entry.kind
    : 'ae'
  const used = new Set(taken)
  return values.map((value) => {
    const wanted = `${kind}-${field === 'size' ? '' : `${field}-`}${String(value)}`.replaceAll(/[^\w-]+/g, '-')
    let name = wanted
    for (let i = 2; used.has(name); i++)
      name = `${wanted}-${i}`
    used.add(name)
    return { ...entry, name, [field]: value }
  })
}
