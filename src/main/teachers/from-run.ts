import type { TeacherManifest } from '#shared/manifest.ts'
import type { TeacherDraft } from '#shared/teacher-views.ts'
import type { Core } from '../core.ts'
import type { NetworkOrigin } from '../models/run-network.ts'
import type { RunRow } from '../workspace/runs.ts'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { orderOf, originOf, requireNetwork } from '../models/run-network.ts'
import { studiesOf } from '../workspace/runs.ts'
import { createTeacher } from './manage.ts'

/** What a person says of a run that becomes a teacher; what it knows is its task where nothing else is said. */
export interface RunTeacher { name: string, title?: string, knowledge?: string }

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
function describe(run: RunRow, studies: string[], { datasets, teachers, folds }: NetworkOrigin): Pick<TeacherDraft, 'licence' | 'trainedOn' | 'contaminates' | 'paper'> {
  const own = `weights of run "${run.label}" (key ${run.key})${studies.length > 0 ? ` of study ${studies.join(', ')}` : ''}, trained in this workspace`
  const terms = [...datasets.map(each => `${each.name} (${each.format}): ${each.licence}`), ...teachers.map(each => `teacher ${each.name}: ${each.licence}`)]
  return {
    licence: [own, ...terms].join('; '),
    trainedOn: [...datasets.map(({ name, format }) => name === format ? name : `${name} (${format})`), ...teachers.map(each => `teacher ${each.name}`)],
    contaminates: [...new Set([...folds > 1 ? datasets.map(({ format }) => format) : [], ...teachers.flatMap(each => each.contaminates)])],
    paper: `Trained in Facet: run ${run.key}${studies.length > 0 ? `, study ${studies.join(', ')}` : ''}; method of Vielzeuf et al. 2019, Section 3`,
  }
}
