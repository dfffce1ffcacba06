import { z } from 'zod'
import { RunState } from './order.ts'

/** How many runs of a box are in each state. */
export const Counts = z.partialRecord(RunState, z.int())
export type Counts = z.infer<typeof Counts>

/** What all boxes of the pipeline say: how far they are and where they lead. */
const box = {
  counts: Counts,
  keys: z.array(z.string()).describe('Runs behind it, in the order of the study'),
}

const Figure = z.strictObject({
  name: z.string(),
  mean: z.number(),
  std: z.number().nullable(),
  n: z.int(),
})

/** A study as the picture of the data's way (Vielzeuf et al. 2019, Figure 1): photographs, faces, teachers, fused embedding, student, knowledge. */
export const Pipeline = z.strictObject({
  study: z.string(),
  hasRun: z.boolean(),
  isEdited: z.boolean(),
  seeds: z.array(z.int()),
  counts: Counts,
  seconds: z.number().describe('Expected for what is not done yet'),
  datasets: z.array(z.strictObject({
    name: z.string(),
    format: z.string(),
    images: z.int().nullable(),
    isUnlabelled: z.boolean(),
    isThere: z.boolean().describe('Its folder'),
    root: z.string().nullable(),
  })),
  faces: z.strictObject({
    ...box,
    found: z.int(),
    notFound: z.int(),
    size: z.int().nullable(),
  }),
  teachers: z.array(z.strictObject({
    ...box,
    name: z.string(),
    dimension: z.int().nullable(),
    sets: z.int().describe('Data sets that it embeds'),
  })),
  combiners: z.array(z.strictObject({
    ...box,
    name: z.string(),
    kind: z.string(),
    isTarget: z.boolean().describe('The student learns it'),
    size: z.int().nullable(),
    nrmse: z.number().nullable(),
    faces: z.int().nullable(),
  })),
  students: z.array(z.strictObject({
    ...box,
    name: z.string().describe('Its method: student, or mt, which learns the embeddings themselves'),
    learns: z.enum(['fused', 'embeddings']),
    network: z.string(),
    cosine: z.number().nullable(),
    nrmse: z.number().nullable(),
    parameters: z.int().nullable(),
    perSecond: z.number().nullable(),
    unit: z.string().nullable(),
    progress: z.number().nullable().describe('Share of the run at work'),
    etaSeconds: z.number().nullable(),
    curve: z.array(z.number()).describe('Validation figure, thinned, of the run at work or else the first'),
  })),
  knowledge: z.array(z.strictObject({
    ...box,
    name: z.string(),
    data: z.string(),
    task: z.string(),
    method: z.string().nullable().describe('Whose figure it is: the student\'s, else that of the combiner it learns'),
    figure: Figure.nullable(),
    unit: z.string(),
    reason: z.string().nullable().describe('Why there is no figure'),
  })),
})
export type Pipeline = z.infer<typeof Pipeline>

/** How a box stands as one word. */
export type BoxState = 'done' | 'running' | 'failed' | 'interrupted' | 'paused' | 'queued' | 'to do' | 'cancelled'

/** The state of a box: what needs a person first, then what is under way, then what is left. */
export function boxState(counts: Counts): BoxState {
  const has = (state: keyof Counts): boolean => (counts[state] ?? 0) > 0
  if (has('failed'))
    return 'failed'
  if (has('running') || has('pausing'))
    return 'running'
  for (const state of ['interrupted', 'paused', 'queued', 'cancelled'] as const) {
    if (has(state))
      return state
  }
  return has('done') ? 'done' : 'to do'
}

/** All runs of some counts. */
export function totalOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** What a person would do next, by the most pressing. `keys` are the runs that it concerns. */
export type NextStep
  = | { kind: 'plan', isNew: boolean }
    | { kind: 'retry', count: number, running: number }
    | { kind: 'resume', count: number, running: number }
    | { kind: 'wait', running: number, queued: number, seconds: number }
    | { kind: 'start', queued: number }
    | { kind: 'look' }

/** The next click of a study. */
export function nextStep({ hasRun, isEdited, counts, seconds }: Pick<Pipeline, 'hasRun' | 'isEdited' | 'counts' | 'seconds'>): NextStep {
  const running = (counts.running ?? 0) + (counts.pausing ?? 0)
  const queued = counts.queued ?? 0
  const left = (counts.interrupted ?? 0) + (counts.paused ?? 0)
  if (!hasRun)
    return { kind: 'plan', isNew: true }
  if (counts.failed)
    return { kind: 'retry', count: counts.failed, running }
  if (left > 0)
    return { kind: 'resume', count: left, running }
  if (running > 0)
    return { kind: 'wait', running, queued, seconds }
  if (queued > 0 || counts.cancelled)
    return { kind: 'start', queued: queued + (counts.cancelled ?? 0) }
  return isEdited ? { kind: 'plan', isNew: false } : { kind: 'look' }
}
