import type { ChildProcess } from 'node:child_process'
import type { Order, RunEvent } from '#shared/order.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseEvent } from '#shared/event-line.ts'
import { stages } from '#shared/stages/index.ts'
import { makeSource, teachers } from '../unit/stages/fixture.ts'

const project = resolve(import.meta.dirname, '../..')
const source = makeSource()
const started: ChildProcess[] = []
let folder: string
let combiner: string
let student: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facet-learning-'))
  combiner = await undisturbed(prepareRun('combiner', 'combine', { kind: 'pca', size: 8 }))
  student = await undisturbed(prepareRun('student', 'distil', { width: 8, input: 32, steps: 20, evaluateEvery: 10 }, { combiner }))
})
afterAll(() => {
  started.forEach(worker => worker.kill('SIGKILL'))
  rmSync(folder, { recursive: true, force: true })
  rmSync(source.root, { recursive: true, force: true })
})

/** Writes the order of a run and tells its folder. */
function prepareRun(name: string, stage: 'combine' | 'distil' | 'transfer' | 'select', config: object, models: Partial<Order> = {}): string {
  const runDir = join(folder, name)
  mkdirSync(runDir)
  const order: Order = { key: 'c'.repeat(64), stage, version: stages[stage].version, config: stages[stage].config.parse(config), seed: 3, runDir, artefact: `${runDir}.model`, threads: 1, sources: [source], teachers: teachers.map(({ name }) => ({ name, manifest: 'none.yaml', sha256: '0'.repeat(64) })), combiner: null, student: null, ...models }
  writeFileSync(join(runDir, 'order.json'), JSON.stringify(order))
  return runDir
}

function start(runDir: string): ChildProcess {
  rmSync(join(runDir, 'control.json'), { force: true })
  const worker = spawn(process.execPath, [join(project, 'src/worker/index.ts'), runDir], { cwd: project, stdio: 'ignore', env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' } })
  started.push(worker)
  return worker
}

function events(runDir: string): RunEvent[] {
  const path = join(runDir, 'events.ndjson')
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1).map(line => parseEvent(line)!) : []
}

/** Waits until an attempt has reported steps. */
async function untilAtWork(worker: ChildProcess, runDir: string, attempt: number): Promise<void> {
  while (!events(runDir).some(event => event.attempt === attempt && event.type === 'metrics')) {
    expect(worker.exitCode, 'the worker ended before it was disturbed').toBe(null)
    await setTimeout(10)
  }
}

async function undisturbed(runDir: string): Promise<string> {
  await once(start(runDir), 'exit')
  expect(events(runDir).at(-1)?.type, readFileSync(join(runDir, 'events.ndjson'), 'utf8')).toBe('done')
  return `${runDir}.model`
}

/** Paused, gone on with, killed, gone on with to the end. */
async function disturbed(runDir: string): Promise<string> {
  const first = start(runDir)
  await untilAtWork(first, runDir, 1)
  writeFileSync(join(runDir, 'control.json'), JSON.stringify({ request: 'pause' }))
  await once(first, 'exit')
  expect(events(runDir).at(-1)?.type).toBe('paused')

  const second = start(runDir)
  await untilAtWork(second, runDir, 2)
  second.kill('SIGKILL')
  await once(second, 'exit')
  expect(events(runDir).some(event => event.type === 'done')).toBe(false)

  const model = await undisturbed(runDir)
  const begins = events(runDir).filter(event => event.type === 'started').map(event => event.resumedFrom)
  expect(begins).toHaveLength(3)
  expect(begins[1]).toBeGreaterThan(0)
  // A slow machine may have put down another checkpoint before the kill; none is ever lost.
  expect(begins[2]).toBeGreaterThanOrEqual(begins[1]!)
  return model
}

const tensors = (model: string) => readFileSync(join(model, 'tensors.safetensors')).toString('base64')

it.each([
  ['an autoencoder', 'combine', { kind: 'ae', size: 8, epochs: 2500, patience: 0 }, {}],
  ['a student', 'distil', { width: 8, input: 32, steps: 250, evaluateEvery: 10 }, { combiner: true }],
  ['a multi-task student', 'distil', { network: 'cnn', width: 8, input: 32, steps: 250, evaluateEvery: 10, multiTask: { size: 8, balance: 'uncertainty', teacherDropping: 0.4 } }, {}],
  ['a network from scratch', 'transfer', { task: 'kind', encoder: { kind: 'scratch', width: 8, input: 32 }, batch: 16, epochs: 45, patience: 0 }, {}],
  ['a student that is fine-tuned', 'transfer', { task: 'kind', encoder: { kind: 'student', mode: 'fine-tune' }, batch: 16, epochs: 45, patience: 0 }, { student: true }],
  ['a head on frozen embeddings, one fold after the other', 'transfer', { task: 'age', encoder: { kind: 'teacher', name: 'narrow' }, batch: 8, epochs: 50, patience: 0 }, {}],
  ['heads on all subsets of teachers, some of which have stopped', 'select', { task: 'age', batch: 8, epochs: 60, patience: 8, folds: 8 }, {}],
] as const)('%s that was paused and killed ends with the same bits as one left alone', async (name, stage, config, needs) => {
  const models = { ...('combiner' in needs ? { combiner } : {}), ...('student' in needs ? { student } : {}) }
  const alone = await undisturbed(prepareRun(`${name} alone`, stage, config, models))
  const other = await disturbed(prepareRun(`${name} disturbed`, stage, config, models))
  expect(tensors(other)).toBe(tensors(alone))
}, 120_000)
