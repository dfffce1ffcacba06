import type { GpuDevice } from '#shared/provenance.ts'
import process from 'node:process'
import { expect, it } from 'vitest'
import { listDevices } from '#main/workspace/provenance.ts'
import { listMetrics, requireRun } from '#main/workspace/runs.ts'
import { ownWorkspace } from './own-workspace.ts'
import { plan, readEventFile, until } from './workspace-fixture.ts'

const gpu = (id: string): GpuDevice => ({ id, name: 'Pretended 9000', memoryBytes: 16e9, driver: '1.0' })
const gpus = [gpu('GPU-a'), gpu('GPU-b')]

const own = ownWorkspace({ cores: 6, gpus })
async function summaryOf({ workspace }: Awaited<ReturnType<typeof own.host>>, key: string) {
  return (JSON.parse((await requireRun(workspace.db, key)).result!) as { summary: Record<string, unknown> }).summary
}

it('trainings run one a GPU, which is all that each sees, and runs that need none beside them see none', async () => {
  const opened = await own.host()
  const trainings = ['one', 'two', 'three'].map(name => plan(own.root, name, { steps: 20, stepMs: 25, usesAllCores: true }))
  const small = plan(own.root, 'small', { steps: 20, stepMs: 25 })
  await opened.runner.enqueue('study', [...trainings, small])
  await until(async () => (await opened.workspace.db.selectFrom('runs').select('key').where('state', '=', 'running').execute()).length === 3, 'three runs are at work')
  expect((await requireRun(opened.workspace.db, trainings[2]!.key)).state).toBe('queued')
  expect((await opened.runner.idle('study')).counts).toEqual({ done: 4 })
  const seen = await Promise.all(trainings.map(({ key }) => summaryOf(opened, key)))
  expect(seen.slice(0, 2).map(({ visibleGpus }) => visibleGpus)).toEqual(['GPU-a', 'GPU-b'])
  expect(['GPU-a', 'GPU-b']).toContain(seen[2]!.visibleGpus)
  expect(seen.map(({ threads }) => threads)).toEqual([2, 2, 2]) // a third of the cores each, one third is left
  expect(await summaryOf(opened, small.key)).toMatchObject({ visibleGpus: '', threads: 1 })
  // No GPU ever had two runs at once.
  const spans = await opened.workspace.db.selectFrom('runs').select(['key', 'started_at_ms', 'finished_at_ms']).execute()
  const devices = await listDevices(opened.workspace.db)
  for (const a of spans) {
    for (const b of spans) {
      if (a.key !== b.key && devices.has(a.key) && devices.get(a.key) === devices.get(b.key))
        expect(a.started_at_ms! >= b.finished_at_ms! || b.started_at_ms! >= a.finished_at_ms!).toBe(true)
    }
  }
})

it('the next host knows which GPU a worker has that it did not start, and a resume gets the same one', async () => {
  const first = await own.host({ cores: 6, gpus })
  const [kept, other] = ['kept', 'other'].map(name => plan(own.root, name, { steps: 60, stepMs: 25, usesAllCores: true })) as [ReturnType<typeof plan>, ReturnType<typeof plan>]
  await first.runner.enqueue('study', [kept])
  await until(async () => (await listMetrics(first.workspace.db, kept.key)).length >= 3, 'some steps are done')
  await first.close()
  const second = await own.host()
  await second.runner.enqueue('study', [kept, other])
  await until(async () => (await listMetrics(second.workspace.db, other.key)).length >= 1, 'the other has begun')
  expect(Object.fromEntries(await listDevices(second.workspace.db))).toEqual({ [kept.key]: 'GPU-a', [other.key]: 'GPU-b' })
  process.kill((await requireRun(second.workspace.db, other.key)).pid!, 'SIGKILL')
  process.kill((await requireRun(second.workspace.db, kept.key)).pid!, 'SIGKILL')
  await second.runner.idle('study')
  await second.runner.resume(other.key)
  expect((await second.runner.idle('study')).counts).toEqual({ done: 1, interrupted: 1 })
  expect(await summaryOf(second, other.key)).toMatchObject({ visibleGpus: 'GPU-b', threads: 2 })
})

it('a worker tells in its provenance the GPU only where its engine computes on one', async () => {
  const opened = await own.host()
  const run = plan(own.root, 'run', { usesAllCores: true })
  await opened.runner.enqueue('study', [run])
  await opened.runner.idle('study')
  expect(readEventFile(own.root, run.key)[0]).toMatchObject({ type: 'started', engine: 'none', environment: { gpu: null, threads: 2 } })
})

it('a run that began on the CPU goes on there with all its cores, also where there are GPUs now', async () => {
  const before = await own.host({ cores: 3, gpus: [] })
  const run = plan(own.root, 'run', { steps: 40, stepMs: 25, usesAllCores: true })
  await before.runner.enqueue('study', [run])
  await until(async () => (await listMetrics(before.workspace.db, run.key)).length >= 3, 'some steps are done')
  await before.runner.pause(run.key)
  await before.runner.idle('study')
  await before.workspace.db.updateTable('runs').set({ engine: '2.21.0-cpu' }).where('key', '=', run.key).execute() // the counting stage has no engine
  await before.close()
  const after = await own.host()
  await after.runner.resume(run.key)
  await after.runner.idle('study')
  expect(await summaryOf(after, run.key)).toMatchObject({ visibleGpus: '', threads: 3 })
})

it('deterministic kernels are switched on in the worker of a run that was planned with them, and in no other', async () => {
  const opened = await own.host()
  const [usual, asked] = ['usual', 'asked'].map(name => plan(own.root, name)) as [ReturnType<typeof plan>, ReturnType<typeof plan>]
  asked.order.isDeterministic = true
  await opened.runner.enqueue('study', [usual, asked])
  await opened.runner.idle('study')
  expect(await summaryOf(opened, usual.key)).toMatchObject({ deterministic: false })
  expect(await summaryOf(opened, asked.key)).toMatchObject({ deterministic: true })
  expect(readEventFile(own.root, asked.key)[0]).toMatchObject({ environment: { isDeterministic: true } })
})

it('without a list of GPUs a run that has the machine to itself sees what its engine finds', async () => {
  const opened = await own.host({ gpus: [], cores: 2 })
  const run = plan(own.root, 'run', { usesAllCores: true })
  await opened.runner.enqueue('study', [run])
  await opened.runner.idle('study')
  expect(await summaryOf(opened, run.key)).toMatchObject({ visibleGpus: process.env.CUDA_VISIBLE_DEVICES ?? 'whatever the engine finds', threads: 2 })
})
