import type { Dependents } from '#shared/dataset-views.ts'
import type { InspectResult } from '#shared/inspect.ts'
import type { TeacherDetail } from '#shared/teacher-views.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { TeacherEntry } from '../teachers/registry.ts'
import type { RunRow } from '../workspace/runs.ts'
import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { modelFiles, modelPath, parseManifest } from '#shared/files/teacher.ts'
import { fileWithin } from '#shared/files/within.ts'
import { suggestName } from '#shared/nearest.ts'
import { activeStates } from '#shared/run-states.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { teacherFromRun } from '../teachers/from-run.ts'
import { createTeacher, draftManifest, editTeacher, removeTeacher } from '../teachers/manage.ts'
import { addTeacher, listTeachers, requireTeacher } from '../teachers/registry.ts'
import { requireDataset } from '../workspace/datasets.ts'
import { findRun, listRuns } from '../workspace/runs.ts'
import { listStudies } from '../workspace/studies.ts'

/** What is read of an embed run's inputs and result. */
const EmbedInputs = z.object({
  data: z.array(z.object({ name: z.string() })).min(1),
  teachers: z.array(z.object({ name: z.string(), sha256: z.string() })),
})
const EmbedResult = z.object({
  summary: z.object({ faces: z.int() }),
})

export const teacherHandlers = ((core) => {
  const { workspace: { paths }, inspector, emit } = core
  /** Sealed packs never change, so neither does what was computed from one. */
  const affinities = new Map<string, Promise<InspectResult<'affinity'>>>()
  function affinityOf(key: string, faces: number): Promise<InspectResult<'affinity'>> {
    const name = `${key} ${faces}`
    const known = affinities.get(name) ?? inspector.ask('affinity', { embeddings: paths.embeddingsPath(key), faces })
    affinities.set(name, known)
    known.catch(() => affinities.delete(name))
    return known
  }
  return {
    'teachers.list': async () => (await listTeachers(paths.teachers)).map(({ sha256: _, ...entry }) => entry),
    'teachers.add': async ({ path }) => {
      const manifest = await addTeacher(paths.teachers, path)
      emit('teachers.changed', { name: manifest.name })
      return manifest
    },
    'teachers.check': async ({ name, image }) => {
      const { manifest } = await requireTeacher(paths.teachers, name)
      return inspector.ask('checkTeacher', { manifest, image })
    },
    'teachers.details': async () => detailsOf(core, await listTeachers(paths.teachers)),
    'teachers.get': async ({ name }) => (await detailsOf(core, [await findTeacher(core, name)]))[0]!,
    'teachers.inspect': input => inspector.ask('inspectModel', input),
    'teachers.try': async ({ model, draft, face }) => inspector.ask('tryTeacher', {
      model,
      manifest: draftManifest(model, draft),
      face: face.kind === 'dataset'
        ? { kind: 'file', path: await photographPath(core, face) }
        : face,
    }),
    'teachers.create': async ({ model, draft }) => {
      const manifest = await createTeacher(paths.teachers, model, draft, inspector)
      emit('teachers.changed', { name: manifest.name })
      return manifest
    },
    'teachers.createFromRun': async ({ key, ...said }) => {
      const manifest = await teacherFromRun(core, await findRun(core.workspace.db, key), said)
      emit('teachers.changed', { name: manifest.name })
      return manifest
    },
    'teachers.edit': async ({ name, draft }) => {
      await refuseWhileActive(core, name)
      const manifest = await editTeacher(await findTeacher(core, name), draft, inspector)
      emit('teachers.changed', { name })
      return manifest
    },
    'teachers.dependents': async ({ name }) => dependentsOf(core, name),
    'teachers.remove': async ({ name }) => {
      await refuseWhileActive(core, name)
      removeTeacher(await findTeacher(core, name), paths.teachers)
      emit('teachers.changed', { name })
    },
    'teachers.verify': async () => (await listTeachers(paths.teachers, { anew: true })).map(({ name, sha256, problem }) => ({ name, ok: problem === null, sha256, problem })),
    'teachers.embedded': async () => (await embedRuns(core)).map(({ run, inputs, faces }) => ({ key: run.key, dataset: inputs.data[0]!.name, faces, teachers: inputs.teachers.map(({ name }) => name) })),
    'teachers.affinity': async ({ key, faces }) => {
      const found = (await embedRuns(core)).find(({ run }) => run.key === key)
      if (!found)
        throw new FacetError('not-found', `There is no finished embed run ${key.slice(0, 12)}.`, { hint: 'Choose a data set whose faces are embedded.' })
      return { key, dataset: found.inputs.data[0]!.name, ...await affinityOf(key, faces) }
    },
  }
}) satisfies HandlerPart

