import type { PlannedRun } from '../runner/planned-run.ts'
import type { Db } from '../workspace/database.ts'
import type { WorkspacePaths } from '../workspace/paths.ts'
import type { Trx } from '../workspace/runs.ts'
import type { ArchivedRun, ArchiveManifest } from './manifest.ts'
import { join } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { applyEvents, eventsPath, readEvents } from '../runner/follow.ts'
import { openDatabase } from '../workspace/database.ts'
import { migrate, readMigrations, shippedMigrations } from '../workspace/migrate.ts'
import { putProvenance, putRecipeState } from '../workspace/provenance.ts'
import { putPlannedRun, requireRun } from '../workspace/runs.ts'
import { artefactName, putSealedFiles } from '../workspace/sealed-files.ts'
import { createTurns } from './turns.ts'

/** What is read of an event file before others may have their turn. */
const chunkBytes = 1 << 18

/**
 * Reads what became of an archive's runs from their event files into a database of its own beside them, in turns: days of metrics
 * take long, and only what is whole goes on from there (take-runs.ts).
 *
 * @returns its path
 * @throws FacetError 'bad-input' where a run was not finished
 */
export async function readRuns(paths: WorkspacePaths, staged: string, manifest: Pick<ArchiveManifest, 'recipeStates' | 'files'> & { runs: readonly ArchivedRun[] }, teachers: ReadonlyMap<string, string>): Promise<string> {
  const path = join(staged, 'runs.sqlite')
  const { db, connection } = openDatabase(path, { journal: 'delete' })
  try {
    connection.pragma('synchronous = off') // whatever stops this begins anew
    migrate(connection, readMigrations(shippedMigrations), { where: path, backups: staged })
    const turn = createTurns()
    for (const [position, run] of manifest.runs.entries()) {
      await db.transaction().execute(trx => putPlannedRun(trx, plannedRun(run, paths, teachers), { position, now: Date.now() }))
      await readEventsOf(db, run.key, eventsPath(join(staged, 'runs', run.key)), turn)
      if ((await requireRun(db, run.key)).state !== 'done')
        throw new FacetError('bad-input', `The archive's events of "${run.label}" do not say that it was finished.`)
      await db.transaction().execute(trx => putOrigin(trx, run, manifest))
    }
  }
  finally {
    await db.destroy()
    connection.close()
  }
  return path
}

async function readEventsOf(db: Db, key: string, path: string, turn: () => Promise<void>): Promise<void> {
  for (;;) {
    const row = await requireRun(db, key)
    const chunk = readEvents(path, row.events_offset, chunkBytes)
    if (chunk.offset === row.events_offset)
      return
    await db.transaction().execute(trx => applyEvents(trx, row, chunk))
    await turn()
  }
}

/** What the manifest knows of a run beside its events: checksums, recipe's folder, device. */
async function putOrigin(trx: Trx, { key, stage, recipeState, device }: ArchivedRun, { recipeStates, files }: Pick<ArchiveManifest, 'recipeStates' | 'files'>): Promise<void> {
  const artefact = artefactName(stage, key)
  await putSealedFiles(trx, artefact, files.filter(({ path }) => path === artefact || path.startsWith(`${artefact}/`)).map(file => ({ ...file, path: file.path === artefact ? '.' : file.path.slice(artefact.length + 1) })))
  if (recipeState !== null && recipeStates[recipeState])
    await putRecipeState(trx, [key], recipeStates[recipeState]!)
  await putProvenance(trx, key, { device })
}

function plannedRun({ sources, teachers, combiner, student, candidates, nearCopies, selection, device: _device, recipeState: _state, ...run }: ArchivedRun, paths: WorkspacePaths, manifests: ReadonlyMap<string, string>): PlannedRun {
  return {
    ...run,
    config: run.config,
    order: {
      key: run.key,
      stage: run.stage,
      version: run.version,
      config: run.config,
      seed: run.seed,
      artefact: paths.artefactPath(run.stage, run.key),
      sources: sources.map(({ name, root, fingerprint, faces, embeddings, unlabelled }) => ({
        name,
        root,
        dataset: paths.datasetPath(fingerprint),
        faces: faces && paths.facesPath(faces),
        embeddings: embeddings && paths.embeddingsPath(embeddings),
        unlabelled,
      })),
      teachers: teachers.map(({ name, sha256 }) => ({ name, sha256, manifest: manifests.get(name) ?? join(paths.teachers, `${name}.yaml`) })),
      combiner: combiner && paths.modelPath(combiner),
      student: student && paths.modelPath(student),
      ...candidates && { candidates },
      ...nearCopies !== undefined && { nearCopies },
      ...selection && { selection: paths.modelPath(selection) },
    },
  }
}
