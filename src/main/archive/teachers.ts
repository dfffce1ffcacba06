import type { Teacher } from '#shared/files/teacher.ts'
import type { SealedFile } from '#shared/sealed-file.ts'
import type { StudyDetail } from '#shared/study-detail.ts'
import type { Inspector } from '../runner/inspector.ts'
import type { ArchiveManifest } from './manifest.ts'
import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { listTree } from '#shared/files/durable.ts'
import { sha256Of } from '#shared/files/sealed.ts'
import { modelFiles, readTeacher } from '#shared/files/teacher.ts'
import { listTeachers } from '../teachers/registry.ts'

type ArchivedTeachers = ArchiveManifest['teachers']

export interface DescribedTeachers {
  teachers: ArchivedTeachers
  files: SealedFile[]
  /** Where the files are, by their paths in the archive. */
  sources: Map<string, string>
  /** Teachers that are not what the study was planned with. */
  notes: string[]
}

/** A study's teachers that do not come with Facet, each with its manifest and its model's files. */
export async function describeTeachers(folder: string, study: StudyDetail): Promise<DescribedTeachers> {
  const described: DescribedTeachers = { teachers: [], files: [], sources: new Map(), notes: [] }
  const here = await listTeachers(folder, { anew: true })
  for (const { name, sha256 } of study.teachers) {
    const entry = here.find(one => one.name === name)
    if (entry?.origin === 'built-in')
      continue
    if (entry?.sha256 !== sha256) {
      described.notes.push(`The teacher "${name}" is not in the archive: ${entry?.problem ?? (entry ? 'it has changed since the study was planned' : 'it was removed')}.`)
      continue
    }
    described.teachers.push({ name, sha256 })
    for (const [path, source] of filesOf(readTeacher(entry.manifest))) {
      described.files.push({ path, bytes: statSync(source).size, sha256: await sha256Of(source) })
      described.sources.set(path, source)
    }
  }
  return described
}

/** A teacher's files by their names in an archive and in a workspace: teachers/NAME/NAME.yaml, its model beside it. */
function filesOf({ manifest, path, model }: Teacher): Map<string, string> {
  const folder = `teachers/${manifest.name}`
  const own = manifest.source.kind === 'file' ? modelFiles(manifest, model) : []
  return new Map([[`${folder}/${manifest.name}.yaml`, path], ...own.map((file): [string, string] => [`${folder}/${relative(dirname(path), file)}`, file])])
}

/** Teachers of an archive that a workspace has not. @throws FacetError 'conflict' where a name is another teacher's */
export async function findNewTeachers(folder: string, archived: ArchivedTeachers): Promise<ArchivedTeachers> {
  const here = await listTeachers(folder, { anew: true })
  return archived.filter(({ name, sha256 }) => {
    const entry = here.find(one => one.name === name)
    if (entry?.sha256 === sha256)
      return false
    if (entry || existsSync(join(folder, name)))
      throw new FacetError('conflict', `There is a teacher "${name}" here already${entry ? ` (${entry.origin})` : ''}, and it is another one than the archive's.`, { where: entry?.manifest ?? join(folder, name), hint: 'Runs know a teacher by its name: remove the one that is here, or import the study into another workspace.' })
    return true
  })
}

/**
 * Looks at teachers that were unpacked as at those that are added: manifest, files, sums, ops that reach outside the graph, and that
 * the model gives what the manifest says.
 *
 * @throws FacetError 'bad-input' for anything that is not right; 'engine' where none is there to look with
 */
export async function checkTeachers(inspector: Inspector, staged: string, teachers: ArchivedTeachers, where: string): Promise<void> {
  for (const { name, sha256 } of teachers) {
    const refuse = (why: string, cause?: unknown): FacetError => new FacetError('bad-input', `The archive's teacher "${name}" cannot be used: ${why}`, { where, hint: 'Export the study again where the teacher is.', cause })
    const folder = join(staged, 'teachers', name)
    try {
      const teacher = readTeacher(join(folder, `${name}.yaml`))
      if (teacher.manifest.name !== name || teacher.sha256 !== sha256)
        throw refuse('it is not the one that the study was computed with.')
      const own = new Set(filesOf(teacher).values())
      const stray = listTree(folder).find(({ path }) => !own.has(path))
      if (stray)
        throw refuse(`${relative(folder, stray.path)} is no file of it.`)
      await inspector.ask('probeTeacher', { model: teacher.model, manifest: teacher.manifest })
    }
    catch (error) {
      if (error instanceof FacetError && error.code !== 'engine' && error.where !== where)
        throw refuse(error.message, error)
      throw error
    }
  }
}
