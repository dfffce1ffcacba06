import type { HandlerPart } from '../core.ts'
import { beginReproduction, endReproduction } from '../reproduce/reproduce.ts'
import { viewRun } from '../views.ts'
import { findRun } from '../workspace/runs.ts'

export const reproduceHandlers = (core => ({
  'runs.reproduce': async ({ key }) => {
    const row = await findRun(core.workspace.db, key)
    return viewRun(await beginReproduction(core, row, (dataset, done, total) => core.emit('reproduce.checking', { key: row.key, dataset, done, total })))
  },
  'runs.reproduced': async ({ key }) => endReproduction(core, await findRun(core.workspace.db, key)),
})) satisfies HandlerPart
