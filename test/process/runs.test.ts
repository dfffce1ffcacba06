import { fork } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, it } from 'vitest'
import { listMetrics, listMoves, putPlannedRun, requireRun } from '#main/workspace/runs.ts'
import { isAlive } from '#shared/process-identity.ts'
import { ownWorkspace } from './own-workspace.ts'
import { plan, readEventFile, sumAfter, until } from './workspace-fixture.ts'

const own = ownWorkspace()
const sumOf = (key: string) => readFileSync(join(own.root, 'artefacts/models', key, 'sum.txt'), 'utf8')

it('runs what a run needs first and takes in metrics, evaluations and the artefact', async () => {
  const { runner, workspace } = await own.host()
  const first = plan(own.root, 'first')
  const second = plan(own.root, 'second', {
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
  const { runner, workspace } = await own.host()
  const run = plan(own.root, 'killed', { steps: 30, stepMs: 30 })
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
  const started = readEventFile(own.root, run.key).filter(({ type }) => type === 'started')
  expect(started).toMatchObject([
    { attempt: 1, resumedFrom: null },
    {
      attempt: 2,
      resumedFrom: expect.any(Number),
    },
  ])
})

it('a host that is killed loses nothing: the worker finishes and the next host takes its events in exactly once', async () => {
  const run = plan(own.root, 'left', { steps: 40, stepMs: 25 })
  const child = fork(join(import.meta.dirname, 'host-with-run.ts'), [own.root, 'left', '40', '25'])
  await once(child, 'message')
  await until(() => existsSync(join(own.root, 'runs', run.key, 'worker.json')) && readEventFile(own.root, run.key).length > 5, 'some steps are done')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const { pid, started } = JSON.parse(readFileSync(join(own.root, 'runs', run.key, 'worker.json'), 'utf8'))
  expect(isAlive(pid, started)).toBe(true)
  await until(() => !isAlive(pid, started), 'the worker is done')
  const { runner, workspace } = await own.host()
  expect((await runner.idle('study')).counts).toEqual({ done: 1 })
  expect(await listMetrics(workspace.db, run.key)).toHaveLength(40)
  expect((await listMoves(workspace.db, run.key)).map(({ to_state }) => to_state)).toEqual(['running', 'done'])
})

it('a running worker is adopted by the next host, which can pause and resume it', async () => {
  const first = await own.host()
  const run = plan(own.root, 'adopted', { steps: 60, stepMs: 25 })
  await first.runner.enqueue('study', [run])
  await until(async () => (await listMetrics(first.workspace.db, run.key)).length >= 3, 'some steps are done')
  await first.close()
  const { runner, workspace } = await own.host()
  expect(await runner.pause(run.key)).toMatchObject({ state: 'pausing' })
  expect((await runner.idle('study')).counts).toEqual({ paused: 1 })
  const { duration_ms: first_ms } = await requireRun(workspace.db, run.key)
  expect(first_ms).toBeGreaterThan(3 * 25)
  await runner.resume(run.key)
  expect((await runner.idle('study')).counts).toEqual({ done: 1 })
  expect(sumOf(run.key)).toBe(String(sumAfter(60)))
  const { duration_ms: both } = await requireRun(workspace.db, run.key)
  expect(both! - first_ms!).toBeGreaterThan(0)
  expect(both).toBeGreaterThan(60 * 25) // all steps of both attempts
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
  const { runner, workspace } = await own.host()
  const failing = plan(own.root, 'failing', { behaviour: 2 })
  const below = plan(own.root, 'below', {
    needs: [failing.key],
  })
  const beside = plan(own.root, 'beside')
  await runner.enqueue('study', [failing, below, beside])
  expect((await runner.idle('study')).counts).toEqual({ failed: 1, queued: 1, done: 1 })
  expect(JSON.parse((await requireRun(workspace.db, failing.key)).reason!)).toEqual({ code: 'bad-input', message: 'The photographs are gone.', where: '/nowhere' })
  expect(JSON.parse((await requireRun(workspace.db, below.key)).reason!)).toMatchObject({ message: 'It needs "failing", which is failed.' })
  writeFileSync(join(own.root, 'runs', failing.key, 'mended'), '')
  await runner.resume(failing.key)
  expect((await runner.idle('study')).counts).toEqual({ done: 3 })
})

it('a silent worker is ended and its run interrupted', async () => {
  const { runner } = await own.host({ silentMs: 1_500 })
  await runner.enqueue('study', [
    plan(own.root, 'silent', { behaviour: 3 }),
  ])
  const { open: [row] } = await runner.idle('study')
  expect(row).toMatchObject({ state: 'interrupted' })
  expect(JSON.parse(row!.reason!).message).toMatch(/SIGKILL|silent/)
})

it('stop ends a run that leaves and one that does not', async () => {
  const { runner, workspace } = await own.host({ stopMs: 500 })
  const willing = plan(own.root, 'willing', { steps: 500, stepMs: 20 })
  const deaf = plan(own.root, 'deaf', { steps: 500, stepMs: 20, behaviour: 4 })
  await runner.enqueue('study', [willing, deaf])
  await until(async () => (await listMetrics(workspace.db, willing.key)).length > 0 && (await listMetrics(workspace.db, deaf.key)).length > 0, 'both run')
  await runner.stop(willing.key)
  await runner.stop(deaf.key)
  expect((await runner.idle('study')).counts).toEqual({ cancelled: 2 })
  expect(JSON.parse((await requireRun(workspace.db, deaf.key)).reason!).message).toMatch(/did not leave when asked/)
})

it('a run that does not pause says so after its deadline, goes on, and can be stopped, also by the next host', async () => {
  const first = await own.host({ pauseMs: 300 })
  const deaf = plan(own.root, 'deaf', { steps: 500, stepMs: 20, behaviour: 4 })
  await first.runner.enqueue('study', [deaf])
  await until(async () => (await listMetrics(first.workspace.db, deaf.key)).length > 0, 'it runs')
  expect(await first.runner.pause(deaf.key)).toMatchObject({ state: 'pausing', reason: null })
  await until(async () => (await requireRun(first.workspace.db, deaf.key)).reason, 'its run says that it is late')
  const late = await first.runner.pause(deaf.key)
  expect(late.state).toBe('pausing')
  expect(JSON.parse(late.reason!)).toMatchObject({
    message: expect.stringMatching(/^It was asked to pause 0 s ago and has not reached the end of its step, at \d+ of 500 steps\.$/),
    where: join(own.root, 'runs', deaf.key, 'log.txt'),
    hint: expect.stringContaining(`facet stop ${deaf.key.slice(0, 12)}`),
  })
  expect(JSON.parse((await first.runner.stop(deaf.key)).reason!).message).toBe('Somebody asked it to stop.')
  await expect(first.runner.pause(deaf.key)).rejects.toThrow('Run "deaf" is being stopped; it cannot be paused any more.')
  await first.close()
  const { runner } = await own.host({ stopMs: 300 })
  expect((await runner.idle('study')).counts).toEqual({ cancelled: 1 })
})

it('a run that paused in the very moment in which it was asked to stop is stopped', async () => {
  const { runner, workspace } = await own.host({ stopMs: 300 })
  const run = plan(own.root, 'torn', { steps: 500, stepMs: 20, behaviour: 4 })
  await runner.enqueue('study', [run])
  await until(async () => (await listMetrics(workspace.db, run.key)).length > 0, 'it runs')
  await runner.stop(run.key)
  const { last_seq: seq } = await requireRun(workspace.db, run.key)
  appendFileSync(join(own.root, 'runs', run.key, 'events.ndjson'), `${JSON.stringify({ seq: seq + 1000, time: Date.now(), attempt: 1, type: 'paused' })}\n`)
  await until(async () => (await listMoves(workspace.db, run.key)).some(({ to_state }) => to_state === 'paused'), 'it says that it paused')
  expect((await runner.idle('study')).counts).toEqual({ cancelled: 1 })
})

it('pausing everything leaves nothing at work: no other run takes the place of a paused one', async () => {
  const { runner, workspace } = await own.host()
  const all = ['a', 'b', 'c', 'd'].map(name => plan(own.root, name, { steps: 500, stepMs: 5 }))
  await runner.enqueue('study', all)
  await until(async () => (await listMetrics(workspace.db, all[1]!.key)).length > 0, 'two run')
  expect((await runner.pauseAll()).map(({ label, state }) => [label, state])).toEqual([
    ['a', 'pausing'],
    ['b', 'pausing'],
  ])
  expect((await runner.idle('study')).counts).toEqual({ paused: 2, queued: 2 })
})

it('a run whose folder and artefact were removed is computed again, and its new events are taken in', async () => {
  const { runner } = await own.host()
  const run = plan(own.root, 'emptied')
  await runner.enqueue('study', [run])
  await runner.idle('study')
  rmSync(join(own.root, 'runs', run.key), { recursive: true })
  rmSync(run.order.artefact, { recursive: true })
  await runner.enqueue('study', [run])
  expect((await runner.idle('study')).counts).toEqual({ done: 1 })
  expect(sumOf(run.key)).toBe(String(sumAfter(10)))
})

it('a run whose artefact was removed is computed again, one known only from its event file is not', async () => {
  const { runner, workspace } = await own.host()
  const run = plan(own.root, 'again')
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

it('a database that was lost is no reason for a zombie: a run known from an unfinished event file is interrupted, then taken up', async () => {
  const { runner, workspace } = await own.host()
  const run = plan(own.root, 'lost', { steps: 40, stepMs: 20 })
  await runner.enqueue('study', [run])
  await until(async () => (await listMetrics(workspace.db, run.key)).length >= 6, 'some steps are done')
  process.kill((await requireRun(workspace.db, run.key)).pid!, 'SIGKILL')
  await runner.idle('study')
  await workspace.db.deleteFrom('runs').where('key', '=', run.key).execute()
  await runner.enqueue('study', [run])
  expect((await runner.idle('study')).counts).toEqual({ done: 1 })
  expect((await listMoves(workspace.db, run.key)).slice(-5).map(({ to_state }) => to_state)).toEqual([
    'running',
    'interrupted',
    'queued',
    'running',
    'done',
  ])
  expect(sumOf(run.key)).toBe(String(sumAfter(40)))
})

it('what waits is told apart from what is blocked wherever it stands in the queue', async () => {
  const { runner } = await own.host()
  const failing = plan(own.root, 'failing', { behaviour: 2 })
  const middle = plan(own.root, 'middle', {
    needs: [failing.key],
  })
  const last = plan(own.root, 'last', {
    needs: [middle.key],
  })
  await runner.enqueue('study', [last, middle, failing])
  const { counts, open: rows } = await runner.idle('study')
  expect(counts).toEqual({ failed: 1, queued: 2 })
  expect(rows.map(row => JSON.parse(row.reason!).message)).toEqual(['It needs "middle", which waits itself.', 'It needs "failing", which is failed.', 'The photographs are gone.'])
})

it('what an earlier host queued waits until somebody asks for it, with what it needs', async () => {
  const first = await own.host()
  const need = plan(own.root, 'need')
  const wish = plan(own.root, 'wish', {
    needs: [need.key],
  })
  await first.workspace.db.transaction().execute(async (trx) => {
    await putPlannedRun(trx, need, { position: 0, now: 0 })
    await putPlannedRun(trx, wish, { position: 1, now: 0 })
  })
  await first.close()
  const { runner, workspace } = await own.host()
  expect((await runner.idle()).counts).toEqual({ queued: 2 })
  await runner.resume(wish.key)
  expect((await runner.idle()).counts).toEqual({ done: 2 })
  await expect(runner.resume(wish.key)).rejects.toThrow('Run "wish" is done; there is nothing to resume.')
  expect(workspace.notes).toEqual([])
})
