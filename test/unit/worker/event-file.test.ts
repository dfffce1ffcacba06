import type { SharedState } from '#worker/event-file.ts'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readEvents } from '#main/runner/follow.ts'
import { EventFile } from '#worker/event-file.ts'
import { startHeartbeat } from '#worker/heartbeat.ts'
import { prepareEventFile } from '#worker/prepare-events.ts'
import { createRate } from '#worker/report.ts'
import { until } from '../../process/workspace-fixture.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  path = join(folder, 'events.ndjson')
})
afterEach(() => rmSync(folder, { recursive: true }))

function openFile() {
  const { nextSeq, attempt } = prepareEventFile(path)
  const shared: SharedState = new Int32Array(new SharedArrayBuffer(16))
  shared[1] = nextSeq
  return {
    file: new EventFile(path, { attempt, shared }),
    attempt,
    shared,
  }
}

it('counts on over attempts and cuts off the line that a killed worker left half written', () => {
  const first = openFile().file
  first.append({
    type: 'metrics',
    step: 1,
    values: { loss: 1 },
  })
  first.append({ type: 'paused' })
  first.close()
  appendFileSync(path, '{"seq":2,"time":1,"att')
  const before = readEvents(path, 0)
  expect(before.events.map(({ seq, attempt }) => [seq, attempt])).toEqual([
    [0, 1],
    [1, 1],
  ])
  const second = openFile().file
  second.append({ type: 'stopped' })
  second.close()
  const after = readEvents(path, before.offset)
  expect(after.events).toMatchObject([
    { seq: 2, attempt: 2, type: 'stopped' },
  ])
  expect(readEvents(path, after.offset).events).toEqual([])
})

it('a full disk leaves out heartbeats and ends nothing', async () => {
  const shared: SharedState = new Int32Array(new SharedArrayBuffer(16))
  const heartbeat = startHeartbeat('/dev/full', { attempt: 1, shared, everyMs: 1 })
  await new Promise(resolve => setTimeout(resolve, 500))
  heartbeat.stop()
  await until(() => Atomics.load(shared, 0) === 0, 'the lock is free') // a beat under way holds it for a moment
  expect(Atomics.load(shared, 1)).toBe(0)
})

it('two threads that write at once give whole lines, numbered in the order of the file', async () => {
  const { file, attempt, shared } = openFile()
  const heartbeat = startHeartbeat(path, { attempt, shared, everyMs: 1 })
  await until(() => readEvents(path, 0).events.length > 0, 'the thread writes')
  for (let step = 0; step < 3000; step++) {
    file.append({
      type: 'metrics',
      step,
      values: { loss: step },
    })
    if (step % 300 === 0)
      await new Promise(resolve => setTimeout(resolve, 5))
  }
  heartbeat.stop()
  await new Promise(resolve => setTimeout(resolve, 50))
  const { events, unreadable } = readEvents(path, 0)
  expect(unreadable).toBe(0)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i))
  expect(events.filter(({ type }) => type === 'metrics')).toHaveLength(3000)
  expect(events.some(({ type }) => type === 'heartbeat')).toBe(true)
  expect(readFileSync(path, 'utf8').endsWith('\n')).toBe(true)
})

it('reads a long file in parts without losing or doubling a line', () => {
  const { file } = openFile()
  for (let step = 0; step < 200; step++) {
    file.append({
      type: 'metrics',
      step,
      values: { loss: step },
    })
  }
  const seqs: number[] = []
  for (let offset = 0; ;) {
    const chunk = readEvents(path, offset, 1000)
    if (chunk.offset === offset)
      break
    seqs.push(...chunk.events.map(({ seq }) => seq))
    offset = chunk.offset
  }
  expect(seqs).toEqual(Array.from({ length: 200 }, (_, i) => i))
})

it('throughput is that of the last ten seconds', () => {
  let nowMs = 0
  const rate = createRate(() => nowMs)
  expect(rate(0)).toBe(0)
  for (let second = 1; second <= 30; second++) {
    nowMs = second * 1000
    rate(second <= 15
      ? second
      : 15 + (second - 15) * 4)
  }
  nowMs = 31_000
  expect(rate(15 + 16 * 4)).toBeCloseTo(4)
})
