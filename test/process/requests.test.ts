import type { RunRow } from '#main/workspace/runs.ts'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { listMetrics, listMoves, requireRun } from '#main/workspace/runs.ts'
import { openHost, plan, readEventFile, sumAfter, temporaryFolder, until } from './workspace-fixture.ts'

let root: string
let remove: () => void
let host: Awaited<ReturnType<typeof openHost>>

beforeEach(async () => {
  ({ folder: root, remove } = temporaryFolder())
  host = await openHost(root)
})
afterEach(async () => {
  await host.close()
  remove()
})

async function begun(name: string, steps = 40) {
  const run = plan(root, name, { steps, stepMs: 20 })
  await host.runner.enqueue('study', [run])
  await until(async () => (await listMetrics(host.workspace.db, run.key)).length >= 3, 'some steps are done')
  return run
}
/** Several requests while the run's worker cannot answer any of them: none comes after its end. */
async function atOnce<T>(key: string, requests: () => Promise<T>): Promise<T> {
  const pid = (await requireRun(host.workspace.db, key)).pid!
  process.kill(pid, 'SIGSTOP')
  try {
    return await requests()
  }
  finally {
    process.kill(pid, 'SIGCONT')
  }
}
const moves = async (key: string) => (await listMoves(host.workspace.db, key)).map(({ to_state }) => to_state)
async function allDone(key: string, steps = 40) {
  expect((await host.runner.idle('study')).counts).toEqual({ done: 1 })
  expect(readFileSync(join(root, 'artefacts/models', key, 'sum.txt'), 'utf8')).toBe(String(sumAfter(steps)))
  expect((await listMetrics(host.workspace.db, key)).map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1))
}

it('a pause asked for twice is one, and so is a resume', async () => {
  const { runner } = host
  const run = await begun('twice')
  const [first, second] = await atOnce(run.key, () => Promise.all([runner.pause(run.key), runner.pause(run.key)]))
  expect([first.state, second.state]).toEqual(['pausing', 'pausing'])
  await runner.idle('study')
  const [once, again] = await Promise.all([runner.resume(run.key), runner.resume(run.key)])
  expect([once.state, again.state]).toEqual(['queued', 'running'])
  await allDone(run.key)
  expect(await moves(run.key)).toEqual(['running', 'pausing', 'paused', 'queued', 'running', 'done'])
  expect(readEventFile(root, run.key).filter(({ type }) => type === 'started')).toHaveLength(2)
})

it('a stop asked for twice is one', async () => {
  const { runner } = host
  const run = await begun('stopped', 500)
  await atOnce(run.key, () => Promise.all([runner.stop(run.key), runner.stop(run.key)]))
  expect((await runner.idle('study')).counts).toEqual({ cancelled: 1 })
  await expect(runner.stop(run.key)).rejects.toThrow('it cannot become cancelled')
  expect(await moves(run.key)).toEqual(['running', 'pausing', 'cancelled'])
})

it('of pause, resume and stop at the same time each is done or refused with its reason, and one worker at most is at work', async () => {
  const { runner } = host
  const run = await begun('at once', 400)
  const outcomes = await atOnce(run.key, () => Promise.allSettled([runner.pause(run.key), runner.resume(run.key), runner.stop(run.key), runner.pause(run.key), runner.resume(run.key)]))
  const wordOutcome = (outcome: PromiseSettledResult<RunRow>): string => outcome.status === 'fulfilled' ? outcome.value.state : (outcome.reason as Error).message
  expect(outcomes.map(wordOutcome)).toEqual([
    'pausing',
    'Run "at once" is pausing; it cannot become queued.',
    'pausing', // the stop takes the pause's place
    'Run "at once" is being stopped; it cannot be paused any more.',
    'Run "at once" is pausing; it cannot become queued.',
  ])
  expect((await runner.idle('study')).counts).toEqual({ cancelled: 1 })
  expect(readEventFile(root, run.key).filter(({ type }) => type === 'started')).toHaveLength(1)
  await runner.resume(run.key)
  await allDone(run.key, 400)
})

it('a worker that a dying host started and had no time to record is followed, and no second one does its work', async () => {
  const run = await begun('unrecorded', 150)
  const { pid } = await requireRun(host.workspace.db, run.key)
  await host.close()
  host = await openHost(root).then(async (opened) => {
    // what a host that came meanwhile made of a run whose worker it could not find
    await opened.workspace.db.updateTable('runs').set({ state: 'interrupted', pid: null, pid_started: null }).where('key', '=', run.key).execute()
    await opened.close()
    return openHost(root)
  })
  await host.runner.resume(run.key)
  await until(async () => (await requireRun(host.workspace.db, run.key)).pid !== pid || readFileSync(join(root, 'runs', run.key, 'log.txt'), 'utf8').includes('works on this run already'), 'another worker came')
  await allDone(run.key, 150)
  expect(readEventFile(root, run.key).filter(({ type }) => type === 'started').map(event => event.pid)).toEqual([pid])
  expect(readFileSync(join(root, 'runs', run.key, 'log.txt'), 'utf8')).toContain(`Process ${pid} works on this run already`)
})

it('after a reboot no process is taken for a worker: its number may have gone to another, which is left alone', async () => {
  const run = await begun('rebooted')
  const { pid } = await requireRun(host.workspace.db, run.key)
  await host.close() // before it sees the end: as if the machine had gone down with both
  process.kill(pid!, 'SIGKILL')
  const stranger = spawn('sleep', ['60'])
  try {
    host = await openHost(root).then(async (opened) => {
      // What the machine's next life brings: the number is there, the start time is another.
      await opened.workspace.db.updateTable('runs').set({ state: 'running', pid: stranger.pid! }).where('key', '=', run.key).execute()
      await opened.close()
      return openHost(root)
    })
    const row = await requireRun(host.workspace.db, run.key)
    expect(row.state).toBe('interrupted')
    expect(JSON.parse(row.reason!)).toMatchObject({ message: expect.stringContaining('is gone (its host was not there to see why)') })
    expect(stranger.exitCode).toBe(null)
    expect(process.kill(stranger.pid!, 0)).toBe(true)
    await host.runner.resume(run.key)
    await allDone(run.key)
  }
  finally {
    stranger.kill('SIGKILL')
  }
})
