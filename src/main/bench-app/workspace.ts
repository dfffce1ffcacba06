import type { PlannedRun } from '#main/runner/planned-run.ts'
import type { Workspace } from '#main/workspace/workspace.ts'
import type { StudyDetail } from '#shared/study-detail.ts'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { putDataset } from '#main/workspace/datasets.ts'
import { putPlannedRun } from '#main/workspace/runs.ts'
import { putStudy, setStudyRuns } from '#main/workspace/studies.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { Recipe } from '#shared/recipe.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { transfer } from '#shared/stages/transfer.ts'
import { planPrepare, writeFaces } from './faces.ts'

export interface Load {
  runs: number
  /** Metric values of each run. */
  points: number
  /** Their names, which share the values evenly. */
  metrics?: readonly string[]
  /** Photographs of the data set, each with its face; without, none is looked for and the data set is not listed. */
  faces?: number
}

/** As many as can be compared. */
export const comparedRuns = 8
/** Comparisons of runs that no other has. Their runs alone have answers per sample, and fill the study's table: a method a run, a seed a comparison. */
export const comparisons = 5
export const datasetName = 'load'
const samples = 2000
const study = 'load'
const teacherCount = comparedRuns

/** A run of the loaded workspace by its place. */
export function loadedKey(index: number): string {
  return fingerprintOf(`load ${index}`)
}

/**
 * Makes a workspace as a year of work leaves it: finished transfers of one study, each with so many metric points and a result with its
 * interval, for the first of them the predictions that comparisons read, and a data set whose faces were found.
 */
export async function makeLoadedWorkspace(folder: string, { runs, points, metrics = ['loss', 'validationLoss'], faces = 0 }: Load): Promise<void> {
  const workspace = createWorkspace(folder, 'facet bench app')
  try {
    const fingerprint = fingerprintOf(study)
    putDatasetPack(workspace, fingerprint, Math.max(samples, faces))
    const prepared = faces > 0
      ? planPrepare(workspace, { key: fingerprintOf('faces'), name: datasetName, fingerprint })
      : null
    const transfers = Array.from({ length: prepared ? runs - 1 : runs }, (_, index) => planRun(workspace, index, workspace.paths.datasetPath(fingerprint), prepared?.order.artefact ?? null))
    await putRuns(workspace, prepared ? [...transfers, prepared] : transfers, detailOf(transfers.slice(0, comparedRuns * comparisons)))
    finishRuns(workspace, transfers)
    insertMetrics(workspace, transfers, metrics, points / metrics.length)
    for (const [index, { order }] of transfers.slice(0, comparedRuns * comparisons).entries())
      writePredictions(order.artefact, index)
    if (prepared) {
      await writeFaces(prepared.order.artefact, Math.max(samples, faces))
      await listDataset(workspace, prepared.key, fingerprint, Math.max(samples, faces))
    }
  }
  finally {
    await workspace.close()
  }
}

async function putRuns({ db }: Workspace, planned: readonly PlannedRun[], detail: StudyDetail): Promise<void> {
  await putStudy(db, { name: study, recipe: '', detail }, Date.now())
  await db.transaction().execute(async (trx) => {
    for (const [position, run] of planned.entries())
      await putPlannedRun(trx, run, { position, now: Date.now() })
    await setStudyRuns(trx, study, planned.map(({ key }) => key))
  })
}

function putDatasetPack({ paths }: Workspace, fingerprint: string, count: number): void {
  mkdirSync(paths.datasets, { recursive: true })
  writeDataset(paths.datasetPath(fingerprint), {
    meta: { format: 'csv', root: paths.root, fingerprint, tasks: { gender: { kind: 'classification', label: 'gender', classes: ['a', 'b'], protocol: 'split' } }, aligned: true, licence: 'made up', notes: [] },
    samples: Array.from({ length: count }, (_, index) => ({ path: `${index}.jpg`, labels: { gender: index % 2 }, split: index < samples ? 'test' : 'train', subject: null, unseen: false, bytes: 1, sha256: fingerprint })),
    rejected: [],
    pairs: [],
  })
}

/** Lists the data set, and says what its prepare run found. */
async function listDataset({ db, connection, paths }: Workspace, prepared: string, fingerprint: string, count: number): Promise<void> {
  const splits = { train: count - samples, validation: 0, test: samples, none: 0 }
  const summary = { title: 'Labels in a CSV file', samples: count, rejected: 0, splits, subjects: 0, unseen: 0, pairs: 0, labels: { gender: { a: count / 2, b: count / 2 } }, bytes: count, licence: 'made up', notes: [] }
  await putDataset(db, { name: datasetName, fingerprint, format: 'csv', root: paths.root, options: {}, summary, listing: fingerprint }, Date.now())
  const result = { summary: { photographs: count, found: count, notFound: 0, unreadable: 0, aligned: true }, evaluations: [] }
  connection.prepare('update runs set state = \'done\', attempt = 1, started_at_ms = 0, finished_at_ms = 1, duration_ms = 1, bytes = 1, result = ? where key = ?').run(JSON.stringify(result), prepared)
}

/** What the workspace keeps of the study: one knowledge, and a cell for each run. */
function detailOf(planned: readonly PlannedRun[]): StudyDetail {
  const teachers = Array.from({ length: teacherCount }, (_, i) => `teacher-${i}`)
  const recipe = Recipe.parse({ study, data: { [datasetName]: {} }, unlabelled: [datasetName], teachers, knowledge: [{ name: 'Gender-Load', data: datasetName, task: 'gender' }], methods: ['teacher:*'] })
  return {
    recipe,
    command: { path: 'load.yaml', set: [] },
    target: null,
    cells: planned.map(({ key, seed }, i): StudyDetail['cells'][number] => ({ knowledge: 'Gender-Load', data: datasetName, task: 'gender', method: `teacher:teacher-${i % teacherCount}`, seed: seed ?? 0, key, reason: null, marks: [] })),
    faces: [],
    reconstructions: [],
    datasets: [{ name: datasetName, format: 'csv', fingerprint: fingerprintOf(study), aligned: true }],
    teachers: teachers.map(name => ({ name, sha256: fingerprintOf(name), dimension: 128, contaminates: [] })),
    estimates: {},
  }
}

function fingerprintOf(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}

function planRun({ paths }: Workspace, index: number, dataset: string, faces: string | null): PlannedRun {
  const key = loadedKey(index)
  const seed = Math.floor(index / teacherCount) % comparisons
  const config = transfer.config.parse({ task: 'gender', encoder: { kind: 'teacher', name: `teacher-${index % teacherCount}` }, batch: 16 + 16 * (index % 4) })
  return {
    key,
    stage: 'transfer',
    version: transfer.version,
    config,
    inputs: { data: [{ name: datasetName, fingerprint: key }], teachers: [], needs: [] },
    seed,
    usesSeed: true,
    usesAllCores: false,
    needs: [],
    label: `transfer Gender-Load, teacher:teacher-${index % teacherCount}, batch ${config.batch}, seed ${seed}`,
    order: {
      key,
      stage: 'transfer',
      version: transfer.version,
      config,
      seed,
      artefact: paths.modelPath(key),
      sources: [{ name: datasetName, root: paths.root, dataset, faces, embeddings: null, unlabelled: false }],
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
  const lines = Array.from({ length: samples }, (_, sample) => `${sample}.jpg,test,${sample % 2},${random.next() < 0.9 ? sample % 2 : 1 - sample % 2},true,false,`)
  writeFileSync(join(artefact, 'predictions.csv'), ['path,split,label,prediction,found,unseen,subject', ...lines, ''].join('\n'))
}