/** The teacher of a name, also one that cannot be used. */
async function findTeacher({ workspace: { paths } }: Core, name: string): Promise<TeacherEntry> {
  const known = await listTeachers(paths.teachers)
  const entry = known.find(each => each.name === name)
  if (!entry)
    throw new FacetError('not-found', `There is no teacher "${name}".`, { hint: suggestName(name, known.map(each => each.name)) })
  return entry
}

/** Teachers with all that their manifests say and what uses them. Their files were checked just before. */
async function detailsOf(core: Core, entries: TeacherEntry[]): Promise<TeacherDetail[]> {
  const studies = await teachersOfStudies(core)
  const embedded = await embedRuns(core)
  return entries.map((entry) => {
    const described = entry.problem === null
      ? parseManifest(entry.manifest)
      : null
    const model = described && modelPath(described, entry.manifest)
    const datasets = embedded.filter(({ inputs }) => inputs.teachers.some(({ sha256 }) => sha256 === entry.sha256)).map(({ inputs }) => inputs.data[0]!.name)
    return {
      ...entry,
      described,
      model,
      text: readFileSync(entry.manifest, 'utf8').slice(0, 1 << 18),
      bytes: described && model
        ? modelFiles(described, model).reduce((sum, file) => sum + statSync(file).size, 0)
        : 0,
      usedBy: studies.filter(({ teachers }) => teachers.includes(entry.name)).map(({ study }) => study),
      embedded: [...new Set(datasets)],
    }
  })
}

async function teachersOfStudies({ workspace: { db } }: Core): Promise<{ study: string, teachers: string[] }[]> {
  return (await listStudies(db)).flatMap((study) => {
    const detail = StudyDetail.safeParse(JSON.parse(study.detail))
    return detail.success
      ? [{ study: study.name, teachers: detail.data.recipe.teachers }]
      : []
  })
}

/** Finished embed runs, the last one first. */
async function embedRuns({ workspace: { db } }: Core): Promise<{ run: RunRow, inputs: z.infer<typeof EmbedInputs>, faces: number }[]> {
  const runs = await listRuns(db, { stage: 'embed', states: ['done'] })
  return runs.flatMap((run) => {
    const inputs = EmbedInputs.safeParse(JSON.parse(run.inputs))
    const result = EmbedResult.safeParse(JSON.parse(run.result ?? 'null'))
    return inputs.success && result.success
      ? [{ run, inputs: inputs.data, faces: result.data.summary.faces }]
      : []
  }).sort((a, b) => (b.run.finished_at_ms ?? 0) - (a.run.finished_at_ms ?? 0))
}

/** Studies that name a teacher, and the runs that were computed with it. */
async function dependentsOf(core: Core, name: string): Promise<Dependents> {
  const studies = (await teachersOfStudies(core)).filter(({ teachers }) => teachers.includes(name)).map(({ study }) => ({ name: study, as: [] }))
  const runs = (await listRuns(core.workspace.db)).filter(run => usesTeacher(run, name))
  return { studies, runs: runs.length, bytes: runs.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) }
}

function usesTeacher({ work_order }: RunRow, name: string): boolean {
  const { teachers = [] } = JSON.parse(work_order) as { teachers?: { name: string }[] }
  return teachers.some(teacher => teacher.name === name)
}

async function refuseWhileActive({ workspace: { db } }: Core, name: string): Promise<void> {
  const active = (await listRuns(db, { states: [...activeStates] })).filter(run => usesTeacher(run, name))
  if (active.length > 0)
    throw new FacetError('conflict', `Teacher "${name}" is in use by ${active.length} runs that are at work, e.g. "${active[0]!.label}".`, { where: active[0]!.key, hint: 'Stop or pause them first.' })
}

async function photographPath({ workspace: { db, paths } }: Core, { name, index }: { name: string, index: number }): Promise<string> {
  const row = await requireDataset(db, name)
  const pack = openDataset(paths.datasetPath(row.fingerprint))
  try {
    return fileWithin(row.root, pack.sample(index % pack.count).path)
  }
  finally {
    pack.close()
  }
}
