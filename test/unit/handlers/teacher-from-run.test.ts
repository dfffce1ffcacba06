import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { moveRun, putPlannedRun } from '#main/workspace/runs.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { GraphBuilder } from '#worker/engine/graph.ts'
import { tf } from '#worker/engine/tf.ts'
import { cosine } from '#worker/evaluate/pairs.ts'
import { createDetector } from '#worker/faces/detect.ts'
import { showFace } from '#worker/faces/loader.ts'
import { alignFace, openPhotograph } from '#worker/faces/photograph.ts'
import { renderSyntheticFace } from '#worker/faces/synthetic/index.ts'
import { headVariables } from '#worker/models/head.ts'
import { embed, runBackbone } from '#worker/models/student-network.ts'
import { studentEncoder } from '#worker/models/student.ts'
import { saveTransfer } from '#worker/models/transfer-model.ts'
import { preprocess } from '#worker/teachers/preprocess.ts'
import { saveHead, saveNetwork, shaken, shapeOf, size } from '../worker/export/networks.ts'
import { openData } from './data-fixture.ts'

const fingerprint = 'b'.repeat(64)
const [student, transfer, scratch, prepared, onTeacher] = ['1', '2', '3', '4', '5'].map(digit => digit.repeat(64)) as [string, string, string, string, string]
const shape = shapeOf('cnn')
let data: ReturnType<typeof openData>
let photograph: string

beforeAll(async () => {
  data = openData()
  const { paths } = data.workspace
  writeDataset(paths.datasetPath(fingerprint), { meta: { format: 'utkface', root: '/photos', fingerprint, tasks: {}, aligned: false, licence: 'research only', notes: [] }, samples: [], rejected: [], pairs: [] })
  await addRun(student, 'distil', { label: 'distil ae', config: {}, teachers: ['dlib', 'age-gender'] })
  await addRun(transfer, 'transfer', { label: 'transfer age, student', config: { task: 'age' }, student: paths.artefactPath('distil', student) })
  await addRun(scratch, 'transfer', { label: 'transfer age, scratch', config: { task: 'age' }, folds: 5 })
  await addRun(prepared, 'prepare', { label: 'prepare utk', config: {} })
  await addRun(onTeacher, 'transfer', { label: 'transfer age, teacher:dlib', config: { task: 'age' } })
  const models = join(data.folder, 'models')
  mkdirSync(models)
  place(saveNetwork(models, shape), paths.artefactPath('distil', student))
  place(saveHead(models, 'regression'), paths.artefactPath('transfer', transfer))
  place(saveOwn(join(models, 'scratch'), { kind: 'scratch', ...shape }), paths.artefactPath('transfer', scratch))
  place(saveOwn(join(models, 'on-teacher'), { kind: 'teacher', name: 'dlib' }), paths.artefactPath('transfer', onTeacher))
  photograph = join(data.folder, 'face.jpg')
  writeFileSync(photograph, (await renderSyntheticFace({ seed: 3, size: 400, identities: 100 }, 7)).jpeg)
}, 120_000)
afterAll(() => data.close())

/** A transfer that trained its own network, whose head has three classes. */
function saveOwn(path: string, encoder: Parameters<typeof saveTransfer>[1]['manifest']['encoder']): string {
  const head = { hidden: [], dropout: 0 }
  const row = (value: number) => ({ dtype: 'float32' as const, shape: [size], data: new Float32Array(size).fill(value) })
  saveTransfer(path, {
    manifest: { format: 'facet-transfer-1', task: 'age', encoder, width: size, clip: 3, head, target: { kind: 'classification', outputs: 3, middle: 0, spread: 1, range: [0, 2] }, classes: ['a', 'b', 'c'], unit: null },
    tensors: { ...shaken(shape), ...headVariables(size, head, 3, 1), 'input/mean': row(0), 'input/scale': row(1) },
  })
  return path
}

function place(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of ['manifest.json', 'tensors.safetensors'])
    writeFileSync(join(to, name), readFileSync(join(from, name)))
}

async function addRun(key: string, stage: 'distil' | 'transfer' | 'prepare', { label, config, student = null, teachers = [], folds = 1 }: { label: string, config: object, student?: string | null, teachers?: string[], folds?: number }): Promise<void> {
  const { db, paths } = data.workspace
  const artefact = paths.artefactPath(stage, key)
  const source = { name: 'utk', root: '/photos', dataset: paths.datasetPath(fingerprint), faces: null, embeddings: null, unlabelled: false }
  await db.transaction().execute(async (trx) => {
    await putPlannedRun(trx, {
      key,
      stage,
      version: 1,
      config,
      inputs: {},
      seed: 0,
      usesSeed: true,
      usesAllCores: false,
      needs: [],
      label,
      order: { key, stage, version: 1, config, seed: 0, artefact, sources: [source], teachers: teachers.map(name => ({ name, manifest: `/${name}.yaml`, sha256: '' })), combiner: null, student },
    }, { position: 0, now: 0 })
    await moveRun(trx, key, 'running', { now: 1 })
    await moveRun(trx, key, 'done', { now: 2, reason: null, set: { duration_ms: 1000, result: JSON.stringify({ summary: { folds }, evaluations: [] }) } })
  })
  mkdirSync(dirname(artefact), { recursive: true })
}

