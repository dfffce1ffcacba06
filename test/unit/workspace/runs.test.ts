import type { Workspace } from '#main/workspace/workspace.ts'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { applyEvents } from '#main/runner/follow.ts'
import { addPoints, readCurves } from '#main/workspace/curves.ts'
import { findRun, listMetrics, listMoves, moveRun, putPlannedRun, requireRun } from '#main/workspace/runs.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { RunEvent, RunState } from '#shared/order.ts'
import { allowedMoves, canMove } from '#shared/run-states.ts'
import { plan, temporaryFolder } from '../../process/workspace-fixture.ts'

let folder: string
let remove: () => void
let workspace: Workspace
let key: string

beforeEach(async () => {
  ({ folder, remove } = temporaryFolder())
  workspace = createWorkspace(folder, 'test')
  const run = plan(folder, 'one')
  key = run.key
  await workspace.db.transaction().execute(trx => putPlannedRun(trx, run, { position: 0, now: 1 }))
})
afterEach(async () => {
  await workspace.close()
  remove()
})
const move = (to: RunState) => workspace.db.transaction().execute(trx => moveRun(trx, key, to, { now: 2 }))

it('any sequence of moves leaves the run in the last allowed one and records exactly those', async () => {
  let recorded = 0
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...RunState.options), { maxLength: 12 }), async (wishes) => {
    let state = (await requireRun(workspace.db, key)).state
    for (const to of wishes) {
      const isAllowed = canMove(state, to)
      await (isAllowed
        ? expect(move(to)).resolves.toMatchObject({ state: to })
        : expect(move(to)).rejects.toThrow(`is ${state}; it cannot become ${to}`))
      state = isAllowed ? to : state
      recorded += Number(isAllowed)
    }
    const moves = await listMoves(workspace.db, key)
    expect((await requireRun(workspace.db, key)).state).toBe(state)
    expect(moves).toHaveLength(recorded)
    expect(moves.every(({ from_state, to_state }) => canMove(from_state, to_state))).toBe(true)
    expect(moves.slice(1).every(({ from_state }, i) => from_state === moves[i]!.to_state)).toBe(true)
  }), { numRuns: 30 })
})

it('no state is a dead end, and only a worker at work can pause, fail by itself or be done', () => {
  expect(RunState.options.filter(state => allowedMoves[state].length === 0)).toEqual([])
  expect(RunState.options.filter(state => canMove(state, 'done'))).toEqual(['running', 'pausing'])
  expect(RunState.options.filter(state => canMove(state, 'paused'))).toEqual(['running', 'pausing'])
})

it('events that are followed twice are taken in once, however they are cut', async () => {
  await move('running')
  const at = (seq: number, event: object) => RunEvent.parse({
    seq,
    time: 100 + seq,
    attempt: 1,
    ...event,
  })
  const events = [
    at(0, {
      type: 'started',
      pid: 5,
      engine: '2.21.0-cpu',
      threads: 1,
      resumedFrom: null,
    }),
    at(1, {
      type: 'metrics',
      step: 1,
      values: { loss: 0.5, cosine: 0.1 },
    }),
    at(2, {
      type: 'progress',
      done: 1,
      total: 2,
      unit: 'steps',
      perSecond: 3,
    }),
    at(3, {
      type: 'metrics',
      step: 2,
      values: { loss: 0.4 },
    }),
    at(4, {
      type: 'done',
      result: {
        summary: { loss: 0.4 },
        evaluations: [],
      },
      durationMs: 9,
      bytes: 3,
    }),
  ]
  const take = (from: number, to: number) => workspace.db.transaction().execute(async trx => applyEvents(trx, await requireRun(trx, key), {
    events: events.slice(from, to),
    offset: to,
    unreadable: 0,
  }))
  await take(0, 3)
  await take(0, 4)
  await take(2, 5)
  await take(0, 5)
  expect(await listMetrics(workspace.db, key)).toEqual([
    { metric: 'cosine', step: 1, value: 0.1 },
    { metric: 'loss', step: 1, value: 0.5 },
    { metric: 'loss', step: 2, value: 0.4 },
  ])
  expect(await requireRun(workspace.db, key)).toMatchObject({
    state: 'done',
    last_seq: 4,
    progress_done: 1,
    bytes: 3,
  })
  expect((await listMoves(workspace.db, key)).map(({ to_state }) => to_state)).toEqual(['running', 'done'])
})

it('a value of a metric is never changed by a later one of the same step', async () => {
  await move('running')
  const event = (seq: number, loss: number) => RunEvent.parse({
    seq,
    time: 1,
    attempt: seq,
    type: 'metrics',
    step: 1,
    values: { loss },
  })
  await workspace.db.transaction().execute(async trx => applyEvents(trx, await requireRun(trx, key), {
    events: [
      event(1, 1),
      event(2, 2),
    ],
    offset: 9,
    unreadable: 0,
  }))
  expect(await listMetrics(workspace.db, key)).toEqual([
    { metric: 'loss', step: 1, value: 1 },
  ])
  expect(() => workspace.connection.exec('update points set value = 3')).toThrow(/append-only/)
  expect(() => workspace.connection.exec('delete from run_moves')).toThrow(/append-only/)
})

it('reads curves whatever their metrics are called', async () => {
  await workspace.db.transaction().execute(trx => addPoints(trx, key, ['constructor', 'toString', '__proto__'].map((metric, step) => ({ metric, step, value: step / 2, at_ms: 0 }))))
  const curves = await readCurves(workspace.db, key, {})
  expect(Object.entries(curves)).toEqual([
    ['__proto__', { steps: [2], values: [1], count: 1 }],
    ['constructor', { steps: [0], values: [0], count: 1 }],
    ['toString', { steps: [1], values: [0.5], count: 1 }],
  ])
})

it('finds a run by the beginning of its key and says when that is too little', async () => {
  expect((await findRun(workspace.db, key.slice(0, 6))).key).toBe(key)
  await expect(findRun(workspace.db, 'abc')).rejects.toThrow(/at least 4/)
  await expect(findRun(workspace.db, '0000')).rejects.toThrow(/no run 0000/)
})

it('the queue is read through its index', () => {
  const steps = workspace.connection.prepare('explain query plan select * from runs where state = \'queued\' order by position').all() as { detail: string }[]
  expect(steps.map(({ detail }) => detail).join()).toContain('runs_by_state')
})
