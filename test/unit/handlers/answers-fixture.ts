import type { Workspace } from '#main/workspace/workspace.ts'
import type { Task } from '#shared/dataset.ts'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { moveRun, putPlannedRun } from '#main/workspace/runs.ts'
import { putStudy, setStudyRuns } from '#main/workspace/studies.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { Recipe } from '#shared/recipe.ts'

const fingerprint = 'a'.repeat(64)
const keyOf = (digit: number): string => String(digit).repeat(64)
const tasks: Record<string, Task> = {
  gender: { kind: 'classification', label: 'gender', classes: ['male', 'female'], protocol: 'split' },
  age: { kind: 'regression', label: 'age', unit: 'years', range: [0, 100], protocol: 'split' },
}

/**
 * A workspace whose study answered 24 people's ages with two methods: 12 men and 12 women of 10, 30 and 50 years in turn. pca errs by
 * 1, 2, 3 years in turn on men and by 5 on women; ae by 6 on men and by 2 on women.
 */
export async function answersWorkspace(folder: string): Promise<Workspace> {
  const workspace = createWorkspace(folder, 'test')
  const people = Array.from({ length: 24 }, (_, i) => ({ path: `${i}.jpg`, gender: i % 2, age: [10, 30, 50][Math.floor(i / 2) % 3]! }))
  writeDataset(workspace.paths.datasetPath(fingerprint), {
    meta: { format: 'utkface', root: '/photos', fingerprint, tasks, aligned: false, licence: 'research only', notes: [] },
    samples: people.map(({ path, gender, age }, i) => ({ path, labels: { gender, age }, split: 'test', subject: null, unseen: false, bytes: 1, sha256: String(i).padStart(64, '0') })),
    rejected: [],
    pairs: [],
  })
  const methods = { pca: (i: number, gender: number) => gender === 0 ? 1 + Math.floor(i / 2) % 3 : 5, ae: (_: number, gender: number) => gender === 0 ? 6 : 2 }
  const recipe = { study: 'sample', data: { utk: { format: 'utkface' } }, unlabelled: ['utk'], teachers: ['dlib'], stages: { combine: [{ kind: 'pca' }, { kind: 'ae' }] }, knowledge: [{ name: 'AgeR', data: 'utk', task: 'age' }], methods: Object.keys(methods) }
  await putStudy(workspace.db, {
    name: 'sample',
    recipe: 'study: sample',
    detail: {
      recipe: Recipe.parse(recipe),
      command: { path: '/sample.yaml', set: [] },
      target: 'ae',
      cells: Object.keys(methods).map((method, i) => ({ knowledge: 'AgeR', data: 'utk', task: 'age', method, seed: 0, key: keyOf(i + 1), reason: null, marks: [] })),
      faces: [],
      reconstructions: [],
      datasets: [{ name: 'utk', format: 'utkface', fingerprint, aligned: false }],
      teachers: [{ name: 'dlib', sha256: '0'.repeat(64), dimension: 128, contaminates: [] }],
      estimates: {},
    },
  }, 0)
  for (const [i, errorOf] of Object.values(methods).entries())
    await addRun(workspace, keyOf(i + 1), people.map(({ path, gender, age }, j) => ({ path, age, error: errorOf(j, gender) })))
  await workspace.db.transaction().execute(trx => setStudyRuns(trx, 'sample', [keyOf(1), keyOf(2)]))
  return workspace
}

async function addRun({ db, paths }: Workspace, key: string, answers: { path: string, age: number, error: number }[]): Promise<void> {
  const artefact = paths.artefactPath('transfer', key)
  const source = { name: 'utk', root: '/photos', dataset: paths.datasetPath(fingerprint), faces: null, embeddings: null, unlabelled: false }
  await db.transaction().execute(async (trx) => {
    await putPlannedRun(trx, {
      key,
      stage: 'transfer',
      version: 1,
      config: { task: 'age' },
      inputs: {},
      seed: 0,
      usesSeed: true,
      usesAllCores: false,
      needs: [],
      label: 'transfer',
      order: { key, stage: 'transfer', version: 1, config: { task: 'age' }, seed: 0, artefact, sources: [source], teachers: [], combiner: null, student: null },
    }, { position: 0, now: 0 })
    await moveRun(trx, key, 'running', { now: 1 })
    await moveRun(trx, key, 'done', { now: 2, reason: null, set: { duration_ms: 1000 } })
    const value = answers.reduce((sum, { error }) => sum + error, 0) / answers.length
    await trx.insertInto('evaluations').values({ run: key, scope: 'test', metric: 'mae', value, count: answers.length, standard_error: 0.1, low: value - 1, high: value + 1 }).execute()
  })
  mkdirSync(artefact, { recursive: true })
  writeFileSync(join(artefact, 'predictions.csv'), ['path,split,label,prediction,found,unseen,subject', ...answers.map(({ path, age, error }) => `${path},test,${age},${age + error},true,false,`), ''].join('\n'))
}
