import type { RunRow } from '#main/workspace/runs.ts'
import { makeLoadedWorkspace } from '#main/bench-app/workspace.ts'
import { listRuns } from '#main/workspace/runs.ts'
import { openWorkspace } from '#main/workspace/workspace.ts'

/** Makes a workspace whose runs are at work: an earlier host started them, and `worker` is the process of all of them. */
export async function makeLiveWorkspace(folder: string, runs: number, worker: { pid: number, started: string }): Promise<RunRow[]> {
  await makeLoadedWorkspace(folder, { runs, points: 0 })
  const workspace = openWorkspace(folder, 'facet bench load')
  try {
    await workspace.db.deleteFrom('evaluations').execute()
    await workspace.db.updateTable('runs').set({ state: 'running', pid: worker.pid, pid_started: worker.started, finished_at_ms: null, duration_ms: null, result: null, bytes: null }).execute()
    return await listRuns(workspace.db)
  }
  finally {
    await workspace.close()
  }
}
