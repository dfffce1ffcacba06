import { expect, it } from 'vitest'
import { listRunItems } from '#main/workspace/run-items.ts'
import { putPlannedRun } from '#main/workspace/runs.ts'
import { setStudyRuns } from '#main/workspace/studies.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { plan, temporaryFolder } from '../../process/workspace-fixture.ts'

it('gives the newest of a study where only some are asked for, and its order where all are', async () => {
  const { folder, remove } = temporaryFolder()
  const workspace = createWorkspace(folder, 'test')
  try {
    const runs = ['one', 'two', 'three'].map(name => plan(folder, name))
    await workspace.db.transaction().execute(async (trx) => {
      for (const [position, run] of runs.entries())
        await putPlannedRun(trx, run, { position, now: position + 1 })
    })
    await workspace.db.insertInto('studies').values({ name: 'study', recipe: '', detail: '{}', created_at_ms: 1, updated_at_ms: 1 } as never).execute()
    await workspace.db.transaction().execute(trx => setStudyRuns(trx, 'study', runs.map(({ key }) => key)))
    const keysOf = async (limit?: number) => (await listRunItems(workspace.db, { study: 'study', limit })).map(({ key }) => key)
    const keys = runs.map(({ key }) => key)
    expect(await keysOf()).toEqual(keys)
    expect(await keysOf(2)).toEqual([keys[2], keys[1]])
    expect((await listRunItems(workspace.db, { limit: 1 }))[0]!.studies).toEqual(['study'])
  }
  finally {
    await workspace.close()
    remove()
  }
})
