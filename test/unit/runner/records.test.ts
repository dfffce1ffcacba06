import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readActivity } from '#main/runner/activity.ts'
import { forgetCheckpoints, listCheckpoints } from '#main/runner/checkpoints.ts'
import { temporaryFolder } from '../../process/workspace-fixture.ts'

let temporary: ReturnType<typeof temporaryFolder>
beforeEach(() => { temporary = temporaryFolder() })
afterEach(() => temporary.remove())

it('speed is that of the part that reported most; memory and attempts are there, an unfinished line is not', async () => {
  const path = join(temporary.folder, 'events.ndjson')
  const line = (seq: number, rest: object): string => JSON.stringify({ seq, time: 1000 + seq, attempt: 1, ...rest })
  writeFileSync(path, [
    line(0, { type: 'started', pid: 1, engine: 'x', threads: 2, resumedFrom: 40 }),
    line(1, { type: 'progress', done: 1, total: 9, unit: 'faces', perSecond: 99 }),
    line(2, { type: 'progress', done: 1, total: 9, unit: 'steps', perSecond: 0 }),
    line(3, { type: 'progress', done: 2, total: 9, unit: 'steps', perSecond: 5 }),
    line(4, { type: 'progress', done: 3, total: 9, unit: 'steps', perSecond: 6 }),
    line(5, { type: 'heartbeat', memoryBytes: 1e9 }),
    line(6, { type: 'progress', done: 4, total: 9, unit: 'steps', perSecond: 7 }).slice(0, 30),
  ].join('\n'))
  expect(await readActivity(path, 400)).toEqual({
    unit: 'steps',
    rate: { timesMs: [1003, 1004], values: [5, 6] },
    memory: { timesMs: [1005], values: [1e9] },
    attempts: [{ atMs: 1000, resumedFrom: 40 }],
    isCut: false,
  })
  expect(await readActivity(join(temporary.folder, 'none'), 400)).toMatchObject({ unit: '', attempts: [] })
})

it('lists whole checkpoints, the newest by number first, and forgets them all', () => {
  mkdirSync(temporary.folder, { recursive: true })
  for (const [generation, step] of [[99, 990], [100, 1000]] as const) {
    writeFileSync(join(temporary.folder, `checkpoint-${generation}.json`), JSON.stringify({ step, sha256: '', state: { finished: [], current: { name: 'student', step, state: { bestStep: 750, bestScore: -0.5, waited: 0 } } } }))
    writeFileSync(join(temporary.folder, `checkpoint-${generation}.safetensors`), 'tensors')
  }
  writeFileSync(join(temporary.folder, 'checkpoint-101.json'), '{"step": 10')
  expect(listCheckpoints(temporary.folder).map(({ step, phase, bytes }) => ({ step, phase, bytes }))).toEqual([
    { step: 1000, phase: 'student', bytes: 7 },
    { step: 990, phase: 'student', bytes: 7 },
  ])
  forgetCheckpoints(temporary.folder)
  expect(listCheckpoints(temporary.folder)).toEqual([])
})
