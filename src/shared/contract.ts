import { z } from 'zod'
import { Comparison } from './comparison.ts'
import { careMethods } from './contract/care.ts'
import { compareMethods } from './contract/compare.ts'
import { dataEvents, dataMethods } from './contract/data.ts'
import { Key, method, Name, nothing, Path } from './contract/method.ts'
import { overviewMethods } from './contract/overview.ts'
import { runEvents, runMethods } from './contract/runs.ts'
import { studyEvents, studyMethods } from './contract/studies.ts'
import { tableEvents, tableMethods, TableSelection } from './contract/tables.ts'
import { Rejected, Sample, Task } from './dataset.ts'
import { Exported, ExportFormat, ExportWeights } from './export.ts'
import { TeacherManifest } from './manifest.ts'
import { RunState } from './order.ts'
import { Predicted } from './predict.ts'
import { Table } from './table.ts'
import { DatasetView, GcView, PlanView, ProgressView, RunView } from './views.ts'

export type { Effect } from './contract/method.ts'

/** A recipe as it arrives: its text, where it came from (for messages and relative paths), what replaces what it says. */
const RecipeInput = z.strictObject({
  path: Path,
  text: z.string(),
  set: z.array(z.string()).default([]).describe('path=value'),
  seeds: z.array(z.int().min(0)).min(1).optional(),
  workingDirectory: Path.optional().describe('What paths in `set` are relative to; the recipe\'s folder where left out'),
})

/** What a client (terminal, window, browser) may ask of the holder of a workspace: name -> effect, input, result. Paths are absolute. */
export const methods = {
  ...dataMethods,
  ...studyMethods,
  ...compareMethods,
  ...tableMethods,
  ...runMethods,
  ...overviewMethods,
  ...careMethods,
  'app.info': method('read', nothing, z.strictObject({
    version: z.string(),
    node: z.string(),
    platform: z.string(),
    pid: z.int(),
    cores: z.int(),
  })),
  'workspace.info': method('read', nothing, z.strictObject({
    root: z.string(),
    mayWrite: z.boolean(),
    holder: z.strictObject({
      pid: z.int(),
      host: z.string(),
      since: z.string(),
      title: z.string(),
    }).nullable(),
    datasets: z.int(),
    studies: z.int(),
    runs: z.partialRecord(RunState, z.int()),
    notes: z.array(z.string()),
  })),
  'workspace.check': method('read', nothing, z.strictObject({
    ok: z.boolean(),
    problems: z.array(z.string()),
  })),

  'datasets.add': method('write', z.strictObject({
    path: Path,
    name: Name.optional(),
    format: z.string().optional(),
    options: z.record(z.string(), z.unknown()).default({}),
  }), DatasetView),
  'datasets.list': method('read', nothing, z.array(DatasetView)),
  'datasets.get': method('read', z.strictObject({
    name: z.string(),
  }), DatasetView.extend({
    tasks: z.record(z.string(), Task),
    licence: z.string(),
    notes: z.array(z.string()),
    count: z.int(),
    samples: z.array(Sample).describe('The first of them'),
    rejected: z.array(Rejected),
    pairs: z.int(),
  })),
  'datasets.remove': method('write', z.strictObject({
    name: z.string(),
  }), nothing),

  'teachers.list': method('read', nothing, z.array(z.strictObject({
    name: z.string(),
    title: z.string(),
    knowledge: z.string(),
    dimension: z.int(),
    licence: z.string(),
    origin: z.enum(['built-in', 'workspace']),
    manifest: z.string(),
    contaminates: z.array(z.string()),
    problem: z.string().nullable(),
  }))),
  'teachers.add': method('write', z.strictObject({ path: Path }), TeacherManifest),
  'teachers.check': method('read', z.strictObject({
    name: z.string(),
    image: Path,
  }), z.record(z.string(), z.unknown())),

  'studies.plan': method('write', RecipeInput.extend({
    assumesPublished: z.boolean().default(false).describe('Takes data sets whose folders are missing for as large as they were published'),
  }), PlanView),
  'studies.run': method('write', RecipeInput.extend({
    ignoresDisk: z.boolean().default(false).describe('Starts also what the plan expects not to fit on the disk'),
  }), z.strictObject({
    study: z.string(),
    plan: PlanView,
    cached: z.int(),
    queued: z.int(),
    tables: z.array(z.string()),
  })),
  'studies.get': method('read', z.strictObject({
    name: z.string(),
  }), z.strictObject({
    name: z.string(),
    recipe: z.string(),
    detail: z.unknown(),
    runs: z.array(RunView),
  })),

  'runs.compare': method('read', z.strictObject({
    keys: z.array(Key).min(2).max(8),
  }), Comparison),
  'tables.get': method('read', TableSelection.partial({ paper: true, std: true }).extend({
    format: z.enum(['md', 'csv', 'json', 'html', 'latex']).default('md'),
  }), z.strictObject({
    table: Table,
    text: z.string(),
  })),
  'tables.report': method('write', z.strictObject({
    study: z.string(),
  }), z.strictObject({
    path: z.string(),
  })),
  'predict': method('read', z.strictObject({
    image: Path,
    study: z.string(),
  }), Predicted),
  'models.export': method('write', z.strictObject({
    key: Key,
    format: ExportFormat,
    weights: ExportWeights.default('float32'),
    into: Path,
  }), Exported),

  'gc.preview': method('read', nothing, GcView),
  'gc.run': method('write', nothing, GcView),
} as const

/** What the holder tells every client unasked. */
export const events = {
  'run.changed': RunView,
  'run.metrics': z.strictObject({
    key: z.string(),
    rows: z.array(z.strictObject({
      metric: z.string(),
      step: z.int(),
      value: z.number(),
    })),
  }),
  'run.progress': z.strictObject({
    key: z.string(),
    progress: ProgressView.nullable(),
    memoryBytes: z.int().nullable(),
  }),
  ...runEvents,
  ...dataEvents,
  ...studyEvents,
  ...tableEvents,
} as const

export type Methods = typeof methods
export type Method = keyof Methods
export type Input<M extends Method> = z.input<Methods[M]['input']>
export type Parsed<M extends Method> = z.output<Methods[M]['input']>
export type Result<M extends Method> = z.output<Methods[M]['result']>
export type Handlers = { [M in Method]: (input: Parsed<M>) => Promise<Result<M>> | Result<M> }
export type Events = { [E in keyof typeof events]: z.output<(typeof events)[E]> }
export type EventName = keyof Events

/** The one interface to a workspace; its carriers are a direct call and a socket, later IPC and WebSocket. */
export interface Client {
  /** @throws FacetError as the holder threw it */
  call: <M extends Method>(method: M, ...input: undefined extends Input<M> ? [Input<M>?] : [Input<M>]) => Promise<Result<M>>
  /** Returns the function that stops listening. */
  on: <E extends EventName>(event: E, listener: (payload: Events[E]) => void) => () => void
  close: () => Promise<void>
}
