import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { LineCounter } from 'yaml'
import { FacetError } from '../errors.ts'
import { TeacherManifest } from '../manifest.ts'
import { plainData, readDocument } from '../yaml-data.ts'
import { fileWithin } from './within.ts'

/** A teacher whose files were found on this machine and have the checksum its manifest states. */
export interface Teacher {
  manifest: TeacherManifest
  /** Absolute path of the YAML manifest. */
  path: string
  /** Absolute path of the model file; the folder of a SavedModel. */
  model: string
  /** Of the manifest and its model files: what a run's key depends on. */
  sha256: string
}

/** Longest manifest read; a real one is a few kilobytes. */
const largestManifest = 1 << 16

/** Parses a manifest; errors name file, line and field. */
export function parseManifest(path: string): TeacherManifest {
  if (!existsSync(path))
    throw new FacetError('not-found', 'there is no such manifest.', { where: path })
  if (statSync(path).size > largestManifest)
    throw new FacetError('bad-input', `${statSync(path).size} bytes is too long for a manifest (at most ${largestManifest}); is it the model file?`, { where: path })
  const lines = new LineCounter()
  const document = readDocument(readFileSync(path, 'utf8'), { lineCounter: lines, where: path })
  const parsed = TeacherManifest.safeParse(plainData(document, path))
  if (parsed.success)
    return checkManifest(parsed.data, path)
  const issue = parsed.error.issues[0]!
  const field = issue.code === 'unrecognized_keys'
    ? [...issue.path, issue.keys[0]!]
    : issue.path
  const node = document.getIn(field, true) as { range?: [number, number, number] } | undefined
  const line = node?.range
    ? ` line ${lines.linePos(node.range[0]).line}`
    : ''
  throw new FacetError('bad-input', `${field.join('.') || 'the manifest'}: ${issue.message}`, { where: `${path}${line}`, hint: 'The built-in manifests under resources/teachers show every field.' })
}

/** What a schema alone cannot say of a manifest: channels of mean and std, a crop inside the face. @throws FacetError */
export function checkManifest(manifest: TeacherManifest, path: string): TeacherManifest {
  const channels = manifest.input.color === 'gray'
    ? 1
    : 3
  for (const field of ['mean', 'std'] as const) {
    const { length } = manifest.input[field]
    if (length !== 1 && length !== channels) {
      throw new FacetError('bad-input', `input.${field} has ${length} numbers; ${manifest.input.color} takes ${channels === 1
        ? '1'
        : '1 or 3'}.`, { where: path })
    }
  }
  const [x0, y0, x1, y1] = manifest.input.crop
  if (x0 < 0 || y0 < 0 || x1 > 300 || y1 > 300 || x1 - x0 < 1 || y1 - y0 < 1)
    throw new FacetError('bad-input', `input.crop is [${manifest.input.crop.join(', ')}]; it must be x0, y0, x1, y1 with x0 < x1 and y0 < y1 inside the 300x300 face.`, { where: path })
  return manifest
}

/** The folder of an installed npm package, whatever its exports allow. */
function packageFolder(name: string, where: string): string {
  const require = createRequire(import.meta.url)
  for (const folder of require.resolve.paths(name) ?? []) {
    if (existsSync(join(folder, name, 'package.json')))
      return join(folder, name)
  }
  throw new FacetError('not-found', `the npm package "${name}" is not installed.`, { where, hint: 'Run: npm run setup' })
}

function inside(folder: string, path: string, where: string): string {
  return fileWithin(folder, path, { what: 'source', where, hint: 'Put the model beside its manifest.' })
}

/** Where a teacher's model lies on this machine. @throws FacetError where its package is missing or of another version */
export function modelPath({ source }: TeacherManifest, where: string): string {
  if (source.kind === 'file')
    return inside(dirname(where), source.path, where)
  const folder = packageFolder(source.package, where)
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  if (version !== source.version)
    throw new FacetError('bad-input', `${source.package} ${version} is installed, the manifest was made for ${source.version}.`, { where, hint: 'Run: npm run setup' })
  return inside(folder, source.file, where)
}

/** The weight files a TFJS or face-api JSON names, in its order. */
function namedWeights(model: string): string[] {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(model, 'utf8'))
  }
  catch (cause) {
    throw new FacetError('bad-input', 'the model file is not JSON.', { where: model, cause, hint: 'A TFJS graph model starts from its model.json, a SavedModel from its folder.' })
  }
  const groups = Array.isArray(json)
    ? json
    : (json as { weightsManifest?: unknown } | null)?.weightsManifest
  const paths = Array.isArray(groups)
    ? groups.flatMap((group: { paths?: unknown }) => Array.isArray(group?.paths)
        ? group.paths as unknown[]
        : [])
    : []
  return paths.map((path) => {
    if (typeof path !== 'string')
      throw new FacetError('bad-input', 'the model file names its weights by something that is no text.', { where: model })
    return inside(dirname(model), path, model)
  })
}

/**
 * The files of a teacher in the order in which they are hashed: the model file, then its weights as it names them (a SavedModel's
 * by name).
 *
 * @throws FacetError where one leads out of the model's folder or is no regular file (a pipe would be waited for without end)
 */
export function modelFiles(manifest: Pick<TeacherManifest, 'name' | 'format'>, model: string): string[] {
  const files = listModelFiles(manifest, model)
  for (const file of files) {
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat && !stat.isFile())
      throw new FacetError('bad-input', `${basename(file)} is a folder, a pipe or a device, not a file of the model.`, { where: file, hint: 'Fetch the model again.' })
  }
  return files
}

function listModelFiles(manifest: Pick<TeacherManifest, 'name' | 'format'>, model: string): string[] {
  if (!existsSync(model))
    throw new FacetError('not-found', `the model of teacher "${manifest.name}" is missing.`, { where: model, hint: 'source in the manifest says where it should be.' })
  if (manifest.format === 'onnx')
    return [model]
  if (manifest.format !== 'saved-model') {
    return [
      model,
      ...namedWeights(model),
    ]
  }
  const graph = join(model, 'saved_model.pb')
  if (!existsSync(graph))
    throw new FacetError('bad-input', `"${basename(model)}" is no SavedModel: it has no saved_model.pb.`, { where: model })
  const variables = join(model, 'variables')
  return [
    graph,
    ...existsSync(variables)
      ? readdirSync(variables).sort().map(name => inside(model, join('variables', name), model))
      : [],
  ]
}

/** SHA-256 over the files one after the other. */
export function hashFiles(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) {
    try {
      hash.update(readFileSync(file))
    }
    catch (cause) {
      throw new FacetError('not-found', 'a file of the model cannot be read.', { where: file, cause })
    }
  }
  return hash.digest('hex')
}

/**
 * Reads a teacher's manifest, finds its files and checks them.
 * Throws a FacetError for a malformed manifest (file, line, field), a missing file, a package of another version or a wrong checksum.
 * `sum` may remember the sum of files that look unchanged.
 */
export function readTeacher(path: string, sum = hashFiles): Teacher {
  const manifest = parseManifest(path)
  const model = modelPath(manifest, path)
  const found = sum(modelFiles(manifest, model))
  if (found !== manifest.sha256)
    throw new FacetError('bad-input', `the files of teacher "${manifest.name}" have the SHA-256 ${found}, its manifest says ${manifest.sha256}.`, { where: path, hint: 'Fetch the model again; if it is meant to be another one, set sha256 to the sum found and record its probes anew.' })
  const sha256 = createHash('sha256').update(readFileSync(path)).update(found).digest('hex')
  return { manifest, path, model, sha256 }
}
