import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { workspacePaths } from '#main/workspace/paths.ts'
import { listMetrics, putPlannedRun, requireRun } from '#main/workspace/runs.ts'
import { openHost, plan, temporaryFolder, until } from './workspace-fixture.ts'

const hourMs = 3_600_000
let root: string
let remove: () => void
let host: Awaited<ReturnType<typeof openHost>>

beforeEach(() => {
  ({ folder: root, remove } = temporaryFolder())
})
afterEach(async () => {
  vi.restoreAllMocks()
  await host.close()
  remove()
})

/** Somebody sets the clock: it says so much more (or less) from now on. */
function setClock(byMs: number): void {
  const now = Date.now.bind(Date)
  vi.spyOn(Date, 'now').mockImplementation(() => now() + byMs)
}

it.each([2 * hourMs, -2 * hourMs])('a clock that is set by %i ms makes no worker silent or late', async (byMs) => {
  host = await openHost(root, { silentMs: 20_000, stopMs: 20_000, pauseMs: 20_000 })
  const { runner, workspace } = host
  const willing = plan(root, 'willing', { steps: 100, stepMs: 20 })
  const deaf = plan(root, 'deaf', { steps: 100, stepMs: 30, behaviour: 4 })
  await runner.enqueue('study', [willing, deaf])
  await until(async () => (await listMetrics(workspace.db, deaf.key)).length > 0, 'it runs')
  await runner.stop(deaf.key)
  setClock(byMs)
  await sleep(300) // some looks: a deadline by the clock would have passed, and the deaf one would be ended
  expect(await requireRun(workspace.db, deaf.key)).toMatchObject({ state: 'pausing' })
  // Left alone, the deaf one comes to its end, and so does the other.
  expect((await runner.idle('study')).counts).toEqual({ done: 2 })
  expect((await requireRun(workspace.db, willing.key)).duration_ms).toBeLessThan(hourMs)
})

it('an attempt took as long as its worker measured, whatever the clock said in between', async () => {
  host = await openHost(root)
  const { runner, workspace } = host
  const run = plan(root, 'set back')
  const runDir = workspacePaths(root).runDir(run.key)
  mkdirSync(runDir, { recursive: true })
  const start = Date.now()
  const events = [
    { type: 'started', pid: 4_000_000, engine: 'none', threads: 1, resumedFrom: null, time: start },
    { type: 'paused', durationMs: 4_500, time: start - hourMs },
  ]
  events.forEach((event, seq) => appendFileSync(join(runDir, 'events.ndjson'), `${JSON.stringify({ seq, attempt: 1, ...event })}\n`))
  await workspace.db.transaction().execute(trx => putPlannedRun(trx, run, { position: 0, now: start }))
  await runner.stop(run.key) // whatever is asked first takes in what the file holds
  expect(await requireRun(workspace.db, run.key)).toMatchObject({ state: 'cancelled', duration_ms: 4_500 })
})
