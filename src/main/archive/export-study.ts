import type { RunRow } from '../workspace/runs.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { ArchivedRun, ArchiveManifest } from './manifest.ts'
import type { TarEntry } from './tar.ts'
import type { DescribedTeachers } from './teachers.ts'
import { Buffer } from 'node:buffer'
import { createHash, hash } from 'node:crypto'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { Readable } from 'node:stream'
import { FacetError } from '#shared/errors.ts'
import { syncPath } from '#shared/files/durable.ts'
import { describeSealed, sha256Of } from '#shared/files/sealed.ts'
import { Order } from '#shared/order.ts'
import { RecipeState } from '#shared/provenance.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { ownText } from '../studies/own-text.ts'
import { listRuns, needsOf } from '../workspace/runs.ts'
import { listSavedTables } from '../workspace/saved-tables.ts'
import { artefactName, sealedFilesByArtefact } from '../workspace/sealed-files.ts'
import { requireStudy } from '../workspace/studies.ts'
import { ArchivedTable, archiveFormats, manifestName, packName, runFiles, sumName } from './manifest.ts'
import { writeTar } from './tar.ts'
import { describeTeachers } from './teachers.ts'

const partBytes = 1 << 20

export interface ExportedStudy {
  path: string
  bytes: number
  runs: number
  files: number
  /** What is not in it, though the study was computed with it. */
  notes: string[]
}

/**
 * Writes a study with its finished runs, their artefacts, curves and logs, the labels of its data sets, its
 * saved tables and the teachers that do not come with Facet, as one tar archive. The photographs are not in it. The archive appears under
 * its name only when it is whole and on the disk.
 *
 * @throws FacetError 'not-found' for an unknown study; 'conflict' where the file is there already, or an artefact is not what was
 *   sealed; 'disk' where the archive cannot be written
 */
export async function exportStudy(workspace: Pick<Workspace, 'db' | 'paths'>, name: string, path: string, facet: string): Promise<ExportedStudy> {
  if (existsSync(path))
    throw new FacetError('conflict', 'There is such a file already; an export replaces none.', { where: path, hint: 'Choose another name.' })
  const { manifest, teachers } = await describeStudy(workspace, name, facet)
  const head = Buffer.from(JSON.stringify(manifest))
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeWhole(path, [
      { name: manifestName, bytes: head.length, content: Readable.from([head]) },
      { name: sumName, bytes: 64, content: Readable.from([Buffer.from(hash('sha256', head, 'hex'))]) },
      ...manifest.files.map(file => ({ name: file.path, bytes: file.bytes, content: checked(teachers.sources.get(file.path) ?? join(workspace.paths.root, file.path), file.sha256) })),
    ])
  }
  catch (error) {
    throw isSystems(error) ? new FacetError('disk', `The archive could not be written (${error.message}).`, { where: path, hint: 'Choose another folder, or free some space.', cause: error }) : error
  }
  return { path, bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0), runs: manifest.runs.length, files: manifest.files.length, notes: teachers.notes }
}

async function writeWhole(path: string, files: Iterable<TarEntry>): Promise<void> {
  const temporary = `${path}.tmp-${process.pid}`
  try {
    await writeTar(temporary, files)
    await rename(temporary, path)
    syncPath(dirname(path))
  }
  finally {
    await rm(temporary, { force: true })
  }
}

/** Whether the system refused to read or write, rather than we. */
function isSystems(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error
}

/** A file's parts; its checksum has to come out at the end. */
async function* checked(path: string, sha256: string): AsyncGenerator<Buffer> {
  const found = createHash('sha256')
  try {
    for await (const part of createReadStream(path, { highWaterMark: partBytes }) as AsyncIterable<Buffer>) {
      found.update(part)
      yield part
    }
  }
  catch (error) {
    throw isSystems(error) ? new FacetError('conflict', `The file cannot be read (${error.message}); the study is not exported.`, { where: path, hint: 'facet doctor says what else is damaged.', cause: error }) : error
  }
  if (found.digest('hex') !== sha256)
    throw new FacetError('conflict', 'The file is not what was sealed; the study is not exported.', { where: path, hint: 'facet doctor --fix queues what is damaged, facet run computes it again.' })
}

