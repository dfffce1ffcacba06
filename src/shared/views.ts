import { z } from 'zod'
import { Evaluation, RunResult, RunState } from './order.ts'
import { Problem } from './problem-schema.ts'
import { Provenance } from './provenance.ts'

/** How far a run is. `etaSeconds` is null before a throughput is known. */
export const ProgressView = z.strictObject({
  done: z.number(),
  total: z.number(),
  unit: z.string(),
  perSecond: z.number(),
  etaSeconds: z.number().nullable(),
})
export type ProgressView = z.infer<typeof ProgressView>

/** A run as lists show it. Times are milliseconds since 1970. */
export const RunView = z.strictObject({
  key: z.string(),
  stage: z.string(),
  version: z.int(),
  label: z.string(),
  seed: z.int(),
  usesSeed: z.boolean(),
  state: RunState,
  reason: Problem.nullable(),
  attempt: z.int(),
  threads: z.int().nullable(),
  engine: z.string().nullable(),
  queuedAtMs: z.number(),
  startedAtMs: z.number().nullable(),
  finishedAtMs: z.number().nullable(),
  durationMs: z.number().nullable(),
  bytes: z.int().nullable(),
  memoryBytes: z.int().nullable(),
  progress: ProgressView.nullable(),
})
export type RunView = z.infer<typeof RunView>

/** A run with all that is known of it. */
export const RunDetail = RunView.extend({
  config: z.unknown(),
  inputs: z.record(z.string(), z.unknown()),
  needs: z.array(z.string()),
  studies: z.array(z.string()),
  artefact: z.string(),
  log: z.string(),
  provenance: Provenance,
  result: RunResult.nullable(),
  evaluations: z.array(Evaluation),
  moves: z.array(z.strictObject({
    from: RunState,
    to: RunState,
    atMs: z.number(),
    reason: Problem.nullable(),
  })),
})
export type RunDetail = z.infer<typeof RunDetail>

/** How a study, or everything, stands once nothing can go on by itself. */
export const IdleView = z.strictObject({
  counts: z.partialRecord(RunState, z.int()),
  open: z.array(RunView),
})
export type IdleView = z.infer<typeof IdleView>

/** A data set of the workspace. */
export const DatasetView = z.strictObject({
  name: z.string(),
  format: z.string(),
  root: z.string(),
  fingerprint: z.string(),
  options: z.unknown(),
  summary: z.record(z.string(), z.unknown()),
  addedAtMs: z.number(),
})
export type DatasetView = z.infer<typeof DatasetView>

/** Something on the disk that nothing refers to. */
export const GcView = z.strictObject({
  items: z.array(z.strictObject({
    path: z.string(),
    bytes: z.int(),
    why: z.string(),
  })),
  bytes: z.int(),
  runs: z.int().describe('Runs that no study refers to: they leave the lists, queued ones the queue'),
})
export type GcView = z.infer<typeof GcView>

/** What a plan reckons with where folders are missing: data sets of their published sizes. */
export const AssumedView = z.strictObject({
  folders: z.array(z.strictObject({ name: z.string(), format: z.string(), path: z.string(), samples: z.int() })).describe('The missing ones, with the size that is assumed'),
  datasets: z.int().describe('All of the study'),
  unlabelled: z.int().describe('Faces that combiners and students would learn from'),
  images: z.int().describe('Of all data sets of the study'),
  stages: z.array(z.strictObject({ stage: z.string(), runs: z.int(), seconds: z.number(), bytes: z.number() })).describe('What is to do; the stages add up to the plan'),
  cores: z.int(),
  measured: z.int().describe('Finished runs of the workspace that the times are corrected by'),
})
export type AssumedView = z.infer<typeof AssumedView>

/** What a study would do now. */
export const PlanView = z.strictObject({
  study: z.string(),
  steps: z.array(z.strictObject({
    key: z.string(),
    stage: z.string(),
    label: z.string(),
    state: z.enum(['cached', 'to do', 'blocked']),
    blockedBy: z.string().nullable(),
    seconds: z.number(),
    bytes: z.number(),
  })).describe('None where folders are missing: their keys would be made up'),
  cached: z.int(),
  toDo: z.int(),
  blocked: z.int(),
  seconds: z.number(),
  bytes: z.number(),
  freeBytes: z.number().describe('On the disk of the workspace'),
  assumed: AssumedView.optional().describe('Only where folders are missing and the plan was asked for all the same'),
})
export type PlanView = z.infer<typeof PlanView>
