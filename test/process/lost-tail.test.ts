import { appendFileSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, it } from 'vitest'
import { listMetrics, requireRun } from '#main/workspace/runs.ts'
import { openHost, plan, readEventFile, sumAfter, temporaryFolder, until } from './workspace-fixture.ts'

it.each([0.2, 0.6, 1])('an event file that lost its end after the host had taken it in, as by a power cut, loses nothing (%d of it stays)', async (share) => {
  const { folder: root, remove } = temporaryFolder()
  const host = await openHost(root)
  try {
    const { runner, workspace } = host
    const run = plan(root, 'cut', { steps: 30, stepMs: 20 })
    const path = join(root, 'runs', run.key, 'events.ndjson')
    await runner.enqueue('study', [run])
    await until(async () => (await listMetrics(workspace.db, run.key)).length >= 12, 'some steps are done')
    process.kill((await requireRun(workspace.db, run.key)).pid!, 'SIGKILL')
    await runner.idle('study')
    const { last_seq: known } = await requireRun(workspace.db, run.key)
    truncateSync(path, Math.floor(share * readFileSync(path).length) - 1)
    await runner.resume(run.key)
    expect((await runner.idle('study')).counts).toEqual({ done: 1 })
    expect((await listMetrics(workspace.db, run.key)).map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
    expect(readFileSync(join(root, 'artefacts/models', run.key, 'sum.txt'), 'utf8')).toBe(String(sumAfter(30)))
    expect(readEventFile(root, run.key).findLast(({ type }) => type === 'started')!.seq).toBeGreaterThan(known)
  }
  finally {
    await host.close()
    remove()
  }
})

it('a line of an event file that cannot be read is told in the log and stops none that follow', async () => {
  const { folder: root, remove } = temporaryFolder()
  const host = await openHost(root)
  try {
    const { runner, workspace } = host
    const run = plan(root, 'broken', { steps: 30, stepMs: 20 })
    await runner.enqueue('study', [run])
    await until(async () => (await listMetrics(workspace.db, run.key)).length >= 6, 'some steps are done')
    process.kill((await requireRun(workspace.db, run.key)).pid!, 'SIGKILL')
    await runner.idle('study')
    const runDir = join(root, 'runs', run.key)
    appendFileSync(join(runDir, 'events.ndjson'), '\n{"seq":"no number"}\n') // ends a line that the kill may have cut
    await runner.resume(run.key)
    expect((await runner.idle('study')).counts).toEqual({ done: 1 })
    expect(await listMetrics(workspace.db, run.key)).toHaveLength(30)
    expect(readFileSync(join(runDir, 'log.txt'), 'utf8')).toMatch(/warning: [12] lines? of .*events\.ndjson cannot be read/)
  }
  finally {
    await host.close()
    remove()
  }
})
