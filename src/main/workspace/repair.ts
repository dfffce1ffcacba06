import type { BadArtefact, Findings } from './examine.ts'
import type { Leftover } from './leftovers.ts'
import type { RunRow } from './runs.ts'
import type { Trash } from './trash.ts'
import type { Workspace } from './workspace.ts'
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { describeSealed } from '#shared/files/sealed.ts'
import { wordMany } from '#shared/words.ts'
import { moveRun, nextPosition, requireRun } from './runs.ts'
import { artefactName, forgetSealedFiles, putSealedFiles } from './sealed-files.ts'
import { createTrash } from './trash.ts'

/** What was done, a sentence each, and the runs that are to be computed again. */
export interface Repaired { said: string[], requeued: RunRow[] }

/**
 * Repairs what can be without losing anything: nothing is deleted, what is damaged or nobody's goes to the trash folder, and runs
 * that lost their artefact are queued, so that the next `facet run` of their study computes them.
 */
export async function repairFiles(workspace: Pick<Workspace, 'db' | 'paths'>, findings: Findings): Promise<Repaired> {
  const { db, paths } = workspace
  const trash = createTrash(paths)
  const said: string[] = []
  const requeued: RunRow[] = []
  for (const bad of findings.bad) {
    const row = await requeue(workspace, bad, trash)
    if (row) {
      requeued.push(row)
      said.push(`${bad.label}: ${bad.why}; it is queued again, and the next facet run of its study computes it.`)
    }
  }
  for (const { path, why } of findings.packs) {
    if (existsSync(path))
      trash.put(path)
    said.push(`${why}; the next facet run of a study that uses it reads its folder again.`)
  }
  for (const { name, path } of findings.unrecorded)
    await putSealedFiles(db, name, await describeSealed(path))
  if (findings.unrecorded.length > 0)
    said.push(`The checksums of ${wordMany(findings.unrecorded.length, 'artefact')} that were sealed before checksums were kept are kept from now on.`)
  said.push(...setAside(paths.root, [...findings.orphans, ...findings.temporaries], trash))
  return { said, requeued }
}

async function requeue({ db }: Pick<Workspace, 'db'>, { key, stage, path }: BadArtefact, trash: Trash): Promise<RunRow | null> {
  if ((await requireRun(db, key)).state !== 'done')
    return null // somebody asked for it meanwhile
  if (existsSync(path))
    trash.put(path)
  return db.transaction().execute(async (trx) => {
    await forgetSealedFiles(trx, artefactName(stage, key))
    return moveRun(trx, key, 'queued', {
      now: Date.now(),
      set: { position: await nextPosition(trx), queued_at_ms: Date.now(), progress_done: null, progress_total: null, per_second: null, duration_ms: null },
    })
  })
}

function setAside(root: string, leftovers: readonly Leftover[], trash: Trash): string[] {
  return leftovers.filter(({ path }) => existsSync(path)).map(({ path, why }) => {
    const target = trash.put(path)
    return `${relative(root, path)} is now ${relative(root, target)}: ${why}.`
  })
}
