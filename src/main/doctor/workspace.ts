import type { Db } from '#main/workspace/database.ts'
import type { WorkspacePaths } from '#main/workspace/paths.ts'
import type { DoctorCheck } from './check.ts'
import { existsSync } from 'node:fs'
import { openDatabase } from '#main/workspace/database.ts'
import { readHolder } from '#main/workspace/lock.ts'
import { workspacePaths } from '#main/workspace/paths.ts'

/** Integrity of a workspace, read only, so that it may be held by somebody meanwhile. */
export async function checkWorkspace(folder: string): Promise<DoctorCheck[]> {
  const paths = workspacePaths(folder)
  const part = { name: 'workspace', title: 'Workspace' }
  if (!existsSync(paths.database)) {
    return [
      {
        ...part,
        verdict: 'absent',
        value: `none at ${paths.root}`,
        hint: 'Made by the first facet run, or by facet init.',
      },
    ]
  }
  try {
    const { connection, db } = openDatabase(paths.database, { readonly: true })
    try {
      const damage = connection.pragma('integrity_check') as { integrity_check: string }[]
      const dangling = connection.pragma('foreign_key_check') as unknown[]
      const isSound = damage[0]?.integrity_check === 'ok' && dangling.length === 0
      if (!isSound) {
        return [
          {
            ...part,
            ...damaged(paths, damage[0]?.integrity_check ?? `${dangling.length} dangling references`),
          },
        ]
      }
      return [
        { ...part, verdict: 'ok', value: `${paths.root}, database sound${holderOf(paths)}` },
        await checkArtefacts(db, paths),
        await checkDatasets(db),
      ]
    }
    finally {
      await db.destroy()
      connection.close() // Kysely closes only what it has used
    }
  }
  catch (error) {
    return [
      {
        ...part,
        ...damaged(paths, error instanceof Error
          ? error.message
          : String(error)),
      },
    ]
  }
}

function damaged(paths: WorkspacePaths, reason: string): Pick<DoctorCheck, 'verdict' | 'value' | 'hint'> {
  return {
    verdict: 'problem',
    value: `${paths.database} is damaged: ${reason.split('\n')[0]}`,
    hint: `End what uses it, keep a copy, then take the newest of ${paths.backups} in its place; artefacts and event files are whole files of their own.`,
  }
}

function holderOf(paths: WorkspacePaths): string {
  const holder = readHolder(paths.lock)
  return holder
    ? `, held by ${holder.title} (process ${holder.pid})`
    : ''
}

/** Every run that is done has its artefact. */
async function checkArtefacts(db: Db, paths: WorkspacePaths): Promise<DoctorCheck> {
  const runs = await db.selectFrom('runs').select(['key', 'stage']).where('state', '=', 'done').execute()
  const lost = runs.filter(({ stage, key }) => !existsSync(paths.artefactPath(stage, key)))
  const part = { name: 'artefacts', title: 'Artefacts' }
  if (lost.length === 0)
    return { ...part, verdict: 'ok', value: `all of ${runs.length} finished runs are there` }
  const names = lost.slice(0, 3).map(({ key }) => key.slice(0, 8)).join(', ')
  return {
    ...part,
    verdict: 'problem',
    value: `${lost.length} of ${runs.length} finished runs have lost theirs: ${names}`,
    hint: 'Run the study again: facet run STUDY.yaml',
  }
}

/** Every data set's folder is where it was. */
async function checkDatasets(db: Db): Promise<DoctorCheck> {
  const datasets = await db.selectFrom('datasets').select(['name', 'root']).execute()
  const gone = datasets.filter(({ root }) => !existsSync(root))
  const part = { name: 'datasets', title: 'Data sets' }
  if (gone.length === 0)
    return { ...part, verdict: 'ok', value: `${datasets.length} registered` }
  return {
    ...part,
    verdict: 'warning',
    value: `the folder is gone of ${gone.map(({ name, root }) => `${name} (${root})`).join(', ')}`,
    hint: 'What is prepared stays usable; for new runs bring the folder back.',
  }
}
