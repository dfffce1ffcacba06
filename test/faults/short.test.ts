import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { workspacePaths } from '#main/workspace/paths.ts'
import { listMetrics } from '#main/workspace/runs.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { openHost, plan, sumAfter, temporaryFolder } from '../process/workspace-fixture.ts'
import { buildShim, FaultPlan } from './plan.ts'

/** The campaign in short: the counting stage stands for those that learn, everything around it is the real thing. */
const steps = 40
const names = ['one', 'two', 'three']
const before = process.env
let folder: string
let shim: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-shim-'))
  shim = buildShim(folder)
})
afterAll(() => {
  process.env = before
  rmSync(folder, { recursive: true })
})

it('twenty kills, full and broken disks at any write of the workers lose nothing', async () => {
  const { folder: root, remove } = temporaryFolder()
  const faults = new FaultPlan(join(folder, 'plan'), shim, root)
  process.env = { ...before, ...faults.env } // for the workers: this process has started without
  const random = seededRandom(7)
  const planned = names.map((name, i) => plan(root, name, { steps, stepMs: 2, needs: i > 0 ? [plan(root, names[i - 1]!).key] : [] }))
  const kinds = ['kill before', 'kill after', 'torn', 'full', 'broken'] as const
  const sealed = new Set<string>()
  let struck = 0
  try {
    for (let moment = 0; struck < 20; moment++) {
      const host = await openHost(root)
      const { db } = host.workspace
      faults.arm({ process: 'stages-worker.ts' }, kinds[moment % kinds.length]!, random.integer(60))
      await host.runner.enqueue('study', planned)
      const { counts } = await host.runner.idle('study')
      struck += Number(faults.hasStruck)
      faults.disarm()
      const check = new Database(workspacePaths(root).database, { readonly: true })
      expect(check.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
      check.close()
      for (const { key } of planned) {
        if (existsSync(join(root, 'artefacts/models', key)))
          sealed.add(key)
        expect(existsSync(join(root, 'artefacts/models', key)), 'what was sealed once stays').toBe(sealed.has(key))
        const metrics = await listMetrics(db, key)
        // The counting stage's own metric, none twice and none but the one that there must be.
        expect(metrics.map(({ step, value }) => [step, value])).toEqual(metrics.map((_, i) => [i + 1, sumAfter(i + 1)]))
      }
      if (counts.done === names.length && struck < 20) {
        for (const { key } of planned)
          rmSync(join(root, 'artefacts/models', key), { recursive: true })
        sealed.clear()
      }
      await host.close()
    }
    const host = await openHost(root)
    await host.runner.enqueue('study', planned)
    expect((await host.runner.idle('study')).counts).toEqual({ done: names.length })
    for (const { key } of planned) {
      expect(readFileSync(join(root, 'artefacts/models', key, 'sum.txt'), 'utf8')).toBe(String(sumAfter(steps)))
      expect(await listMetrics(host.workspace.db, key)).toHaveLength(steps)
    }
    await host.close()
  }
  finally {
    faults.close()
    remove()
  }
}, 240_000)
