import type { RunState } from '#shared/order.ts'
import type { Core } from '../core.ts'
import type { PlannedRun } from '../runner/planned-run.ts'
import type { Db } from '../workspace/database.ts'
import type { WorkspacePaths } from '../workspace/paths.ts'
import type { RunRow, Trx } from '../workspace/runs.ts'
import type { StudyRow } from '../workspace/studies.ts'
import type { ArchivedRun, ArchiveManifest } from './manifest.ts'
import type { Placed } from './place-files.ts'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { missingRoom } from '#shared/disk-budget.ts'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { writeDurably } from '#shared/files/durable.ts'
import { fileWithin } from '#shared/files/within.ts'
import { setField } from '#shared/recipe-edit/edit-text.ts'
import { activeStates } from '#shared/run-states.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { wordBytes } from '#shared/words.ts'
import { applyEvents, eventsPath, readEvents } from '../runner/follow.ts'
import { canonicalJson } from '../studies/keys.ts'
import { ownText } from '../studies/own-text.ts'
import { findRecipeFile } from '../studies/recipe-files.ts'
import { listTeachers } from '../teachers/registry.ts'
import { findDataset, putDataset } from '../workspace/datasets.ts'
import { whyNoPack } from '../workspace/examine.ts'
import { putProvenance, putRecipeState } from '../workspace/provenance.ts'
import { moveRun, nextPosition, putPlannedRun } from '../workspace/runs.ts'
import { artefactName, putSealedFiles } from '../workspace/sealed-files.ts'
import { findStudy, putStudy, setStudyRuns } from '../workspace/studies.ts'
import { packName } from './manifest.ts'
import { compareExisting, placeFiles } from './place-files.ts'
import { openArchive } from './unpack.ts'

export interface ImportedStudy {
  study: string
  /** Runs that were taken in, and those that were here already. */
  runs: number
  known: number
  /** Where its recipe is now. */
  recipe: string
  notes: string[]
}

let count = 0

/**
 * Takes an archive of a study in, whole or not at all: everything is unpacked beside, checked, moved to its place, and becomes
 * visible with one transaction. What is here already with the same content stays.
 *
 * @throws FacetError as openArchive does; 'conflict' where a study, run or artefact of the same name is another one here; 'disk'
 *   where there is no room
 */
export async function importStudy(core: Core, path: string, as?: string): Promise<ImportedStudy> {
  const { workspace: { paths } } = core
  const staged = join(paths.root, `import-${++count}.tmp-${process.pid}`)
  const archive = await openArchive(path, staged)
  try {
    const manifest = renamed(archive.manifest, as)
    refuseTooLarge(core, manifest)
    const states = await statesHere(core, manifest)
    const known = await knownRuns(core, manifest, states)
    await findSameStudy(core.workspace.db, paths, manifest.study)
    await archive.unpack()
    await checkPacks(staged, manifest, path)
    return await core.runner.hold(async (isAtWork) => {
      const now = await statesHere(core, manifest)
      for (const { key, label } of manifest.runs) {
        if (now.get(key) !== states.get(key) || (!known.has(key) && isAtWork(key)))
          throw new FacetError('conflict', `The run "${label}" was taken up here while the archive was read.`, { where: key, hint: 'Import the study when it is done, or stop it.' })
      }
      const placed = await placeFiles(paths, staged, manifest, known)
      try {
        return await record(core, { staged, placed, manifest, known })
      }
      catch (error) {
        placed.undo()
        throw error
      }
    })
  }
  finally {
    rmSync(staged, { recursive: true, force: true })
    await archive.close()
  }
}

/** The study under the name that it gets here; its recipe lies in this workspace from now on. */
function renamed(manifest: ArchiveManifest, as: string = manifest.study.name): ArchiveManifest {
  const { recipe, detail } = manifest.study
  return { ...manifest, study: { name: as, recipe: as === detail.recipe.study ? recipe : setField(recipe, ['study'], as), detail: { ...detail, recipe: { ...detail.recipe, study: as } } } }
}

function refuseTooLarge({ freeBytes, workspace: { paths } }: Core, { files }: ArchiveManifest): void {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const missing = missingRoom({ bytes, freeBytes: freeBytes() })
  if (missing > 0)
    throw new FacetError('disk', `The study has ${wordBytes(bytes)}; ${wordBytes(missing)} are missing on the disk.`, { where: paths.root, hint: 'Free some space; facet gc lists what can go.' })
}