/** The face of the photograph as teachers get it, u8 [300, 300, 3]. */
async function alignedFace(): Promise<Uint8Array> {
  const opened = await openPhotograph(photograph)
  const detector = createDetector()
  try {
    const [detection] = await detector.detect([opened.image], { minDetection: 0.6, minMesh: 0.5 })
    return await alignFace(opened, detection!.faces[0]!, 300)
  }
  finally {
    detector.dispose()
  }
}

/** What the run's network makes of pixels of its size, in plain tfjs. */
function eager(pixels: Float32Array): Float32Array {
  return tf.tidy(() => {
    const weights = Object.fromEntries(Object.entries(shaken(shape)).map(([name, { data, shape }]) => [name, tf.tensor(data, shape, 'float32')]))
    return embed(runBackbone(tf.tensor4d(pixels, [1, shape.input, shape.input, 3]), weights, shape), weights).dataSync() as Float32Array
  })
}

/** What the graph that the run is evaluated by makes of bytes. */
function embeddingOf(pixels: Uint8Array): Float32Array {
  const encoder = studentEncoder(shape, size, shaken(shape), 1)
  try {
    return encoder.encode(pixels)
  }
  finally {
    encoder.dispose()
  }
}

function shrunk(face: Uint8Array): Float32Array {
  const builder = new GraphBuilder()
  const faces = builder.placeholder('faces', [-1, 300, 300, 3], 'uint8')
  const seen = preprocess(builder, faces, { size: shape.input, crop: [0, 0, 300, 300], color: 'rgb', mean: [0], std: [1] })
  const session = builder.load()
  try {
    return session.compute({ faces: { dtype: 'uint8', shape: [1, 300, 300, 3], data: face } }, [seen.node])[0]!.data as Float32Array
  }
  finally {
    session.dispose()
  }
}

it.each([
  ['a student', student, 'own-student', 'fused'],
  ['a head on a frozen student', transfer, 'own-frozen', 'age'],
  ['a network from scratch', scratch, 'own-scratch', 'age'],
])('%s becomes a teacher that answers a photograph as the run\'s network does', async (_name, key, name, knowledge) => {
  const manifest = await data.call('teachers.createFromRun', { key: key.slice(0, 8), name })
  expect(manifest).toMatchObject({ name, knowledge, format: 'tfjs-graph', embedding: { node: 'embedding', dimension: size, pool: 'none' }, input: { size: 32, crop: [0, 0, 300, 300], color: 'rgb', mean: [0], std: [1] } })
  const { embedding, face, probeDeviation } = await data.call('teachers.check', { name, image: photograph }) as unknown as { embedding: number[], face: string, probeDeviation: number }
  expect(face).toBe('detected and aligned')
  expect(probeDeviation).toBeLessThan(1e-4)
  const aligned = await alignedFace()
  const norm = Math.hypot(...embedding)
  // the same pixels through the run's own weights
  const expected = eager(shrunk(aligned))
  expect(Math.hypot(...embedding.map((value, i) => value - expected[i]!)) / norm).toBeLessThan(1e-4)
  // as runs are fed and `facet predict` feeds them: reduced in two steps by other kernels
  expect(cosine(embedding, embeddingOf(await showFace(aligned, 300, shape.input)))).toBeGreaterThan(0.995)
}, 120_000)

it('says which run it was, under which terms, and what it has seen', async () => {
  const own = (await data.call('teachers.get', { name: 'own-student' })).described!
  expect(own.title).toBe('distil ae')
  for (const text of ['run "distil ae"', student, 'utk (utkface): research only', 'teacher dlib: ', 'teacher age-gender: '])
    expect(own.licence).toContain(text)
  expect(own.trainedOn).toEqual(['utk (utkface)', 'teacher age-gender', 'teacher dlib'])
  expect(own.paper).toContain(`run ${student}`)
  // what its teachers saw it may know from them
  expect(own.contaminates).toEqual((await data.call('teachers.get', { name: 'age-gender' })).contaminates)
  // a head's student and that one's teachers count, and so do people who were left out of other folds
  expect((await data.call('teachers.get', { name: 'own-frozen' })).described!.trainedOn).toEqual(own.trainedOn)
  expect((await data.call('teachers.get', { name: 'own-scratch' })).contaminates).toEqual(['utkface'])
  expect(readdirSync(data.workspace.paths.teachers).sort()).toEqual(['own-frozen', 'own-scratch', 'own-student'])
  expect(data.heard.at(-1)).toEqual(['teachers.changed', { name: 'own-scratch' }])
})

it('is called as a person says', async () => {
  expect(await data.call('teachers.createFromRun', { key: student, name: 'mine', title: 'My student', knowledge: 'identity' })).toMatchObject({ title: 'My student', knowledge: 'identity' })
})

it('is refused where the run has no network of its own, or the name is taken; nothing stays behind', async () => {
  await expect(data.call('teachers.createFromRun', { key: prepared, name: 'none' })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('makes no network'), hint: expect.any(String) })
  await expect(data.call('teachers.createFromRun', { key: onTeacher, name: 'none' })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('stands on the teacher "dlib"') })
  await expect(data.call('teachers.createFromRun', { key: student, name: 'dlib' })).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('"dlib"') })
  expect(existsSync(join(data.workspace.paths.teachers, 'none'))).toBe(false)
  expect(readdirSync(data.workspace.paths.teachers).filter(name => name.startsWith('.'))).toEqual([])
})
