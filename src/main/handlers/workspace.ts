import type { HandlerPart } from '../core.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { checkWorkspace } from '../doctor/workspace.ts'
import { packageRoot } from '../node-binary.ts'
import { viewRun } from '../views.ts'
import { backUp, backupPath } from '../workspace/backup.ts'
import { listDatasets } from '../workspace/datasets.ts'
import { examineFiles } from '../workspace/examine.ts'
import { findDamage } from '../workspace/integrity.ts'
import { repairFiles } from '../workspace/repair.ts'
import { countRuns } from '../workspace/runs.ts'
import { listStudies } from '../workspace/studies.ts'

/** Facet's own version, as package.json says it. */
export function facetVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version
}

export const workspaceHandlers = (({ workspace, cores, emit }) => ({
  'app.info': () => ({
    version: facetVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    pid: process.pid,
    cores,
  }),
  'workspace.info': async () => {
    const { paths, db, lock, holder, notes } = workspace
    return {
      root: paths.root,
      mayWrite: lock !== null,
      holder: holder && {
        pid: holder.pid,
        host: holder.host,
        since: holder.since,
        title: holder.title,
      },
      datasets: (await listDatasets(db)).length,
      studies: (await listStudies(db)).length,
      runs: await countRuns(db),
      notes,
    }
  },
  'workspace.check': async () => {
    const problems = await findDamage(workspace.paths.database)
    return { ok: problems.length === 0, problems }
  },
  'workspace.examine': async () => {
    const checks = await checkWorkspace(workspace.paths.root, { isThorough: true })
    return { checks, isWhole: checks.every(({ name, verdict }) => verdict !== 'problem' && (name !== 'leftovers' || verdict === 'ok')) }
  },
  'workspace.repair': async () => {
    const { said, requeued } = await repairFiles(workspace, await examineFiles(workspace.db, workspace.paths, { isThorough: true }))
    for (const row of requeued)
      emit('run.changed', viewRun(row))
    return { said }
  },
  'workspace.backup': ({ path = backupPath(workspace.paths.backups) }) => backUp(workspace.connection, path),
})) satisfies HandlerPart
