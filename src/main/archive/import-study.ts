import type { RunState } from '#shared/order.ts'
import type { Core } from '../core.ts'
import type { Db } from '../workspace/database.ts'
import type { WorkspacePaths } from '../workspace/paths.ts'
import type { Trx } from '../workspace/runs.ts'
import type { StudyRow } from '../workspace/studies.ts'
import type { ArchiveManifest } from './manifest.ts'
import type { TakenTables } from './saved-tables.ts'
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
import { canonicalJson } from '../studies/keys.ts'
import { ownText } from '../studies/own-text.ts'
import { findRecipeFile } from '../studies/recipe-files.ts'
import { listTeachers } from '../teachers/registry.ts'
import { findDataset, putDataset } from '../workspace/datasets.ts'
import { whyNoPack } from '../workspace/examine.ts'
import { artefactName } from '../workspace/sealed-files.ts'
import { findStudy, putStudy, setStudyRuns } from '../workspace/studies.ts'
import { packName } from './manifest.ts'
import { compareExisting, placeFiles } from './place-files.ts'
import { readRuns } from './read-runs.ts'
import { checkTables, takeInTables } from './saved-tables.ts'
import { withRead } from './take-runs.ts'
import { checkTeachers, findNewTeachers } from './teachers.ts'
import { createTurns } from './turns.ts'
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
 * Takes an archive of a study in, whole or not at all: everything is unpacked beside and checked, then moved to its place and
 * recorded, while no run starts. The host goes on answering. What is here already with the same content stays.
 *
 * @throws FacetError as openArchive does; 'conflict' where a study, run, artefact or teacher of the same name is another one here; 'disk'
 *   where there is no room
 */
export async function importStudy(core: Core, path: string, as?: string): Promise<ImportedStudy> {
  const { workspace: { paths } } = core
  const staged = join(paths.root, `import-${++count}.tmp-${process.pid}`)
  rmSync(staged, { recursive: true, force: true }) // of a killed host: in a container the next one may have its number
  const archive = await openArchive(path, staged)
  try {
    const manifest = renamed(archive.manifest, as)
    checkTables(manifest.tables, path)
    refuseTooLarge(core, manifest)
    const states = await statesHere(core, manifest)
    const known = await knownRuns(core, manifest, states)
    await findSameStudy(core.workspace.db, paths, manifest.study)
    const newTeachers = await findNewTeachers(paths.teachers, manifest.teachers)
    await archive.unpack()
    await checkPacks(staged, manifest, path)
    await checkTeachers(core.inspector, staged, newTeachers, path)
    const teachers = new Map([...await listTeachers(paths.teachers), ...newTeachers.map(({ name }) => ({ name, manifest: join(paths.teachers, name, `${name}.yaml`) }))].map(({ name, manifest: file }) => [name, file]))
    const read = await readRuns(paths, staged, { ...manifest, runs: manifest.runs.filter(({ key }) => !known.has(key)) }, teachers)
    return await core.runner.hold(async (isAtWork) => {
      const now = await statesHere(core, manifest)
      for (const { key, label } of manifest.runs) {
        if (now.get(key) !== states.get(key) || (!known.has(key) && isAtWork(key)))
          throw new FacetError('conflict', `The run "${label}" was taken up here while the archive was read.`, { where: key, hint: 'Import the study when it is done, or stop it.' })
      }
      const unpacked = { staged, manifest: { ...manifest, teachers: await findNewTeachers(paths.teachers, newTeachers) }, known, read }
      return report(core, unpacked, await record(core, unpacked), teachers)
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
  const turn = createTurns()
  for (const { name, fingerprint } of study.detail.datasets) {
    const path = join(staged, packName(fingerprint))
    const why = await whyNoPack(path, fingerprint)
    if (why !== null)
      throw new FacetError('bad-input', `The archive's labels of "${name}" cannot be used: ${why}.`)
    const pack = openDataset(path)
    try {
      for (let index = 0; index < pack.count; index++) {
        await turn()
        fileWithin(pack.meta.root, pack.sample(index).path, { what: `The photograph of "${name}"`, where, hint: 'Make the archive again with facet study export.' })
      }
    }
    finally {
      pack.close()
    }
  }
}

interface Unpacked {
  staged: string
  manifest: ArchiveManifest
  known: ReadonlySet<string>
  /** The database of those that are not known. */
  read: string
}

interface Recorded { here: StudyRow | undefined, added: string[], others: string[], tables: TakenTables, moved: number }

/**
 * Runs become visible in turns, each of them whole, then the study, and with it its recipe's file gets its place. What fails undoes
 * all of it; what is killed leaves runs that gc removes and that the next import finds done.
 */
function record({ workspace: { db, paths } }: Core, { staged, manifest, known, read }: Unpacked): Promise<Recorded> {
  return withRead(db, read, async ({ takeNew, takeAgain, undo }) => {
    const { study, runs, datasets, tables } = manifest
    const placed = placeFiles(paths, staged, manifest, known)
    try {
      writeDurably(join(staged, 'recipe.yaml'), study.recipe)
      await takeNew()
      return await db.transaction().execute(async (trx) => {
        await takeAgain(trx)
        const here = await findSameStudy(trx, paths, study)
        if (here === undefined) {
          await putStudy(trx, { name: study.name, recipe: study.recipe, detail: { ...study.detail, command: { path: paths.recipePath(study.name), set: [] } } }, Date.now())
          await setStudyRuns(trx, study.name, runs.map(({ key }) => key))
        }
        const { added, others } = await takeInDatasets(trx, datasets)
        const taken = await takeInTables(trx, study.name, tables)
        if (here === undefined && !existsSync(paths.recipePath(study.name)))
          placed.move(join(staged, 'recipe.yaml'), paths.recipePath(study.name))
        return { here, added, others, tables: taken, moved: placed.count() }
      })
    }
    catch (error) {
      await undo() // first: a run that cannot be forgotten keeps its files
      placed.undo()
      throw error
    }
  })
}

function report({ emit, workspace: { paths } }: Core, { manifest: { study, runs, teachers: newTeachers }, known }: Unpacked, { here, added, others, tables, moved }: Recorded, teachers: ReadonlyMap<string, string>): ImportedStudy {
  const notes = others.map(name => `The data set "${name}" of this workspace is another one; it stays until the study is planned, which reads the folder that its recipe names.`)
  notes.push(...tables.others.map(name => `The saved table "${name}" of this workspace is another one; the archive's is left out.`))
  const missing = study.detail.teachers.filter(({ name }) => !teachers.has(name))
  if (missing.length > 0)
    notes.push(`This workspace has no teacher ${missing.map(({ name }) => name).join(', ')}: facet teacher add MANIFEST, before the study is planned.`)
  if (here && known.size === runs.length && added.length === 0 && tables.added.length === 0 && moved === 0)
    notes.push('All of it was here already: nothing has changed.')
  for (const { name } of newTeachers)
    emit('teachers.changed', { name })
  for (const name of tables.added)
    emit('tables.changed', { name })
  emit('studies.changed', { name: study.name })
  return { study: study.name, runs: runs.length - known.size, known: known.size, recipe: recipeOf(paths, study.name, here), notes }
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
