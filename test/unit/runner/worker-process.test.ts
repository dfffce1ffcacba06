import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readEvents } from '#main/runner/follow.ts'
import { logTail } from '#main/runner/worker-process.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('the end of a log that is shown leaves out what TensorFlow says when it starts', () => {
  const path = join(folder, 'log.txt')
  writeFileSync(path, `WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1764.123456   29907 cpu_feature_guard.cc:210] This TensorFlow binary is optimized
Error: the photographs are gone`)
  expect(logTail(path)).toBe('Error: the photographs are gone')
  expect(logTail(path, 4)).toBe('gone')
})

it('an event longer than what is read at once is taken in, and what follows it too', () => {
  const path = join(folder, 'events.ndjson')
  const line = (seq: number, text: string) => `${JSON.stringify({ seq, time: 0, attempt: 1, type: 'log', level: 'info', text })}\n`
  writeFileSync(path, line(0, 'x'.repeat(1_000)) + line(1, 'short'))
  const { events, offset } = readEvents(path, 0, 256)
  expect(events.map(({ seq }) => seq)).toEqual([0, 1])
  expect(offset).toBe(statSync(path).size)
})