/** The states of the archive's runs that are here already. */
async function statesHere({ workspace: { db } }: Core, { runs }: ArchiveManifest): Promise<Map<string, RunState>> {
  const keys = new Set(runs.map(({ key }) => key))
  const rows = await db.selectFrom('runs').select(['key', 'state']).execute()
  return new Map(rows.filter(({ key }) => keys.has(key)).map(({ key, state }) => [key, state]))
}

/** Runs of the archive that are done here with the same artefact. @throws FacetError 'conflict' for one at work, or with another artefact */
async function knownRuns({ workspace: { paths } }: Core, { runs, files }: ArchiveManifest, states: ReadonlyMap<string, RunState>): Promise<Set<string>> {
  const known = new Set<string>()
  for (const { key, stage, label } of runs) {
    const state = states.get(key)
    if (state !== undefined && activeStates.includes(state))
      throw new FacetError('conflict', `The run "${label}" is at work here.`, { where: key, hint: 'Import the study when it is done, or stop it.' })
    const is = await compareExisting(paths, artefactName(stage, key), files)
    if (is === 'other')
      throw new FacetError('conflict', `The run "${label}" is here already, and its artefact is another one than the archive's.`, { where: paths.artefactPath(stage, key), hint: 'Computed twice with other threads, engine or device, bits differ. Keep one: delete the study here and run facet gc --yes, or leave the archive.' })
    if (state === 'done' && is === 'same')
      known.add(key)
  }
  return known
}

/**
 * The archive's study as it is here already, if it is; a recipe that was edited since stays as it is. What was given beside the
 * recipe (--set, --seeds, the folder of relative paths) is part of an archive's recipe, so it is of this one's too.
 *
 * @throws FacetError 'conflict' where the name is another study's
 */
async function findSameStudy(db: Db | Trx, paths: WorkspacePaths, { name, recipe, detail }: ArchiveManifest['study']): Promise<StudyRow | undefined> {
  const row = await findStudy(db, name)
  const another = (why: string): FacetError => new FacetError('conflict', `There is a study "${name}" already, and it is another one: ${why}.`, { hint: 'Import it under another name: --as NAME.' })
  if (row === undefined) {
    const file = findRecipeFile(paths, name)
    if (file !== null && file.text !== recipe)
      throw another('its recipe differs')
    return
  }
  const here = StudyDetail.safeParse(JSON.parse(row.detail)).data
  if (here === undefined)
    throw another('another version of Facet has planned it')
  if (ownText(row.recipe, here) !== recipe)
    throw another('its recipe differs')
  if (whatFills(here) !== whatFills(detail))
    throw another('of the same recipe, it has other runs (other photographs, teachers or another version of Facet)')
  return row
}

/** Which runs fill which cells: what a study's tables are made of. */
function whatFills({ cells, faces, reconstructions }: StudyDetail): string {
  return canonicalJson({ cells, faces, reconstructions })
}

/** The labels are what their fingerprints say, and their photographs lie below the data set's folder. */
async function checkPacks(staged: string, { study }: ArchiveManifest, where: string): Promise<void> {
  for (const { name, fingerprint } of study.detail.datasets) {
    const path = join(staged, packName(fingerprint))
    const why = await whyNoPack(path, fingerprint)
    if (why !== null)
      throw new FacetError('bad-input', `The archive's labels of "${name}" cannot be used: ${why}.`)
    const pack = openDataset(path)
    try {
      for (const sample of pack.samples())
        fileWithin(pack.meta.root, sample.path, { what: `The photograph of "${name}"`, where, hint: 'Make the archive again with facet study export.' })
    }
    finally {
      pack.close()
    }
  }
}

interface Unpacked { staged: string, placed: Placed, manifest: ArchiveManifest, known: ReadonlySet<string> }

