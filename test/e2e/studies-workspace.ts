import type { RunState } from '#shared/order.ts'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addPoints } from '#main/workspace/curves.ts'
import { moveRun, putPlannedRun } from '#main/workspace/runs.ts'
import { putStudy, setStudyRuns } from '#main/workspace/studies.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { Recipe } from '#shared/recipe.ts'
import { stages } from '#shared/stages/index.ts'
import { writePack } from '../unit/faces/pack.ts'

const fingerprint = 'f'.repeat(64)
const facesKey = 'e'.repeat(64)
const samples = 40
const methods = ['pca', 'ae'] as const
const seeds = [0, 1]

/** Key of the run that fills a cell of the study. */
export function cellKey(method: typeof methods[number] | 'student', seed: number): string {
  return `${method === 'pca' ? 'a1' : method === 'ae' ? 'b2' : 'c3'}${seed}`.padEnd(64, '0')
}

/** Words of others that the screens show. */
export interface StudyWords {
  /** Of the task that the study is about. */
  classes: string[]
  pathOf: (index: number) => string
  licence: string
  /** What a run's label begins with. */
  label: string
  /** A comment of the recipe. */
  comment: string
  /** Why a run failed. */
  failure: string
}
const plain: StudyWords = { classes: ['male', 'female'], pathOf: index => `${index}.jpg`, licence: 'research only', label: 'transfer', comment: 'not on this disk', failure: 'The disk is full.' }

/** A folder with a workspace as a finished study left it: two methods with two seeds each, answers per sample, faces, curves, and one failed run. */
export async function studiesWorkspace({ classes, pathOf, licence, label, comment, failure }: StudyWords = plain): Promise<string> {
  const folder = join(mkdtempSync(join(tmpdir(), 'facet-e2e-studies-')), 'workspace')
  const workspace = createWorkspace(folder, 'test')
  const { paths, db } = workspace
  const paths40 = Array.from({ length: samples }, (_, i) => pathOf(i))
  writeDataset(paths.datasetPath(fingerprint), {
    meta: { format: 'utkface', root: '/photos', fingerprint, tasks: { gender: { kind: 'classification', label: 'gender', classes, protocol: 'split' } }, aligned: false, licence, notes: [] },
    samples: paths40.map((path, i) => ({ path, labels: { gender: i % 2 }, split: 'test', subject: null, unseen: false, bytes: 1, sha256: String(i).padStart(64, '0') })),
    rejected: [],
    pairs: [],
  })
  await writePack(paths.facesPath(facesKey), samples, { encoding: 'jpeg' })
  const recipe = `# Two ways to fuse\nstudy: sample\ndata:\n  utk: { format: utkface, path: /photos } # ${comment}\nunlabelled: [utk]\nteachers: [dlib, faceres]\nstages:\n  combine: [{ kind: pca }, { kind: ae }]\nknowledge:\n  - { name: Gender-UTK, data: utk, task: gender }\nmethods: [pca, ae, student]\nseeds: [0, 1]\ntables: [target]\n`
  const cell = (method: string, seed: number, key: string | null) => ({ knowledge: 'Gender-UTK', data: 'utk', task: 'gender', method, seed, key, reason: null, marks: [] })
  await putStudy(db, {
    name: 'sample',
    recipe,
    detail: {
      recipe: Recipe.parse({ study: 'sample', data: { utk: { format: 'utkface', path: '/photos' } }, unlabelled: ['utk'], teachers: ['dlib', 'faceres'], stages: { combine: [{ kind: 'pca' }, { kind: 'ae' }] }, knowledge: [{ name: 'Gender-UTK', data: 'utk', task: 'gender' }], methods: ['pca', 'ae', 'student'], seeds, tables: ['target'] }),
      command: { path: '/recipes/sample.yaml', set: [] },
      target: 'ae',
      cells: [...methods.flatMap(method => seeds.map(seed => cell(method, seed, cellKey(method, seed)))), cell('student', 0, cellKey('student', 0))],
      faces: [{ data: 'utk', key: facesKey }],
      reconstructions: [],
      datasets: [{ name: 'utk', format: 'utkface', fingerprint, aligned: false }],
      teachers: [{ name: 'dlib', sha256: '0'.repeat(64), dimension: 128, contaminates: [] }],
      estimates: {},
    },
  }, Date.now())

  const addRun = async (key: string, label: string, state: RunState, config: Record<string, unknown>, right: (i: number) => boolean): Promise<void> => {
    const artefact = paths.modelPath(key)
    const answers = paths40.map((path, i) => ({ path, label: i % 2, prediction: right(i) ? i % 2 : 1 - i % 2 }))
    const accuracy = 100 * answers.filter(({ label, prediction }) => label === prediction).length / samples
    await db.transaction().execute(async (trx) => {
      await putPlannedRun(trx, {
        key,
        stage: 'transfer',
        version: stages.transfer.version,
        config,
        inputs: {},
        seed: 0,
        usesSeed: true,
        usesAllCores: false,
        needs: [],
        label,
        order: { key, stage: 'transfer', version: stages.transfer.version, config, seed: 0, artefact, sources: [{ name: 'utk', root: '/photos', dataset: paths.datasetPath(fingerprint), faces: paths.facesPath(facesKey), embeddings: null, unlabelled: false }], teachers: [], combiner: null, student: null },
      }, { position: Number.parseInt(key.slice(0, 2), 16), now: 0 })
      await moveRun(trx, key, 'running', { now: 1 })
      await moveRun(trx, key, state, { now: 2, reason: state === 'failed' ? { code: 'disk', message: failure } : null, set: { result: state === 'done' ? JSON.stringify({ summary: { steps: 50 }, evaluations: [] }) : null, duration_ms: 1000 } })
      if (state !== 'done')
        return
      await trx.insertInto('evaluations').values({ run: key, scope: 'test', metric: 'accuracy', value: accuracy, count: samples, standard_error: 5, low: accuracy - 10, high: accuracy + 10 }).execute()
      await addPoints(trx, key, Array.from({ length: 50 }, (_, step) => ({ metric: 'loss', step, value: 1 / (step + 1), at_ms: step * 1000 })))
    })
    if (state === 'done') {
      mkdirSync(artefact, { recursive: true })
      writeFileSync(join(artefact, 'predictions.csv'), ['path,split,label,prediction,found,unseen,subject', ...answers.map(({ path, label, prediction }) => `${path},test,${label},${prediction},true,false,`), ''].join('\n'))
    }
  }
  for (const seed of seeds) {
    await addRun(cellKey('pca', seed), `${label} Gender-UTK, pca, seed ${seed}`, 'done', { task: 'gender', head: { hidden: [256] } }, i => i % 3 !== 0)
    await addRun(cellKey('ae', seed), `${label} Gender-UTK, ae, seed ${seed}`, 'done', { task: 'gender', head: { hidden: [64] } }, i => i !== 7 + seed)
  }
  await addRun(cellKey('student', 0), `${label} Gender-UTK, student, seed 0`, 'failed', { task: 'gender' }, () => false)
  await db.transaction().execute(trx => setStudyRuns(trx, 'sample', [...methods.flatMap(method => seeds.map(seed => cellKey(method, seed))), cellKey('student', 0)]))
  await workspace.close()
  return folder
}
