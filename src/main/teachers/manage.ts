import type { TeacherManifest } from '#shared/manifest.ts'
import type { TeacherDraft } from '#shared/teacher-views.ts'
import type { Inspector } from '../runner/inspector.ts'
import type { TeacherEntry } from './registry.ts'
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { Document, isScalar, parseDocument, visit } from 'yaml'
import { FacetError } from '#shared/errors.ts'
import { writeDurably } from '#shared/files/durable.ts'
import { checkManifest, hashFiles, modelFiles, parseManifest, readTeacher } from '#shared/files/teacher.ts'
import { listTeachers } from './registry.ts'

/** A manifest of what a person said, for a model that lies somewhere on this machine. No file was read yet. */
export function draftManifest(model: string, draft: TeacherDraft): TeacherManifest {
  return checkManifest({ ...draft, source: { kind: 'file', path: basename(model) }, sha256: '0'.repeat(64), probes: [] }, model)
}

/**
 * Adds a teacher from its model file: copies the files to teachers/NAME/ and writes the manifest, with their checksum and with probes
 * recorded now, so that a changed file, node or setting is noticed later. Nothing is left behind where anything is not right.
 *
 * @throws FacetError where the name is taken, or the model does not give what the draft says
 */
export async function createTeacher(folder: string, model: string, draft: TeacherDraft, inspector: Inspector): Promise<TeacherManifest> {
  const taken = (await listTeachers(folder)).find(each => each.name === draft.name)
  if (taken)
    throw new FacetError('conflict', `There is a teacher "${draft.name}" already (${taken.origin}).`, { where: taken.manifest, hint: 'Choose another name.' })
  const blank = draftManifest(model, draft)
  const files = modelFiles(blank, model)
  const probes = await inspector.ask('probeTeacher', { model, manifest: blank })
  const manifest: TeacherManifest = { ...blank, sha256: hashFiles(files), probes }
  mkdirSync(folder, { recursive: true })
  const temporary = join(folder, `.${draft.name}.partial`)
  rmSync(temporary, { recursive: true, force: true })
  try {
    for (const file of files) {
      const target = join(temporary, relative(dirname(model), file))
      mkdirSync(dirname(target), { recursive: true })
      cpSync(file, target)
    }
    const path = join(temporary, `${draft.name}.yaml`)
    writeDurably(path, writeManifest(new Document(manifest)))
    readTeacher(path)
    renameSync(temporary, join(folder, draft.name))
    return manifest
  }
  finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/**
 * Changes what a teacher's manifest says; comments in it stay. Its probes are recorded anew.
 *
 * @throws FacetError for a built-in teacher, another name, or settings that the model does not fit
 */
export async function editTeacher(entry: TeacherEntry, draft: TeacherDraft, inspector: Inspector): Promise<TeacherManifest> {
  requireOwn(entry)
  if (draft.name !== entry.name)
    throw new FacetError('usage', `Teacher "${entry.name}" cannot be renamed to "${draft.name}": recipes and runs know it by its name.`, { where: entry.manifest, hint: 'Add it once more under the other name.' })
  const { manifest, model } = readTeacher(entry.manifest)
  const changed = checkManifest({ ...manifest, ...draft, probes: [] }, entry.manifest)
  const probes = await inspector.ask('probeTeacher', { model, manifest: changed })
  const document = parseDocument(readFileSync(entry.manifest, 'utf8'))
  for (const [field, value] of Object.entries({ ...draft, probes })) {
    if (JSON.stringify(value) !== JSON.stringify((manifest as unknown as Record<string, unknown>)[field]))
      document.set(field, document.createNode(value))
  }
  writeDurably(entry.manifest, writeManifest(document))
  return parseManifest(entry.manifest)
}

/**
 * Removes a teacher of the workspace with its copied files.
 *
 * @param entry
 * @param teachers the folder of all teachers, which stays whatever a teacher in it is called
 * @throws FacetError for a built-in one
 */
export function removeTeacher(entry: TeacherEntry, teachers: string): void {
  requireOwn(entry)
  const folder = dirname(entry.manifest)
  const isItsOwn = resolve(folder) !== resolve(teachers) && basename(folder) === entry.name
  rmSync(isItsOwn ? folder : entry.manifest, { recursive: true })
}

/** Lists of plain values on one line, as the built-in manifests have them. */
function writeManifest(document: Document): string {
  visit(document, {
    Seq: (_, node) => {
      node.flow = node.items.every(item => isScalar(item))
    },
  })
  return document.toString({ flowCollectionPadding: false, lineWidth: 0 })
}

function requireOwn({ name, origin, manifest }: TeacherEntry): void {
  if (origin === 'built-in')
    throw new FacetError('conflict', `Teacher "${name}" comes with Facet and stays as it is.`, { where: manifest, hint: 'Add it under another name to change its settings.' })
}
