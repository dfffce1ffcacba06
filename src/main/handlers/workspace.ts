import type { HandlerPart } from '../core.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { packageRoot } from '../node-binary.ts'
import { backUp, backupPath } from '../workspace/backup.ts'
import { listDatasets } from '../workspace/datasets.ts'
import { findDamage } from '../workspace/integrity.ts'
import { countRuns } from '../workspace/runs.ts'
import { listStudies } from '../workspace/studies.ts'

/** Facet's own version, as package.json says it. */
export function facetVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version
}

export const workspaceHandlers = (({ workspace, cores }) => ({
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
  'workspace.backup': ({ path = backupPath(workspace.paths.backups) }) => backUp(workspace.connection, path),
})) satisfies HandlerPart
