import type { PackedSample } from '#shared/files/dataset-pack.ts'
import type { TeacherManifest } from '#shared/manifest.ts'
import type { Expansion } from './expand.ts'
import type { CheckedRecipe } from './parse-recipe.ts'
import type { StudyDataset, StudyTeacher } from './step.ts'
import { isHeldOut } from '#shared/dataset.ts'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { parseManifest } from '#shared/files/teacher.ts'
import { suggestName } from '#shared/nearest.ts'
import { expandStudy } from './expand.ts'
import { contentKey } from './keys.ts'

/** What a recipe says of a data set. */
export interface DatasetEntry { path?: string, format?: string, options: Record<string, unknown> }

/** How a study gets at what its recipe names; the host gives it. */
export interface Registry {
  /** Scans and seals the folder (idempotent) and tells where its pack is. */
  ensureDataset: (name: string, entry: DatasetEntry) => Promise<{ pack: string, fingerprint: string }>
  /** A data set whose folder is missing, as a plan reckons with it; null where nobody knows how large it is. Left out where the study is to run. */
  assumeDataset?: (name: string, entry: DatasetEntry) => StudyDataset | null
  /** Every teacher that can be named, files checked. */
  listTeachers: () => Promise<(StudyTeacher & { problem: string | null })[]>
}

/** A study with everything that its recipe names found and its runs known. */
export interface ResolvedStudy {
  checked: CheckedRecipe
  datasets: StudyDataset[]
  /** Names of those among them whose folders are missing. */
  assumed: string[]
  teachers: StudyTeacher[]
  expansion: Expansion
}

/**
 * Finds the data sets and teachers that a recipe names and expands it.
 *
 * @throws FacetError where a teacher is unknown or its files are not what its manifest says, and where data sets are missing that are not assumed: all are named
 */
export async function resolveStudy(checked: CheckedRecipe, registry: Registry): Promise<ResolvedStudy> {
  const teachers = await findTeachers(checked.recipe.teachers, registry)
  const found = await findDatasets(checked.recipe.data, registry)
  const packed = found.flatMap(one => 'pack' in one ? [one] : [])
  const { unlabelled } = checked.recipe
  const held = new Map(packed.filter(({ name }) => !unlabelled.includes(name)).map(({ name, pack }) => [name, heldOutHashes(pack)]))
  const shown = hashesAmong(packed.filter(({ name }) => unlabelled.includes(name)), new Set([...held.values()].flat()))
  const datasets = found.map((one): StudyDataset => {
    if (!('pack' in one))
      return one
    const { name, pack, fingerprint } = one
    const copies = held.get(name)?.filter(hash => shown.has(hash)) ?? []
    return {
      ...readDataset(name, pack, fingerprint),
      ...copies.length > 0
        ? { heldOutCopies: contentKey(copies.sort()) }
        : {},
    }
  })
  refuseUntrainable(checked, teachers)
  return {
    checked,
    datasets,
    assumed: found.flatMap(one => 'pack' in one ? [] : [one.name]),
    teachers,
    expansion: expandStudy(checked, datasets, teachers),
  }
}

interface PackedDataset { name: string, pack: string, fingerprint: string }

/** Every data set of a recipe. One folder that is missing does not hide the next: a person who collects them wants the whole list. */
async function findDatasets(data: CheckedRecipe['recipe']['data'], registry: Registry): Promise<(PackedDataset | StudyDataset)[]> {
  const found: (PackedDataset | StudyDataset)[] = []
  const missing: { name: string, error: FacetError }[] = []
  for (const [name, { format, path, ...options }] of Object.entries(data)) {
    const entry = { format, path, options }
    try {
      found.push({ name, ...await registry.ensureDataset(name, entry) })
    }
    catch (error) {
      if (!(error instanceof FacetError && error.code === 'not-found'))
        throw error
      const assumed = registry.assumeDataset?.(name, entry)
      if (assumed)
        found.push(assumed)
      else
        missing.push({ name, error })
    }
  }
  if (missing.length === 1)
    throw missing[0]!.error
  if (missing.length > 1) {
    const lines = missing.map(({ name, error }) => `\n  ${name}: ${[error.where, error.message].filter(Boolean).join(': ')}`)
    throw new FacetError('not-found', `${missing.length} of the study's ${Object.keys(data).length} data sets are missing:${lines.join('')}`, {
      hint: 'Copy them there, or set their paths: --set data.NAME.path=DIR.',
    })
  }
  return found
}

async function findTeachers(names: string[], registry: Registry): Promise<StudyTeacher[]> {
  const known = await registry.listTeachers()
  return names.map((name) => {
    const teacher = known.find(one => one.name === name)
    if (!teacher) {
      throw new FacetError('not-found', `There is no teacher "${name}".`, {
        hint: suggestName(name, known.map(one => one.name)),
      })
    }
    if (teacher.problem)
      throw new FacetError('bad-input', `Teacher "${name}" cannot be used: ${teacher.problem}`, { where: teacher.manifest })
    return teacher
  })
}

/** Formats whose weights can be trained; of the others only what comes out is known. */
const trainable: readonly TeacherManifest['format'][] = ['tfjs-graph', 'face-api']

/** Whether P-CNN finds a teacher to train is known before anything runs. Of several it takes the best that can be. */
function refuseUntrainable({ methods }: CheckedRecipe, teachers: readonly StudyTeacher[]): void {
  if (!methods.some(({ method }) => method.family === 'p-cnn'))
    return
  const formats = teachers.map(({ name, manifest }) => ({ name, format: parseManifest(manifest).format }))
  if (!formats.some(({ format }) => trainable.includes(format)))
    throw new FacetError('bad-input', `p-cnn trains all parameters of a teacher, and of this study's none can be trained: ${formats.map(({ name, format }) => `${name} (${format})`).join(', ')}.`, { where: 'methods: p-cnn', hint: 'Name a teacher that is a TFJS graph model or of face-api, or leave p-cnn out.' })
}

/** Content hashes of a pack's photographs that are kept from learning. */
function heldOutHashes(pack: string): string[] {
  return withSamples(pack, (samples) => {
    const hashes: string[] = []
    for (const sample of samples) {
      if (isHeldOut(sample))
        hashes.push(sample.sha256)
    }
    return hashes
  })
}

/** Which of these content hashes stand in packs: the packs may hold millions, so they are gone through and not read into memory. */
function hashesAmong(packs: readonly PackedDataset[], wanted: ReadonlySet<string>): Set<string> {
  const there = new Set<string>()
  if (wanted.size === 0)
    return there
  for (const { pack } of packs) {
    withSamples(pack, (samples) => {
      for (const { sha256 } of samples) {
        if (wanted.has(sha256))
          there.add(sha256)
      }
    })
  }
  return there
}

function withSamples<Answer>(pack: string, use: (samples: Iterable<PackedSample>) => Answer): Answer {
  const dataset = openDataset(pack)
  try {
    return use(dataset.each())
  }
  finally {
    dataset.close()
  }
}

function readDataset(name: string, pack: string, fingerprint: string): StudyDataset {
  const dataset = openDataset(pack)
  try {
    const { root, format, tasks, aligned } = dataset.meta
    let seen = 0
    for (const sample of dataset.each())
      seen += Number(!isHeldOut(sample))
    return {
      name,
      root,
      fingerprint,
      format,
      tasks,
      aligned,
      samples: dataset.count,
      seen,
      subjects: dataset.counts().subjects,
    }
  }
  finally {
    dataset.close()
  }
}
