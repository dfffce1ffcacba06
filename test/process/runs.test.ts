import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { listMetrics, listMoves, requireRun } from '#main/workspace/runs.ts'
import { isAlive } from '#shared/process-identity.ts'
import { openHost, plan, readEventFile, sumAfter, temporaryFolder, until } from './workspace-fixture.ts'

let root: string
let remove: () => void
const open: { close: () => Promise<void> }[] = []

beforeEach(() => {
  ({ folder: root, remove } = temporaryFolder())
})
afterEach(async () => {
  for (const host of open.splice(0))
    await host.close()
  remove()
})
async function host(options = {}) {
  const opened = await openHost(root, options)
  open.push(opened)
  return opened
}
const sumOf = (key: string) => readFileSync(join(root, 'artefacts/models', key, 'sum.txt'), 'utf8')

it('runs what a run needs first and takes in metrics, evaluations and the artefact', async () => {
  const { runner, workspace } = await host()
  const first = plan(root, 'first')
  const second = plan(root, 'second', {
    needs: [first.key],
  })
  await runner.enqueue('study', [first, second])
  expect(await runner.idle('study')).toEqual({
    counts: { done: 2 },
    open: [],
  })
  const [a, b] = [await requireRun(workspace.db, first.key), await requireRun(workspace.db, second.key)]
  expect(b.started_at_ms).toBeGreaterThanOrEqual(a.finished_at_ms!)
  expect(JSON.parse(a.result!)).toMatchObject({
    summary: {
      sum: sumAfter(10),
      threads: 1,
    },
  })
  expect(a.bytes).toBe(String(sumAfter(10)).length)
  expect((await listMetrics(workspace.db, first.key)).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(sumOf(first.key)).toBe(String(sumAfter(10)))
  expect(await runner.enqueue('study', [first, second])).toEqual({
    cached: [first.key, second.key],
    queued: [],
  })
})

it('a worker killed with SIGKILL leaves its run interrupted with the reason, and a resume ends as if nothing had happened', async () => {
  const { runner, workspace } = await host()
  const run = plan(root, 'killed', { steps: 30, stepMs: 30 })
  await runner.enqueue('study', [run])
  await until(async () => (await listMetrics(workspace.db, run.key)).length >= 7, 'some steps are done')
  process.kill((await requireRun(workspace.db, run.key)).pid!, 'SIGKILL')
  const { open: [row] } = await runner.idle('study')
  expect(row).toMatchObject({ state: 'interrupted' })
  expect(JSON.parse(row!.reason!)).toMatchObject({
    code: 'interrupted',
    message: expect.stringMatching(/was ended by SIGKILL .* at \d+ of 30 steps/),
  })
  await runner.resume(run.key)
  expect((await runner.idle('study')).counts).toEqual({ done: 1 })
  expect(sumOf(run.key)).toBe(String(sumAfter(30)))
  expect((await listMetrics(workspace.db, run.key)).map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  const started = readEventFile(root, run.key).filter(({ type }) => type === 'started')
  expect(started).toMatchObject([
    { attempt: 1, resumedFrom: null },
    {
      attempt: 2,
      resumedFrom: expect.any(Number),
    },
  ])
})

it('a host that goes away loses nothing: the worker finishes and the next host takes its events in exactly once', async () => {
  const first = await openHost(root)
  const run = plan(root, 'left', { steps: 20, stepMs: 20 })
  await first.runner.enqueue('study', [run])
  await until(async () => (await listMetrics(first.workspace.db, run.key)).length >= 3, 'some steps are done')
  const { pid, pid_started } = await requireRun(first.workspace.db, run.key)
  await first.close()
  await until(() => !isAlive(pid!, pid_started!), 'the worker is done')
  const { runner, workspace } = await host()
  expect((await runner.idle('study')).counts).toEqual({ done: 1 })
  expect(await listMetrics(workspace.db, run.key)).toHaveLength(20)
  expect((await listMoves(workspace.db, run.key)).map(({ to_state }) => to_state)).toEqual(['running', 'done'])
})

it('a running worker is adopted by the next host, which can pause and resume it', async () => {
  const first = await openHost(root)
  const run = plan(root, 'adopted', { steps: 60, stepMs: 25 })
  await first.runner.enqueue('study', [run])
  await until(async () => (await listMetrics(first.workspace.db, run.key)).length >= 3, 'some steps are done')
  await first.close()
  const { runner, workspace } = await host()
  expect(await runner.pause(run.key)).toMatchObject({ state: 'pausing' })
  expect((await runner.idle('study')).counts).toEqual({ paused: 1 })
  await runner.resume(run.key)
  expect((await runner.idle('study')).counts).toEqual({ done: 1 })
  expect(sumOf(run.key)).toBe(String(sumAfter(60)))
  expect((await listMoves(workspace.db, run.key)).map(({ to_state }) => to_state)).toEqual([
    'running',
    'pausing',
    'paused',
    'queued',
    'running',
    'done',
  ])
})

it('a failed run blocks what needs it with the reason, and a resume of it lets the rest go on', async () => {
  const { runner, workspace } = await host()
  const failing = plan(root, 'failing', { behaviour: 2 })
  const below = plan(root, 'below', {
    needs: [failing.key],
  })
  const beside = plan(root, 'beside')
  await runner.enqueue('study', [failing, below, beside])
  expect((await runner.idle('study')).counts).toEqual({ failed: 1, queued: 1, done: 1 })
  expect(JSON.parse((await requireRun(workspace.db, failing.key)).reason!)).toEqual({ code: 'bad-input', message: 'The photographs are gone.', where: '/nowhere' })
  expect(JSON.parse((await requireRun(workspace.db, below.key)).reason!)).toMatchObject({ message: 'It needs "failing", which is failed.' })
  writeFileSync(join(root, 'runs', failing.key, 'mended'), '')
  await runner.resume(failing.key)
  expect((await runner.idle('study')).counts).toEqual({ done: 3 })
})

it('a silent worker is ended and its run interrupted', async () => {
  const { runner } = await host({ silentMs: 1_500 })
  await runner.enqueue('study', [
    plan(root, 'silent', { behaviour: 3 }),
  ])
  const { open: [row] } = await runner.idle('study')
  expect(row).toMatchObject({ state: 'interrupted' })
  expect(JSON.parse(row!.reason!).message).toMatch(/SIGKILL|silent/)
})

it('stop ends a run that leaves and one that does not', async () => {
  const { runner, workspace } = await host({ stopMs: 500 })
  const willing = plan(root, 'willing', { steps: 500, stepMs: 20 })
  const deaf = plan(root, 'deaf', { steps: 500, stepMs: 20, behaviour: 4 })
  await runner.enqueue('study', [willing, deaf])
  await until(async () => (await listMetrics(workspace.db, willing.key)).length > 0 && (await listMetrics(workspace.db, deaf.key)).length > 0, 'both run')
  await runner.stop(willing.key)
  await runner.stop(deaf.key)
  expect((await runner.idle('study')).counts).toEqual({ cancelled: 2 })
  expect(JSON.parse((await requireRun(workspace.db, deaf.key)).reason!).message).toMatch(/did not leave when asked/)
})

it('a run whose artefact was removed is computed again, one known only from its event file is not', async () => {
  const { runner, workspace } = await host()
  const run = plan(root, 'again')
  await runner.enqueue('study', [run])
  await runner.idle('study')
  await workspace.db.deleteFrom('runs').where('key', '=', run.key).execute()
  expect(await runner.enqueue('study', [run])).toEqual({
    cached: [run.key],
    queued: [],
  })
  expect(await listMetrics(workspace.db, run.key)).toHaveLength(10)
  rmSync(run.order.artefact, { recursive: true })
  expect(await runner.enqueue('study', [run])).toEqual({
    cached: [],
    queued: [run.key],
  })
  expect((await runner.idle('study')).counts).toEqual({ done: 1 })
  expect(sumOf(run.key)).toBe(String(sumAfter(10)))
})
