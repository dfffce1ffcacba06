import type { Workspace } from '#main/workspace/workspace.ts'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { moveRun, putPlannedRun } from '#main/workspace/runs.ts'
import { putStudy, setStudyRuns } from '#main/workspace/studies.ts'
import { Recipe } from '#shared/recipe.ts'
import { headVariables } from '#worker/models/head.ts'
import { studentVariables } from '#worker/models/student-network.ts'
import { saveStudent } from '#worker/models/student.ts'
import { saveTransfer } from '#worker/models/transfer-model.ts'

const shape = { network: 'resnet18', width: 6, input: 32 } as const
const size = 10
const key = (name: string): string => createHash('sha256').update(name).digest('hex')

/**
 * A finished study whose networks are untrained but whole: a student with heads on gender and ethnicity, and a head on the teacher
 * "emotion" for gender. Enough for whatever asks networks about photographs.
 */
export async function makeNetworks({ db, paths }: Workspace, study = 'sketch'): Promise<void> {
  const student = paths.modelPath(key('student'))
  saveStudent(student, { manifest: { format: 'facet-student-1', ...shape, size, parameters: 1, cosine: 0.5, faces: { count: 1, fingerprint: 'f' } }, tensors: studentVariables(shape, size, 3) })
  const heads = [
    { knowledge: 'Gender', task: 'gender', method: 'student', classes: ['male', 'female'], encoder: { kind: 'student', mode: 'frozen' } as const, width: size },
    { knowledge: 'Ethnic', task: 'ethnicity', method: 'student', classes: ['White', 'Black', 'Asian'], encoder: { kind: 'student', mode: 'frozen' } as const, width: size },
    { knowledge: 'Gender', task: 'gender', method: 'teacher:emotion', classes: ['male', 'female'], encoder: { kind: 'teacher', name: 'emotion' } as const, width: 256 },
  ]
  const runs = heads.map(head => ({ ...head, key: key(`${head.knowledge} ${head.method}`) }))
  for (const { key, task, classes, encoder, width } of runs) {
    const row = (value: number) => ({ dtype: 'float32' as const, shape: [width], data: new Float32Array(width).fill(value) })
    const head = { hidden: [], dropout: 0 }
    saveTransfer(paths.modelPath(key), {
      manifest: { format: 'facet-transfer-1', encoder, width, clip: 10, head, task, target: { kind: 'classification', outputs: classes.length, middle: 0, spread: 1, range: [0, classes.length - 1] }, classes, unit: null },
      tensors: { ...headVariables(width, head, classes.length, 1), 'input/mean': row(0), 'input/scale': row(1) },
    })
  }
  const knowledge = [{ name: 'Gender', data: 'photos', task: 'gender' }, { name: 'Ethnic', data: 'photos', task: 'ethnicity' }]
  await putStudy(db, {
    name: study,
    recipe: `study: ${study}\n`,
    detail: {
      recipe: Recipe.parse({ study, data: { photos: {} }, unlabelled: ['photos'], teachers: ['emotion'], knowledge, methods: ['student', 'teacher:emotion'] }),
      command: { path: join(paths.root, `${study}.yaml`), set: [] },
      target: 'ae',
      cells: runs.map(({ knowledge, task, method, key }) => ({ knowledge, data: 'photos', task, method, seed: 0, key, reason: null, marks: [] })),
      faces: [],
      reconstructions: [],
      datasets: [],
      teachers: [],
      estimates: {},
    },
  }, Date.now())
  await db.transaction().execute(async (trx) => {
    for (const [position, { key, knowledge, task, method, encoder }] of runs.entries()) {
      const config = { task, encoder }
      await putPlannedRun(trx, { key, stage: 'transfer', version: 1, config, inputs: {}, seed: 0, usesSeed: true, usesAllCores: false, needs: [], label: `transfer ${knowledge}, ${method}, seed 0`, order: { key, stage: 'transfer', version: 1, config, seed: 0, artefact: paths.modelPath(key), sources: [], teachers: [], combiner: null, student: method === 'student' ? student : null } }, { position, now: 0 })
      await moveRun(trx, key, 'running', { now: 1 })
      await moveRun(trx, key, 'done', { now: 2 })
    }
    await setStudyRuns(trx, study, runs.map(({ key }) => key))
  })
}