async function describeStudy({ db, paths }: Pick<Workspace, 'db' | 'paths'>, name: string, facet: string): Promise<{ manifest: ArchiveManifest, teachers: DescribedTeachers }> {
  const row = await requireStudy(db, name)
  const detail = StudyDetail.parse(JSON.parse(row.detail))
  const rows = (await listRuns(db, { study: name, states: ['done'] })).filter(run => existsSync(paths.artefactPath(run.stage, run.key)))
  const needs = await needsOf(db, rows.map(run => run.key))
  const states = new RecipeStates(await provenanceOf({ db }, rows))
  const fingerprints = [...new Set(detail.datasets.map(({ fingerprint }) => fingerprint))]
  const sealed = await sealedFilesByArtefact(db)
  const files: ArchiveManifest['files'] = []
  for (const artefact of [...fingerprints.map(packName), ...rows.map(({ stage, key }) => artefactName(stage, key))]) {
    for (const file of sealed.get(artefact) ?? await describeSealed(join(paths.root, artefact)))
      files.push({ ...file, path: file.path === '.' ? artefact : `${artefact}/${file.path}` })
  }
  for (const { key } of rows)
    files.push(...await describeRunFolder(paths.runDir(key), `runs/${key}`))
  const teachers = await describeTeachers(paths.teachers, detail)
  files.push(...teachers.files)
  const datasets = await db.selectFrom('datasets').selectAll().where('fingerprint', 'in', fingerprints).execute()
  const manifest: ArchiveManifest = {
    format: archiveFormats.at(-1)!,
    facet,
    study: { name, recipe: ownText(row.recipe, detail), detail },
    datasets: datasets.map(({ name: called, fingerprint, format, root, options, summary, listing }) => ({ name: called, fingerprint, format, root, options: JSON.parse(options) as unknown, summary: JSON.parse(summary) as unknown, listing })),
    teachers: teachers.teachers,
    tables: (await listSavedTables(db, name)).map(table => ArchivedTable.parse({ name: table.name, selection: JSON.parse(table.selection) })),
    runs: rows.map(run => archiveRun(run, needs.get(run.key)!, states.of(run.key))),
    recipeStates: states.all,
    files,
  }
  return { manifest, teachers }
}

async function describeRunFolder(folder: string, name: string): Promise<ArchiveManifest['files']> {
  const files: ArchiveManifest['files'] = []
  for (const file of runFiles) {
    const path = join(folder, file)
    if (existsSync(path))
      files.push({ path: `${name}/${file}`, bytes: statSync(path).size, sha256: await sha256Of(path) })
  }
  return files
}

interface RunProvenance { run: string, device: string | null, state: string | null }

function provenanceOf({ db }: Pick<Workspace, 'db'>, rows: readonly RunRow[]): Promise<RunProvenance[]> {
  return db.selectFrom('run_provenance').leftJoin('recipe_states', 'recipe_states.id', 'run_provenance.recipe').select(['run', 'device', 'state']).where('run', 'in', rows.map(({ key }) => key)).execute()
}

/** States of recipe folders, each once: they hold patches. */
class RecipeStates {
  readonly all: RecipeState[] = []
  private readonly places = new Map<string, number>()
  private readonly byRun: Map<string, RunProvenance>

  constructor(provenance: readonly RunProvenance[]) {
    this.byRun = new Map(provenance.map(one => [one.run, one]))
  }

  of(run: string): Pick<ArchivedRun, 'device' | 'recipeState'> {
    const { device = null, state = null } = this.byRun.get(run) ?? {}
    if (state !== null && !this.places.has(state)) {
      this.places.set(state, this.all.length)
      this.all.push(RecipeState.parse(JSON.parse(state)))
    }
    return { device, recipeState: state === null ? null : this.places.get(state)! }
  }
}

const PlannedOrder = Order.omit({ runDir: true, threads: true })

function archiveRun(row: RunRow, needs: string[], provenance: Pick<ArchivedRun, 'device' | 'recipeState'>): ArchivedRun {
  const order = PlannedOrder.parse(JSON.parse(row.work_order))
  return {
    key: row.key,
    stage: row.stage,
    version: row.version,
    config: JSON.parse(row.config) as unknown,
    inputs: JSON.parse(row.inputs) as Record<string, unknown>,
    seed: row.seed,
    usesSeed: row.uses_seed === 1,
    usesAllCores: row.uses_all_cores === 1,
    label: row.label,
    needs,
    sources: order.sources.map(({ name, root, dataset, faces, embeddings, unlabelled }) => ({ name, root, fingerprint: keyIn(dataset), faces: faces && keyIn(faces), embeddings: embeddings && keyIn(embeddings), unlabelled })),
    teachers: order.teachers.map(({ name, sha256 }) => ({ name, sha256 })),
    combiner: order.combiner && keyIn(order.combiner),
    student: order.student && keyIn(order.student),
    ...order.nearCopies !== undefined && { nearCopies: order.nearCopies },
    ...order.candidates && { candidates: order.candidates.map(({ teacher, key }) => ({ teacher, key })) },
    ...order.selection && { selection: keyIn(order.selection) },
    ...provenance,
  }
}

/** The key that a workspace's path is made of. */
function keyIn(path: string): string {
  return basename(path, '.sqlite')
}
