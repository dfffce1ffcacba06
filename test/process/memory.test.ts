import { join } from 'node:path'
import process from 'node:process'
import { expect, it } from 'vitest'
import { listMetrics, requireRun } from '#main/workspace/runs.ts'
import { mainMemoryBytes } from '#shared/main-memory.ts'
import { ownWorkspace } from './own-workspace.ts'
import { plan, until } from './workspace-fixture.ts'

const own = ownWorkspace()

it('a step for which TensorFlow has no memory ends its run with the tensor, the batch that would fit and how it goes on', async () => {
  const { runner, workspace } = await own.host({ worker: { node: process.execPath, entry: join(import.meta.dirname, 'memory-worker.ts') } })
  const run = plan(own.root, 'large', { stepMs: 4096 }) // its batch
  await runner.enqueue('study', [run])
  await runner.idle('study')
  const { state, reason } = await requireRun(workspace.db, run.key)
  const { code, message, hint } = JSON.parse(reason!) as { code: string, message: string, hint: string }
  expect(state).toBe('failed')
  expect(code).toBe('engine')
  expect(message).toMatch(/^Memory ran out: a tensor of 4096 x 6000 x 6000 \(float, 589\.8 GB\) had no room on CPU:0 any more, in the [\d.]+ GB of main memory, with a batch of 4096\.$/)
  const batch = Number(/^A batch of (\d+) should fit/.exec(hint)![1])
  // Twice of what was wanted, shared out by face, for the largest half of a half ... of the batch. Weights are 48 kB and count for nothing here.
  const wanted = (faces: number): number => 2 * (mainMemoryBytes() + 4096 * 6000 * 6000 * 4) * faces / 4096
  expect(wanted(batch)).toBeLessThan(0.9 * mainMemoryBytes())
  expect(wanted(2 * batch)).toBeGreaterThan(0.9 * mainMemoryBytes())
  expect(Math.log2(batch) % 1).toBe(0)
  expect(hint).toContain(`set batch of this combiner under stages.combine to ${batch} in the recipe`)
  expect(hint).toContain(`facet resume ${run.key.slice(0, 12)}`)
}, 60_000)

it('a worker that the system killed for lack of memory is told from one that somebody killed', async () => {
  let kills = 3
  const { runner, workspace } = await own.host({ worker: { node: process.execPath, entry: join(import.meta.dirname, 'stages-worker.ts'), countMemoryKills: () => kills } })
  const [killed, starved] = ['killed', 'starved'].map(name => plan(own.root, name, { steps: 200, stepMs: 25 })) as [ReturnType<typeof plan>, ReturnType<typeof plan>]
  const endOf = async (run: ReturnType<typeof plan>, before = () => {}) => {
    await runner.enqueue('study', [run])
    await until(async () => (await listMetrics(workspace.db, run.key)).length >= 3, 'some steps are done')
    before()
    process.kill((await requireRun(workspace.db, run.key)).pid!, 'SIGKILL')
    await runner.idle('study')
    return JSON.parse((await requireRun(workspace.db, run.key)).reason!) as { message: string, hint: string }
  }
  expect((await endOf(killed)).message).toContain('was ended by SIGKILL (somebody killed it, or memory ran out)')
  const { message, hint } = await endOf(starved, () => { kills++ })
  expect(message).toMatch(/^Memory ran out: the system ended the worker for it, in the [\d.]+ GB of main memory, with a batch of 25\. Process \d+ ended at \d+ of 200 steps\./)
  expect(hint).toMatch(/^A batch of 6 should fit/) // 12 would take 2 x 12/25 = 96 % of it, 6 takes 48 %
  expect((await requireRun(workspace.db, starved.key)).state).toBe('interrupted')
})
