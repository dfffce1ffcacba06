import type { PlannedRun } from '#main/runner/planned-run.ts'
import type { Workspace } from '#main/workspace/workspace.ts'
import type { StudyDetail } from '#shared/study-detail.ts'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { putPlannedRun } from '#main/workspace/runs.ts'
import { putStudy, setStudyRuns } from '#main/workspace/studies.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { Recipe } from '#shared/recipe.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { transfer } from '#shared/stages/transfer.ts'

export interface Load {
  runs: number
  /** Metric values of each run. */
  points: number
  /** Their names, which share the values evenly. */
  metrics?: readonly string[]
}

/** Runs whose answers per sample exist, as many as can be compared. */
export const comparedRuns = 8
const samples = 2000
const study = 'load'
const teacherCount = 6

/** A run of the loaded workspace by its place. */
export function loadedKey(index: number): string {
  return fingerprintOf(`load ${index}`)
}

/**
 * Makes a workspace as a year of work leaves it: finished transfers of one study, each with so many metric points, a result with its interval, and for the first eight the predictions that a comparison reads.
 */
export async function makeLoadedWorkspace(folder: string, { runs, points, metrics = ['loss', 'validationLoss'] }: Load): Promise<void> {
  const workspace = createWorkspace(folder, 'facet bench app')
  try {
    const dataset = putDatasetPack(workspace)
    const planned = Array.from({ length: runs }, (_, index) => planRun(workspace, index, dataset))
    await putStudy(workspace.db, { name: study, recipe: '', detail: detailOf(planned) }, Date.now())
    await workspace.db.transaction().execute(async (trx) => {
      for (const [position, run] of planned.entries())
        await putPlannedRun(trx, run, { position, now: Date.now() })
      await setStudyRuns(trx, study, planned.map(({ key }) => key))
    })
    finishRuns(workspace, planned)
    insertMetrics(workspace, planned, metrics, points / metrics.length)
    for (const [index, { order }] of planned.slice(0, comparedRuns).entries())
      writePredictions(order.artefact, index)
  }
  finally {
    await workspace.close()
  }
}

function putDatasetPack({ paths }: Workspace): string {
  const fingerprint = fingerprintOf(study)
  const file = paths.datasetPath(fingerprint)
  mkdirSync(paths.datasets, { recursive: true })
  writeDataset(file, {
    meta: { format: 'csv', root: paths.root, fingerprint, tasks: { gender: { kind: 'classification', label: 'gender', classes: ['a', 'b'], protocol: 'split' } }, aligned: true, licence: 'made up', notes: [] },
    samples: Array.from({ length: samples }, (_, index) => ({ path: `${index}.jpg`, labels: { gender: index % 2 }, split: 'test', subject: null, unseen: false, bytes: 1, sha256: fingerprint })),
    rejected: [],
    pairs: [],
  })
  return file
}

/** What the workspace keeps of the study: one knowledge, and a cell for each run. */
function detailOf(planned: readonly PlannedRun[]): StudyDetail {
  const teachers = Array.from({ length: teacherCount }, (_, i) => `teacher-${i}`)
  const recipe = Recipe.parse({ study, data: { load: {} }, unlabelled: ['load'], teachers, knowledge: [{ name: 'Gender-Load', data: 'load', task: 'gender' }], methods: ['teacher:*'] })
  return {
    recipe,
    command: { path: 'load.yaml', set: [] },
    target: null,
    cells: planned.map(({ key, seed }, i): StudyDetail['cells'][number] => ({ knowledge: 'Gender-Load', data: 'load', task: 'gender', method: `teacher:teacher-${i % teacherCount}`, seed: seed ?? 0, key, reason: null, marks: [] })),
    faces: [],
    reconstructions: [],
    datasets: [{ name: 'load', format: 'csv', fingerprint: fingerprintOf(study), aligned: true }],
    teachers: teachers.map(name => ({ name, sha256: fingerprintOf(name), dimension: 128, contaminates: [] })),
    estimates: {},
  }
}

function fingerprintOf(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}

function planRun({ paths }: Workspace, index: number, dataset: string): PlannedRun {
  const key = loadedKey(index)
  const config = transfer.config.parse({ task: 'gender', encoder: { kind: 'teacher', name: `teacher-${index % teacherCount}` }, batch: 16 + 16 * (index % 4) })
  return {
    key,
    stage: 'transfer',
    version: transfer.version,
    config,
    inputs: { data: [{ name: 'load', fingerprint: key }], teachers: [], needs: [] },
    seed: index % 5,
    usesSeed: true,
    usesAllCores: false,
    needs: [],
    label: `transfer Gender-Load, teacher:teacher-${index % teacherCount}, batch ${config.batch}, seed ${index % 5}`,
    order: {
      key,
      stage: 'transfer',
      version: transfer.version,
      config,
      seed: index % 5,
      artefact: paths.modelPath(key),
      sources: [{ name: 'load', root: paths.root, dataset, faces: null, embeddings: null, unlabelled: false }],
      teachers: [],
      combiner: null,
      student: null,
    },
  }
}

/** Written past the runner, which would train for days: this workspace is for looking at only. */
function finishRuns({ connection }: Workspace, planned: readonly PlannedRun[]): void {
  const finish = connection.prepare('update runs set state = \'done\', attempt = 1, started_at_ms = ?, finished_at_ms = ?, duration_ms = 60000, bytes = 100000, result = ? where key = ?')
  const evaluate = connection.prepare('insert into evaluations values (?, \'test\', \'accuracy\', ?, ?, 0.6, ?, ?)')
  connection.transaction(() => {
    for (const [index, { key }] of planned.entries()) {
      const value = 85 + index % 10
      const ended = Date.now() - 60_000 * (planned.length - index)
      finish.run(ended - 60_000, ended, JSON.stringify({ summary: { folds: 1, steps: 750 }, evaluations: [] }), key)
      evaluate.run(key, value, samples, value - 1.2, value + 1.2)
    }
  })()
}

function insertMetrics({ connection }: Workspace, planned: readonly PlannedRun[], metrics: readonly string[], steps: number): void {
  const insertCurve = connection.prepare('insert into curves (run, metric) values (?, ?)')
  const insertPoint = connection.prepare('insert into points values (?, ?, ?, 0)')
  const random = seededRandom(1)
  connection.transaction(() => {
    for (const { key } of planned) {
      for (const metric of metrics) {
        const { lastInsertRowid: curve } = insertCurve.run(key, metric)
        for (let step = 1; step <= steps; step++)
          insertPoint.run(curve, step, 1 / Math.sqrt(step) + 0.02 * random.next())
      }
    }
  })()
}

function writePredictions(artefact: string, index: number): void {
  const random = seededRandom(index)
  mkdirSync(artefact, { recursive: true })
  const lines = Array.from({ length: samples }, (_, sample) => `${sample}.jpg,test,${sample % 2},${random.next() < 0.9 ? sample % 2 : 1 - sample % 2},`)
  writeFileSync(join(artefact, 'predictions.csv'), ['path,split,label,prediction,subject', ...lines, ''].join('\n'))
}
