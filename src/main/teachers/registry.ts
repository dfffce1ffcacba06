import type { Teacher } from '#shared/files/teacher.ts'
import type { TeacherManifest } from '#shared/manifest.ts'
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { FacetError, toProblem, wordProblem } from '#shared/errors.ts'
import { hashFiles, modelFiles, parseManifest, readTeacher } from '#shared/files/teacher.ts'
import { suggestName } from '#shared/nearest.ts'
import { packageRoot } from '../node-binary.ts'

/** A teacher that can be named, or a manifest with the reason why it cannot. */
export interface TeacherEntry {
  name: string
  title: string
  knowledge: string
  dimension: number
  licence: string
  origin: 'built-in' | 'workspace'
  /** Absolute path of the YAML manifest. */
  manifest: string
  contaminates: string[]
  /** Of the manifest and its files; empty where `problem` says why not. */
  sha256: string
  problem: string | null
}

const builtIn = join(packageRoot, 'resources', 'teachers')

/** Manifests of a folder: NAME.yaml, and NAME/NAME.yaml with its model files beside it. */
function manifestsIn(folder: string): string[] {
  if (!existsSync(folder))
    return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isFile() && /\.ya?ml$/.test(entry.name)) {
      return [
        join(folder, entry.name),
      ]
    }
    const inside = join(folder, entry.name, `${entry.name}.yaml`)
    return entry.isDirectory() && existsSync(inside)
      ? [inside]
      : []
  }).sort()
}

/** Sums of model files by the first of them, with the sizes and times of all that they were taken at. */
const sums = new Map<string, { stamp: string, sum: string }>()

/** The sum of files, taken anew where one has another size or time: models are large, and lists of teachers are asked for often. */
function rememberedSum(files: readonly string[]): string {
  const stamp = JSON.stringify(files.map((file) => {
    const stat = statSync(file, { throwIfNoEntry: false })
    return [file, stat?.size, stat?.mtimeMs]
  }))
  const known = sums.get(files[0]!)
  if (known?.stamp === stamp)
    return known.sum
  const sum = hashFiles(files)
  sums.set(files[0]!, { stamp, sum })
  return sum
}

function entryOf(manifest: string, origin: TeacherEntry['origin'], sum: typeof hashFiles): TeacherEntry {
  const nothing = {
    title: '',
    knowledge: '',
    dimension: 0,
    licence: '',
    contaminates: [],
    sha256: '',
  }
  let parsed: TeacherManifest | undefined
  try {
    parsed = parseManifest(manifest)
    const { sha256 } = readTeacher(manifest, sum)
    return {
      ...described(parsed),
      origin,
      manifest,
      sha256,
      problem: null,
    }
  }
  catch (error) {
    return {
      ...nothing,
      name: basename(manifest).replace(/\.ya?ml$/, ''),
      ...parsed && described(parsed),
      origin,
      manifest,
      problem: wordProblem(toProblem(error)),
    }
  }
}

function described({ name, title, knowledge, embedding, licence, contaminates }: TeacherManifest): Pick<TeacherEntry, 'name' | 'title' | 'knowledge' | 'dimension' | 'licence' | 'contaminates'> {
  return {
    name,
    title,
    knowledge,
    dimension: embedding.dimension,
    licence,
    contaminates,
  }
}

/**
 * Every teacher that a recipe can name: the built-in ones, then those of the workspace. Files are checked against their sums;
 * one that does not fit stays in the list with its problem.
 *
 * @param folder          the workspace's teachers folder; need not exist
 * @param options
 * @param options.anew    reads every file, also those whose size and time are as they were
 */
export async function listTeachers(folder: string, { anew = false }: { anew?: boolean } = {}): Promise<TeacherEntry[]> {
  const sum = anew ? hashFiles : rememberedSum
  return [
    ...manifestsIn(builtIn).map(path => entryOf(path, 'built-in', sum)),
    ...manifestsIn(folder).map(path => entryOf(path, 'workspace', sum)),
  ]
}

/** Names of all teachers, by the names of their manifests: no file is checked, so it may be asked at every key press. */
export function listTeacherNames(folder: string): string[] {
  return [...manifestsIn(builtIn), ...manifestsIn(folder)].map(path => basename(path).replace(/\.ya?ml$/, ''))
}

/** The teacher of this name. Throws a FacetError that suggests the nearest name, or says what is wrong with it. */
export async function requireTeacher(folder: string, name: string): Promise<TeacherEntry> {
  const known = await listTeachers(folder, { anew: true })
  const teacher = known.find(each => each.name === name)
  if (!teacher) {
    throw new FacetError('not-found', `There is no teacher "${name}".`, {
      hint: suggestName(name, known.map(each => each.name)),
    })
  }
  if (teacher.problem)
    throw new FacetError('bad-input', `Teacher "${name}" cannot be used: ${teacher.problem}`, { where: teacher.manifest })
  return teacher
}

/**
 * Adds a teacher to the workspace: its manifest and, for a `file` source, its model files are copied to teachers/NAME/.
 * Throws a FacetError where the manifest or its files are not right, or the name is taken.
 */
export async function addTeacher(folder: string, manifestPath: string): Promise<TeacherManifest> {
  const teacher = readTeacher(manifestPath)
  const { name } = teacher.manifest
  const taken = (await listTeachers(folder)).find(each => each.name === name)
  if (taken)
    throw new FacetError('conflict', `there is a teacher "${name}" already (${taken.origin}).`, { where: taken.manifest, hint: `Give the new one another name in ${basename(manifestPath)}.` })
  mkdirSync(folder, { recursive: true })
  const temporary = join(folder, `.${name}.partial`)
  rmSync(temporary, { recursive: true, force: true })
  try {
    copyTeacher(teacher, temporary)
    renameSync(temporary, join(folder, name))
  }
  catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
  return teacher.manifest
}

function copyTeacher({ manifest, path, model }: Teacher, to: string): void {
  mkdirSync(to)
  cpSync(path, join(to, `${manifest.name}.yaml`))
  if (manifest.source.kind === 'npm')
    return
  for (const file of modelFiles(manifest, model)) {
    const target = join(to, relative(dirname(path), file))
    mkdirSync(dirname(target), { recursive: true })
    cpSync(file, target)
  }
}
