import type { StageName } from '../stages/declare.ts'
import { z } from 'zod'
import { RunState } from '../order.ts'
import { Reproduction } from '../reproduction.ts'
import { RunItem } from '../run-views.ts'
import { stages } from '../stages/index.ts'
import { IdleView, RunDetail, RunView } from '../views.ts'
import { Key, method, nothing } from './method.ts'

const Stage = z.enum(Object.keys(stages) as [StageName, ...StageName[]])
const keyed = z.strictObject({ key: Key })
const Buckets = z.int().min(10).max(4000)

/** Runs: what they are, what they reached, and what can be done with them. */
export const runMethods = {
  'runs.list': method('read', z.strictObject({
    study: z.string().optional(),
    stage: Stage.optional(),
    states: z.array(RunState).optional(),
    limit: z.int().min(1).optional().describe('The newest of them only, newest first'),
  }).default({}), z.array(RunItem)),
  'runs.get': method('read', keyed, RunDetail),
  'runs.metrics': method('read', keyed.extend({
    metrics: z.array(z.string()).optional(),
    fromStep: z.int().min(0).optional(),
    buckets: Buckets.optional().describe('Longer curves are thinned to first, lowest, highest and last value of each of so many stretches; without it nothing is left out'),
  }), z.record(z.string(), z.strictObject({
    steps: z.array(z.int()),
    values: z.array(z.number()),
    count: z.int().describe('Values that there are; more than were given where the curve was thinned'),
  }))),
  'runs.activity': method('read', keyed.extend({ buckets: Buckets.default(400) }), z.strictObject({
    unit: z.string(),
    rate: z.strictObject({ timesMs: z.array(z.number()), values: z.array(z.number()) }).describe('Work done per second'),
    memory: z.strictObject({ timesMs: z.array(z.number()), values: z.array(z.number()) }).describe('Bytes'),
    attempts: z.array(z.strictObject({ atMs: z.number(), resumedFrom: z.int().nullable() })),
    isCut: z.boolean().describe('Only the newest part of a very long record was read'),
  })),
  'runs.logs': method('read', keyed.extend({
    from: z.int().min(0).optional().describe('Byte to go on from; without it, the last part'),
    limit: z.int().min(1).max(1 << 20).default(1 << 16),
  }), z.strictObject({
    path: z.string(),
    text: z.string(),
    next: z.int(),
  })),
  'runs.checkpoints': method('read', keyed, z.strictObject({
    kept: z.array(z.strictObject({
      step: z.int(),
      phase: z.string().nullable().describe('Part of the run that it stands in'),
      atMs: z.number(),
      bytes: z.int(),
    })).describe('Newest first; none once a run is done'),
    selected: z.strictObject({
      step: z.int(),
      metric: z.string(),
      value: z.number(),
    }).nullable().describe('Where the weights that tables use come from'),
  })),
  'runs.difference': method('read', keyed.extend({
    against: z.union([Key, z.literal('default')]).optional().describe('Without it, the parent: the most alike earlier run of the stage, or the defaults where there is none'),
  }), z.strictObject({
    against: z.strictObject({ key: z.string().nullable(), label: z.string() }).describe('A key of null: the defaults'),
    parents: z.array(z.strictObject({ key: z.string(), label: z.string(), differing: z.int() })).describe('The most alike earlier runs of the stage'),
    fields: z.int(),
    differences: z.array(z.strictObject({ path: z.string(), own: z.string().nullable(), other: z.string().nullable() })).describe('Values as JSON; null where there is no such field'),
  })),
  'runs.pause': method('write', keyed, RunView),
  'runs.pauseAll': method('write', nothing, z.array(RunView)),
  'runs.stop': method('write', keyed, RunView),
  'runs.retry': method('write', keyed.extend({
    fromStart: z.boolean().default(false).describe('Forget its checkpoints'),
  }), RunView),
  'runs.resume': method('write', z.union([
    keyed,
    z.strictObject({ all: z.literal(true) }),
  ]), z.strictObject({
    resumed: z.array(RunView),
    leftOut: z.array(z.strictObject({
      key: z.string(),
      label: z.string(),
      why: z.string(),
    })).describe('Not done, and not taken up by `all`'),
  })),
  'runs.idle': method('write', z.strictObject({
    study: z.string().optional(),
    key: Key.optional().describe('This run alone'),
  }).default({}), IdleView),
  'runs.reproduce': method('write', keyed, RunView),
  'runs.reproduced': method('write', keyed, Reproduction),
} as const

/** What clients are told while a run is about to be reproduced: how much of a data set was compared with what the run saw. */
export const runEvents = {
  'reproduce.checking': z.strictObject({
    key: z.string(),
    dataset: z.string(),
    done: z.int(),
    total: z.int(),
  }),
} as const