/** Everything becomes visible at once: the recipe's file is the last to get its place, and goes back where the rest is not kept. */
async function record({ workspace: { db, paths }, emit }: Core, { staged, placed, manifest, known }: Unpacked): Promise<ImportedStudy> {
  const { study, runs, datasets, recipeStates, files } = manifest
  const fresh = runs.filter(({ key }) => !known.has(key))
  const teachers = new Map((await listTeachers(paths.teachers)).map(teacher => [teacher.name, teacher.manifest]))
  writeDurably(join(staged, 'recipe.yaml'), study.recipe)
  const { here, others, added } = await db.transaction().execute(async (trx) => {
    let position = await nextPosition(trx)
    for (const run of fresh) {
      await resetRun(trx, await putPlannedRun(trx, plannedRun(run, paths, teachers), { position: position++, now: Date.now() }))
      const row = await takeInEvents(trx, run.key, eventsPath(paths.runDir(run.key)))
      if (row.state !== 'done')
        throw new FacetError('bad-input', `The archive's events of "${run.label}" do not say that it was finished.`)
      const artefact = artefactName(run.stage, run.key)
      await putSealedFiles(trx, artefact, files.filter(({ path }) => path === artefact || path.startsWith(`${artefact}/`)).map(file => ({ ...file, path: file.path === artefact ? '.' : file.path.slice(artefact.length + 1) })))
      if (run.recipeState !== null && recipeStates[run.recipeState])
        await putRecipeState(trx, [run.key], recipeStates[run.recipeState]!)
      await putProvenance(trx, run.key, { device: run.device })
    }
    const here = await findSameStudy(trx, paths, study)
    const { others, added } = await takeInDatasets(trx, datasets)
    if (here === undefined) {
      await putStudy(trx, { name: study.name, recipe: study.recipe, detail: { ...study.detail, command: { path: paths.recipePath(study.name), set: [] } } }, Date.now())
      await setStudyRuns(trx, study.name, runs.map(({ key }) => key))
      if (!existsSync(paths.recipePath(study.name)))
        placed.move(join(staged, 'recipe.yaml'), paths.recipePath(study.name))
    }
    return { here, others, added }
  })
  const notes = others.map(name => `The data set "${name}" of this workspace is another one; it stays until the study is planned, which reads the folder that its recipe names.`)
  const missing = study.detail.teachers.filter(({ name }) => !teachers.has(name))
  if (missing.length > 0)
    notes.push(`This workspace has no teacher ${missing.map(({ name }) => name).join(', ')}: facet teacher add MANIFEST, before the study is planned.`)
  if (here && fresh.length === 0 && added.length === 0 && placed.count() === 0)
    notes.push('All of it was here already: nothing has changed.')
  emit('studies.changed', { name: study.name })
  return { study: study.name, runs: fresh.length, known: known.size, recipe: recipeOf(paths, study.name, here), notes }
}

/** Takes in the data sets whose names are free; `others` are those whose names are taken by other ones. */
async function takeInDatasets(trx: Trx, datasets: ArchiveManifest['datasets']): Promise<{ added: string[], others: string[] }> {
  const added: string[] = []
  const others: string[] = []
  for (const dataset of datasets) {
    const known = await findDataset(trx, dataset.name)
    if (known === null) {
      await putDataset(trx, { ...dataset, listing: dataset.listing ?? '' }, Date.now())
      added.push(dataset.name)
    }
    else if (known.fingerprint !== dataset.fingerprint) {
      others.push(dataset.name)
    }
  }
  return { added, others }
}

/** Where the recipe of a study is: in this workspace, or where it was run from. */
function recipeOf(paths: WorkspacePaths, name: string, row: StudyRow | undefined): string {
  return row === undefined || existsSync(paths.recipePath(name)) ? paths.recipePath(name) : StudyDetail.parse(JSON.parse(row.detail)).command.path
}

/** A run that was left unfinished here, or lost its artefact: the archive's events tell all of it, so it begins anew. */
async function resetRun(trx: Trx, row: RunRow): Promise<void> {
  await trx.deleteFrom('curves').where('run', '=', row.key).execute()
  if (row.state !== 'queued')
    await moveRun(trx, row.key, 'queued', { now: Date.now() }) // refuses one that has begun to work meanwhile
  await trx.updateTable('runs').set({ events_offset: 0, last_seq: -1, duration_ms: null }).where('key', '=', row.key).execute()
}

async function takeInEvents(trx: Trx, key: string, path: string): Promise<RunRow> {
  for (;;) {
    const row = await trx.selectFrom('runs').selectAll().where('key', '=', key).executeTakeFirstOrThrow()
    const chunk = readEvents(path, row.events_offset)
    if (chunk.offset === row.events_offset)
      return row
    await applyEvents(trx, row, chunk)
  }
}

function plannedRun({ sources, teachers, combiner, student, device: _device, recipeState: _state, ...run }: ArchivedRun, paths: WorkspacePaths, manifests: ReadonlyMap<string, string>): PlannedRun {
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
    },
  }
}
