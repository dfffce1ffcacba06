import { z } from 'zod'
import { RunState } from '../order.ts'
import { StageForm } from '../recipe-edit/form.ts'
import { method, Name, nothing, Path } from './method.ts'

/** One problem of a recipe: the terminal's words, and where in form and text it belongs. Lines and columns count from 1. */
export const RecipeIssueView = z.strictObject({
  path: z.array(z.union([z.string(), z.int()])).describe('Field that it belongs to; empty for the whole text'),
  message: z.string(),
  hint: z.string().nullable(),
  where: z.string(),
  place: z.strictObject({
    line: z.int(),
    column: z.int(),
    endColumn: z.int(),
  }).nullable(),
})
export type RecipeIssueView = z.infer<typeof RecipeIssueView>

/** A study as lists show it. */
export const StudyView = z.strictObject({
  name: z.string(),
  updatedAtMs: z.number(),
  runs: z.partialRecord(RunState, z.int()),
  hasRun: z.boolean().describe('It was asked for at least once, so it has runs and tables'),
  isEdited: z.boolean().describe('Its recipe says something else than what was run last, or was never run'),
  title: z.string().describe('The recipe\'s first comment'),
})
export type StudyView = z.infer<typeof StudyView>

const Text = z.string().max(1_000_000)
const named = z.strictObject({ name: Name })

/** Studies as documents: made, edited, checked, renamed. */
export const studyMethods = {
  'studies.list': method('read', nothing, z.array(StudyView)),
  'studies.schema': method('read', nothing, z.strictObject({
    forms: z.array(StageForm),
    teachers: z.array(z.strictObject({ name: z.string(), title: z.string(), problem: z.string().nullable() })),
    formats: z.array(z.string()),
    datasets: z.array(z.strictObject({ name: z.string(), format: z.string(), root: z.string(), tasks: z.array(z.string()) })),
    tables: z.array(z.string()),
  })),
  'studies.open': method('read', named, z.strictObject({
    name: z.string(),
    text: z.string().describe('As saved; of a study that only the terminal knows, its recipe with --set and --seeds written into it'),
    path: z.string().describe('Where the workspace keeps it'),
    hasRun: z.boolean(),
    isSaved: z.boolean(),
  })),
  'studies.validate': method('read', z.strictObject({ name: Name, text: Text }), z.strictObject({
    study: z.string().nullable().describe('The name that the text gives'),
    issues: z.array(RecipeIssueView),
    methods: z.array(z.string()).describe('Words that `methods` may hold'),
    combiners: z.array(z.string()),
    unread: z.array(z.string()).describe('Data sets that are read (or drawn) before a plan can be counted'),
  })),
  'studies.save': method('write', z.strictObject({ name: Name, text: Text }), named.extend({ path: z.string() })),
  'studies.create': method('write', z.strictObject({ name: Name.optional(), text: Text.optional() }), named),
  'studies.import': method('write', z.strictObject({ path: Path, name: Name.optional() }), named),
  'studies.duplicate': method('write', z.strictObject({ name: Name, as: Name }), named),
  'studies.rename': method('write', z.strictObject({ name: Name, as: Name }), named),
  'studies.delete': method('write', named, nothing),
} as const

export const studyEvents = {
  'studies.changed': z.strictObject({ name: z.string() }),
} as const
