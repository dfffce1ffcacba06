import type { Db } from '#main/workspace/database.ts'
import type { Findings } from '#main/workspace/examine.ts'
import type { WorkspacePaths } from '#main/workspace/paths.ts'
import type { DoctorCheck } from './check.ts'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename } from 'node:path'
import { listBackups } from '#main/workspace/backup.ts'
import { openDatabase } from '#main/workspace/database.ts'
import { examineFiles } from '#main/workspace/examine.ts'
import { findDamage } from '#main/workspace/integrity.ts'
import { readHolder } from '#main/workspace/lock.ts'
import { missingMigrations, readMigrations, shippedMigrations } from '#main/workspace/migrate.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { toProblem } from '#shared/errors.ts'
import { wordBytes, wordMany } from '#shared/words.ts'

export interface WorkspaceLook {
  /** Reads every artefact and compares checksums, which takes some seconds a gigabyte; else names and sizes alone. */
  isThorough: boolean
  onProgress?: (done: number, total: number) => void
}

const repair = 'facet doctor --fix repairs it; nothing is deleted.'

/** How whole a workspace is. Reads only, so that it may be held by somebody meanwhile. */
export async function checkWorkspace(folder: string, look: WorkspaceLook = { isThorough: false }): Promise<DoctorCheck[]> {
  const paths = workspacePaths(folder)
  const part = { name: 'workspace', title: 'Workspace' }
  if (!existsSync(paths.database))
    return [{ ...part, verdict: 'absent', value: `none at ${paths.root}`, hint: 'Made by the first facet run, or by facet init.' }]
  const [damage] = await findDamage(paths.database)
  if (damage !== undefined)
    return [{ ...part, ...damaged(paths, damage) }]
  try {
    return await checkSound(paths, look)
  }
  catch (error) {
    const { message, hint } = toProblem(error)
    return [{ ...part, verdict: 'problem', value: message, hint }]
  }
}

async function checkSound(paths: WorkspacePaths, look: WorkspaceLook): Promise<DoctorCheck[]> {
  const { connection, db } = openDatabase(paths.database, { readonly: true })
  try {
    const sound = { name: 'workspace', title: 'Workspace', verdict: 'ok' as const, value: `${paths.root}, database sound${wordHolder(paths)}` }
    const missing = missingMigrations(connection, readMigrations(shippedMigrations), paths.database)
    if (missing.length > 0)
      return [{ ...sound, value: `${sound.value}, made by an older version of Facet`, hint: 'The next command that opens it brings it up to date, and keeps a copy from before.' }]
    const findings = await examineFiles(db, paths, look)
    return [
      sound,
      checkBackups(paths),
      checkArtefacts(findings, look),
      await checkDatasets(db, findings),
      checkLeftovers(findings),
    ]
  }
  finally {
    await db.destroy()
    connection.close() // Kysely closes only what it has used
  }
}

function damaged(paths: WorkspacePaths, reason: string): Pick<DoctorCheck, 'verdict' | 'value' | 'hint'> {
  return {
    verdict: 'problem',
    value: `${paths.database} is damaged: ${reason.split('\n')[0]}`,
    hint: 'End what uses it, then facet doctor --fix: it saves every row that can be read, fills in from the newest backup and the event files, and keeps the damaged file.',
  }
}

function wordHolder({ lock }: WorkspacePaths): string {
  const holder = readHolder(lock)
  if (holder) {
    return holder.host === hostname()
      ? `, held by ${holder.title} (process ${holder.pid})`
      : `, held by ${holder.title} (process ${holder.pid} on ${holder.host}; if nothing of Facet runs there any more, remove ${lock})`
  }
  return existsSync(lock) ? ', with the lock of a process that has ended, which whoever opens it next replaces' : ''
}

function checkBackups({ backups }: WorkspacePaths): DoctorCheck {
  const part = { name: 'backups', title: 'Backups' }
  const [newest, ...others] = listBackups(backups)
  return newest === undefined
    ? { ...part, verdict: 'absent', value: 'none; facet backup makes one' }
    : { ...part, verdict: 'ok', value: `${others.length + 1}, the newest ${basename(newest)}` }
}

/** Every run that is done has its artefact, as it was sealed. */
function checkArtefacts({ artefacts, bytes, bad, unrecorded }: Findings, { isThorough }: WorkspaceLook): DoctorCheck {
  const part = { name: 'artefacts', title: 'Artefacts' }
  if (bad.length > 0) {
    const first = bad.slice(0, 3).map(({ key, why }) => `${key.slice(0, 8)} (${why})`).join(', ')
    return { ...part, verdict: 'problem', value: `${bad.length} of ${artefacts} finished runs cannot use theirs: ${first}${bad.length > 3 ? ', ...' : ''}`, hint: `${repair} Their runs are queued, and the next facet run of their study computes them.` }
  }
  const whole = isThorough
    ? `all of ${wordMany(artefacts, 'finished run')} are there and as they were sealed (${wordBytes(bytes)} read)`
    : `all of ${wordMany(artefacts, 'finished run')} are there`
  return unrecorded.length > 0
    ? { ...part, verdict: 'ok', value: `${whole}; ${unrecorded.length} were sealed before checksums were kept`, hint: 'facet doctor --fix keeps theirs from now on.' }
    : { ...part, verdict: 'ok', value: whole }
}

/** Every data set's folder is where it was, and its labels are what was read. */
async function checkDatasets(db: Db, { packs }: Findings): Promise<DoctorCheck> {
  const datasets = await db.selectFrom('datasets').select(['name', 'root']).execute()
  const gone = datasets.filter(({ root }) => !existsSync(root))
  const part = { name: 'datasets', title: 'Data sets' }
  const wordGone = gone.length > 0 ? [`the folder is gone of ${gone.map(({ name, root }) => `${name} (${root})`).join(', ')}`] : []
  if (packs.length > 0)
    return { ...part, verdict: 'problem', value: [...packs.map(({ why }) => why), ...wordGone].join('; '), hint: `${repair} The next facet run reads the folder again.` }
  if (gone.length > 0)
    return { ...part, verdict: 'warning', value: wordGone.join(), hint: 'What is prepared stays usable; for new runs bring the folder back.' }
  return { ...part, verdict: 'ok', value: `${datasets.length} registered` }
}

/** What killed processes and lost databases leave behind. */
function checkLeftovers({ orphans, recoverable, temporaries }: Findings): DoctorCheck {
  const part = { name: 'leftovers', title: 'Leftovers' }
  const found = [
    ...orphans.length > 0 ? [`${wordMany(orphans.length, 'artefact')} of no run`] : [],
    ...temporaries.length > 0 ? [wordMany(temporaries.length, 'unfinished file')] : [],
  ]
  const known = recoverable.length > 0 ? `${wordMany(recoverable.length, 'entry', 'entries')} of runs that the database does not know; running their study again takes them up, facet gc removes them` : ''
  if (found.length > 0)
    return { ...part, verdict: 'warning', value: [found.join(' and '), known].filter(Boolean).join('; '), hint: 'facet doctor --fix moves them to the workspace\'s folder trash, and facet gc empties that.' }
  return { ...part, verdict: 'ok', value: known || 'none' }
}
