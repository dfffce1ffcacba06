import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createCheckpointStore, removeCheckpoints, removeHalfWritten } from '#worker/checkpoint.ts'

let folder: string
const warnings: string[] = []
const store = () => createCheckpointStore(folder, text => warnings.push(text))
function at(step: number) {
  return {
    step,
    tensors: {
      weights: {
        dtype: 'float32' as const,
        shape: [2, 2],
        data: Float32Array.of(step, 1, 2, 3),
      },
      order: {
        dtype: 'int32' as const,
        shape: [1],
        data: Int32Array.of(7),
      },
    },
    state: { best: 0.5, step },
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  warnings.length = 0
})
afterEach(() => rmSync(folder, { recursive: true }))

it('gives back the newest checkpoint as it was saved', async () => {
  expect(await store().load()).toBeNull()
  await store().save(at(1))
  await store().save(at(2))
  expect(await store().load()).toEqual(at(2))
})

it('keeps one older generation and no more, also past ten', async () => {
  for (let step = 1; step <= 12; step++)
    await store().save(at(step))
  expect(readdirSync(folder).sort()).toEqual([
    'checkpoint-11.json',
    'checkpoint-11.safetensors',
    'checkpoint-12.json',
    'checkpoint-12.safetensors',
  ])
  expect((await store().load())?.step).toBe(12)
})

it('passes over a damaged newest one for the older, with a warning that names it', async () => {
  await store().save(at(1))
  await store().save(at(2))
  truncateSync(join(folder, 'checkpoint-2.safetensors'), 20)
  expect((await store().load())?.step).toBe(1)
  expect(warnings).toEqual([
    expect.stringMatching(/Checkpoint 2 is damaged/),
  ])
})

it('does not mistake tensors without their record for a checkpoint', async () => {
  await store().save(at(1))
  await store().save(at(2))
  rmSync(join(folder, 'checkpoint-2.json'))
  expect((await store().load())?.step).toBe(1)
  await store().save(at(3))
  expect((await store().load())?.step).toBe(3)
})

it('a finished run leaves none', async () => {
  await store().save(at(1))
  removeCheckpoints(folder)
  expect(existsSync(join(folder, 'checkpoint-1.safetensors'))).toBe(false)
})

it('what a killed attempt half wrote is removed, what is whole and what others write stays', async () => {
  await store().save(at(1))
  const whole = readdirSync(folder)
  const others = ['control.json', 'control.json.tmp-77', 'events.ndjson', 'log.txt', 'order.json']
  for (const name of [...others, 'checkpoint-2.safetensors', 'checkpoint-2.safetensors.4711.tmp', 'checkpoint-2.json.tmp-4711', 'order.json.tmp-12', 'worker.json.tmp-4711'])
    writeFileSync(join(folder, name), 'half')
  removeHalfWritten(folder)
  expect(readdirSync(folder).sort()).toEqual([...whole, ...others].sort())
  expect(await store().load()).toEqual(at(1))
})
