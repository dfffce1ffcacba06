import type { TeacherManifest } from '#shared/manifest.ts'
import type { TeacherDraft } from '#shared/teacher-views.ts'
import type { Core } from '../core.ts'
import type { RunRow } from '../workspace/runs.ts'
import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { RunResult } from '#shared/order.ts'
import { requireNetwork } from '../handlers/exports.ts'
import { orderOf } from '../handlers/models.ts'
import { requireRun, studiesOf } from '../workspace/runs.ts'
import { createTeacher } from './manage.ts'
import { listTeachers } from './registry.ts'

/** What a person says of a run that becomes a teacher; what it knows is its task where nothing else is said. */
export interface RunTeacher { name: string, title?: string, knowledge?: string }

/** Data sets and teachers that a network learnt from, its student's included. */
interface Origin { datasets: { name: string, format: string, licence: string }[], teachers: { name: string, licence: string, contaminates: string[] }[], folds: number }

/**
 * Makes the network of a finished run a teacher: its embedding, the layer before the head, of the whole aligned face. Its manifest says
 * which run of which study it was, and under which terms its data and teachers stand.
 *
 * @throws FacetError where the run leaves no network of its own, or the name is taken
 */
export async function teacherFromRun({ workspace, inspector }: Core, run: RunRow, { name, title, knowledge }: RunTeacher): Promise<TeacherManifest> {
  requireNetwork(run)
  const { teachers: folder } = workspace.paths
  const { artefact, student } = orderOf(run)
  const origin = await originOf(workspace, run)
  const studies = await studiesOf(workspace.db, run.key)
  const into = join(folder, `.${run.key}.export`)
  rmSync(into, { recursive: true, force: true }) // of an attempt that was killed
  try {
    const { path } = await inspector.ask('exportModel', { model: artefact, student, format: 'tfjs', weights: 'float32', into, card: '', faces: null })
    const model = join(path, 'model.json')
    const { input: { size }, nodes } = await inspector.ask('inspectModel', { path: model })
    const dimension = nodes.find(each => each.name === 'embedding')?.dimension
    if (!size || !dimension)
      throw new FacetError('internal', `internal: the export of run ${run.key} has no embedding`)
    const { task } = JSON.parse(run.config) as { task?: string }
    return await createTeacher(folder, model, {
      name,
      title: title ?? run.label,
      knowledge: knowledge ?? task ?? 'fused',
      format: 'tfjs-graph',
      embedding: { node: 'embedding', dimension, pool: 'none' },
      // the network takes whole faces as bytes, and normalises them itself
      input: { size, crop: [0, 0, 300, 300], color: 'rgb', mean: [0], std: [1] },
      ...describe(run, studies, origin),
    }, inspector)
  }
  finally {
    rmSync(into, { recursive: true, force: true })
  }
}

/** The texts of the manifest. A network that was trained with people left out in turn has seen faces that other folds are tested on. */
function describe(run: RunRow, studies: string[], { datasets, teachers, folds }: Origin): Pick<TeacherDraft, 'licence' | 'trainedOn' | 'contaminates' | 'paper'> {
  const own = `weights of run "${run.label}" (key ${run.key})${studies.length > 0 ? ` of study ${studies.join(', ')}` : ''}, trained in this workspace`
  const terms = [...datasets.map(each => `${each.name} (${each.format}): ${each.licence}`), ...teachers.map(each => `teacher ${each.name}: ${each.licence}`)]
  return {
    licence: [own, ...terms].join('; '),
    trainedOn: [...datasets.map(({ name, format }) => name === format ? name : `${name} (${format})`), ...teachers.map(each => `teacher ${each.name}`)],
    contaminates: [...new Set([...folds > 1 ? datasets.map(({ format }) => format) : [], ...teachers.flatMap(each => each.contaminates)])],
    paper: `Trained in Facet: run ${run.key}${studies.length > 0 ? `, study ${studies.join(', ')}` : ''}; method of Vielzeuf et al. 2019, Section 3`,
  }
}

async function originOf({ db, paths }: Core['workspace'], run: RunRow): Promise<Origin> {
  const order = orderOf(run)
  const below = order.student === null ? null : orderOf(await requireRun(db, basename(order.student)))
  const sources = new Map([...order.sources, ...below?.sources ?? []].map(source => [source.dataset, source]))
  const known = await listTeachers(paths.teachers)
  const names = new Set([...order.teachers, ...below?.teachers ?? []].map(each => each.name))
  return {
    datasets: [...sources.values()].map(({ name, dataset }) => {
      const pack = openDataset(dataset)
      pack.close()
      return { name, format: pack.meta.format, licence: pack.meta.licence }
    }),
    teachers: known.filter(each => names.has(each.name)),
    folds: run.result === null ? 0 : Number(RunResult.parse(JSON.parse(run.result)).summary.folds ?? 0),
  }
}
