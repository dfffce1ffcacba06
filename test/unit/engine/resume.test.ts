import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readSafetensors } from '#shared/files/safetensors.ts'

const folder = mkdtempSync(join(tmpdir(), 'facet-resume-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Trains in a process of its own and gives the file of its checkpoint. */
function train(model: string, optimizer: string, steps: number, from: string): string {
  const to = join(folder, `${model}-${optimizer}-${steps}-${from === 'new'
    ? 'new'
    : 'resumed'}.safetensors`)
  execFileSync(process.execPath, [
    join(import.meta.dirname, 'resume.process.ts'),
    model,
    optimizer,
    String(steps),
    from,
    to,
  ], { stdio: 'pipe' })
  return to
}

it.each([
  ['resnet', 'adamw'],
  ['autoencoder', 'adam'],
  ['autoencoder', 'sgd'],
  ['vae', 'adam'],
  ['dae', 'adam'],
])('%s with %s: 5 steps, a checkpoint and 5 more in a new process give the bits of 10 steps', (model, optimizer) => {
  const half = train(model, optimizer, 5, 'new')
  const resumed = train(model, optimizer, 5, half)
  const whole = train(model, optimizer, 10, 'new')
  expect(readSafetensors(resumed).tensors.step!.data).toEqual(Int32Array.of(10))
  expect(readFileSync(resumed).equals(readFileSync(whole))).toBe(true)
  expect(readFileSync(half).equals(readFileSync(whole))).toBe(false)
})
