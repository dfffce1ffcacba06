import type { TeacherDraft } from '#shared/teacher-views.ts'
import { Buffer } from 'node:buffer'
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageRoot } from '#main/node-binary.ts'
import { moveRun, putPlannedRun } from '#main/workspace/runs.ts'
import { createEmbeddings } from '#shared/files/embeddings.ts'
import { colourNet, onnxTeacher } from '../teachers/onnx-files.ts'
import { bytesOf, float, placeholder, writeModel } from '../teachers/tfjs-files.ts'
import { openData } from './data-fixture.ts'

const models = join(packageRoot, 'node_modules/@vladmandic/human/models')
const emotion = join(models, 'emotion.json')
const draft: TeacherDraft = {
  name: 'mine',
  title: 'My emotions',
  knowledge: 'emotion',
  format: 'tfjs-graph',
  embedding: { node: 'StatefulPartitionedCall/model_1/add_2/add', dimension: 256, pool: 'average' },
  input: { size: 64, crop: [25, 25, 275, 275], color: 'gray', mean: [127.5], std: [127.5] },
  licence: 'MIT',
  trainedOn: ['FER2013'],
  contaminates: [],
  paper: 'none',
}
let data: ReturnType<typeof openData>
beforeEach(() => {
  data = openData()
})
afterEach(() => data.close())

describe('a model file', () => {
  it('is read with input, weights and nodes with their shapes; the last before the classes are suggested', async () => {
    const found = await data.call('teachers.inspect', { path: emotion })
    expect(found).toMatchObject({ format: 'tfjs-graph', name: 'emotion', input: { size: 64, channels: 1 } })
    const add = found.nodes.find(({ name }) => name === draft.embedding.node)!
    expect(add).toEqual({ name: draft.embedding.node, op: expect.any(String), shape: [8, 8, 256], dimension: 256, pool: 'average', suggested: true })
    expect(found.nodes.filter(({ suggested }) => suggested).every(({ dimension }) => dimension! >= 48)).toBe(true)
    expect(found.files.map(file => file.split('/').at(-1))).toEqual(['emotion.json', 'emotion.bin'])
  })

  it('of any side is looked at with the side that is given', async () => {
    const model = writeModel(join(data.folder, 'any'), [
      placeholder('image', [-1, -1, -1, 3]),
      { name: 'out', op: 'Mul', input: ['image', 'w'], attr: float },
    ], [{ name: 'w', shape: [1], dtype: 'float32', bytes: bytesOf(Float32Array.of(2)) }])
    const found = await data.call('teachers.inspect', { path: dirname(model), size: 40 })
    expect(found.input).toEqual({ size: null, channels: 3 })
    expect(found.nodes).toEqual([{ name: 'out', op: 'Mul', shape: [40, 40, 3], dimension: 3, pool: 'average', suggested: false }])
    expect(found.parameters).toBe(1)
  })

  it.each([
    ['net.onnx', /The ONNX file is damaged/],
    ['net.tflite', /A TensorFlow Lite file is not read/],
    ['net.pth', /PyTorch file, which is executed/],
    ['net.json', /not JSON/],
  ])('that cannot be a teacher is refused by its kind: %s', async (name, message) => {
    const path = join(data.folder, name)
    writeFileSync(path, 'x')
    await expect(data.call('teachers.inspect', { path })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(message), hint: expect.any(String) })
  })

  it('with an op that reaches outside the graph is refused, naming it', async () => {
    const path = writeModel(join(data.folder, 'spy'), [
      placeholder('image', [-1, 8, 8, 3]),
      { name: 'read', op: 'ReadFile', input: ['image'] },
    ], [])
    await expect(data.call('teachers.inspect', { path })).rejects.toMatchObject({ message: expect.stringContaining('"ReadFile"') })
  })
})

describe('a teacher that is tried', () => {
  it('answers a drawn face without being saved: shape, norm, repeatability, time, what it sees', async () => {
    const trial = await data.call('teachers.try', { model: emotion, draft, face: { kind: 'drawn', number: 3 } })
    expect(trial).toMatchObject({ shape: [1, 256], finite: true, repeatDeviation: 0, face: 'drawn' })
    expect(trial.norm).toBeGreaterThan(0)
    expect(trial.batchDeviation).toBeLessThan(0.001)
    expect(trial.shiftCosine).toBeGreaterThan(trial.otherCosine)
    expect(trial.values).toHaveLength(256)
    expect(Math.hypot(...trial.values)).toBeCloseTo(trial.norm, 4)
    expect(await sharp(Buffer.from(trial.seen, 'base64')).metadata()).toMatchObject({ format: 'png', width: 64, channels: 1 })
    expect(await sharp(Buffer.from(trial.aligned, 'base64')).metadata()).toMatchObject({ format: 'jpeg', width: 300 })
    expect(readdirSync(data.workspace.paths.teachers)).toEqual([])
  })

  it('takes an uploaded photograph, and the middle of one without a face', async () => {
    const bytes = (await sharp({ create: { width: 90, height: 60, channels: 3, background: '#abc' } }).png().toBuffer()).toString('base64')
    expect(await data.call('teachers.try', { model: emotion, draft, face: { kind: 'photograph', bytes } })).toMatchObject({ face: 'ready crop' })
    await expect(data.call('teachers.try', { model: emotion, draft, face: { kind: 'photograph', bytes: 'AAAA' } })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('no image') })
  })

  it('says which setting does not fit', async () => {
    await expect(data.call('teachers.try', { model: emotion, draft: { ...draft, embedding: { ...draft.embedding, pool: 'none' } }, face: { kind: 'drawn' } })).rejects.toMatchObject({ hint: expect.stringContaining('average') })
    await expect(data.call('teachers.try', { model: emotion, draft: { ...draft, input: { ...draft.input, size: 96 } }, face: { kind: 'drawn' } })).rejects.toMatchObject({ hint: expect.stringContaining('64') })
    await expect(data.call('teachers.try', { model: emotion, draft: { ...draft, input: { ...draft.input, mean: [1, 2, 3] } }, face: { kind: 'drawn' } })).rejects.toMatchObject({ message: expect.stringContaining('input.mean') })
  })
})

describe('a teacher of one\'s own', () => {
  it('is written with checksum and probes, can be named, and is gone after its removal', async () => {
    await data.call('teachers.create', { model: emotion, draft })
    expect(data.heard.at(-1)).toEqual(['teachers.changed', { name: 'mine' }])
    const detail = await data.call('teachers.get', { name: 'mine' })
    expect(detail).toMatchObject({ origin: 'workspace', problem: null, dimension: 256, usedBy: [], embedded: [] })
    expect(detail.described!.probes.map(({ image }) => image)).toEqual(['gradient', 'face', 'noise'])
    expect(detail.text).toContain('crop: [25, 25, 275, 275]')
    expect(readdirSync(join(data.workspace.paths.teachers, 'mine')).sort()).toEqual(['emotion.bin', 'emotion.json', 'mine.yaml'])
    expect((await data.call('teachers.verify')).find(({ name }) => name === 'mine')).toMatchObject({ ok: true })
    const photograph = join(data.folder, 'p.png')
    await sharp({ create: { width: 90, height: 90, channels: 3, background: '#abc' } }).png().toFile(photograph)
    expect(await data.call('teachers.check', { name: 'mine', image: photograph })).toMatchObject({ probeDeviation: expect.closeTo(0, 4) })
    expect(await data.call('teachers.dependents', { name: 'mine' })).toEqual({ studies: [], runs: 0, bytes: 0 })
    await data.call('teachers.remove', { name: 'mine' })
    expect(existsSync(join(data.workspace.paths.teachers, 'mine'))).toBe(false)
  })

  it('of an ONNX file is written with it and its probes, and checked on a photograph', async () => {
    const path = join(data.folder, 'colours.onnx')
    onnxTeacher(path, colourNet())
    expect(await data.call('teachers.inspect', { path })).toMatchObject({ format: 'onnx', name: 'colours', parameters: 24 })
    await data.call('teachers.create', { model: path, draft: { ...draft, format: 'onnx', embedding: { node: 'embedding', dimension: 4, pool: 'none' }, input: { size: 12, crop: [0, 0, 300, 300], color: 'rgb', mean: [0], std: [255] } } })
    expect(await data.call('teachers.get', { name: 'mine' })).toMatchObject({ problem: null, dimension: 4 })
    expect(readdirSync(join(data.workspace.paths.teachers, 'mine')).sort()).toEqual(['colours.onnx', 'mine.yaml'])
    const photograph = join(data.folder, 'p.png')
    await sharp({ create: { width: 90, height: 90, channels: 3, background: { r: 255, g: 51, b: 0 } } }).png().toFile(photograph)
    const check = await data.call('teachers.check', { name: 'mine', image: photograph })
    expect(check).toMatchObject({ shape: [1, 4], probeDeviation: expect.closeTo(0, 4) });
    // red 1, green 0.2, blue 0 through the weights of colourNet
    [1, 1.4, 0, 0.5 + 0.05 - 3].forEach((value, i) => expect((check.embedding as number[])[i]).toBeCloseTo(value, 3))
  })

  it('that is called like the folder of all teachers is removed alone', async () => {
    const { teachers } = data.workspace.paths
    await data.call('teachers.create', { model: emotion, draft })
    cpSync(join(teachers, 'mine'), teachers, { recursive: true })
    renameSync(join(teachers, 'mine.yaml'), join(teachers, 'teachers.yaml'))
    writeFileSync(join(teachers, 'teachers.yaml'), readFileSync(join(teachers, 'teachers.yaml'), 'utf8').replace('name: mine', 'name: teachers'))
    await data.call('teachers.remove', { name: 'teachers' })
    expect(existsSync(join(teachers, 'teachers.yaml'))).toBe(false)
    expect(existsSync(join(teachers, 'mine', 'mine.yaml'))).toBe(true)
  })

  it('takes no name that is taken, and leaves nothing behind where the model does not fit', async () => {
    await expect(data.call('teachers.create', { model: emotion, draft: { ...draft, name: 'dlib' } })).rejects.toMatchObject({ code: 'conflict' })
    await expect(data.call('teachers.create', { model: emotion, draft: { ...draft, embedding: { ...draft.embedding, node: 'nowhere' } } })).rejects.toMatchObject({ message: expect.stringContaining('no node "nowhere"') })
    expect(readdirSync(data.workspace.paths.teachers)).toEqual([])
  })

  it('is changed with its comments kept; its probes are recorded anew', async () => {
    await data.call('teachers.create', { model: emotion, draft })
    const path = join(data.workspace.paths.teachers, 'mine', 'mine.yaml')
    writeFileSync(path, `# from the lab\n${readFileSync(path, 'utf8')}`)
    const before = (await data.call('teachers.get', { name: 'mine' }))
    await data.call('teachers.edit', { name: 'mine', draft: { ...draft, title: 'Better', input: { ...draft.input, crop: [0, 0, 300, 300] } } })
    const after = await data.call('teachers.get', { name: 'mine' })
    expect(after.text).toMatch(/^# from the lab\n/)
    expect(after).toMatchObject({ title: 'Better', problem: null })
    expect(after.sha256).not.toBe(before.sha256)
    expect(after.described!.probes[1]!.norm).not.toBe(before.described!.probes[1]!.norm)
    await expect(data.call('teachers.edit', { name: 'mine', draft: { ...draft, name: 'other' } })).rejects.toMatchObject({ code: 'usage' })
  })

  it('whose file was changed is told by the verification', async () => {
    await data.call('teachers.create', { model: emotion, draft })
    writeFileSync(join(data.workspace.paths.teachers, 'mine', 'emotion.bin'), 'other weights')
    expect((await data.call('teachers.verify')).filter(({ ok }) => !ok)).toMatchObject([{ name: 'mine', problem: expect.stringContaining('SHA-256') }])
    expect(await data.call('teachers.get', { name: 'mine' })).toMatchObject({ described: null, text: expect.stringContaining('name: mine') })
  })

  it('is not read again for a list while its files look unchanged, but before it is used and verified', async () => {
    await data.call('teachers.create', { model: emotion, draft })
    const path = join(data.workspace.paths.teachers, 'mine', 'emotion.bin')
    utimesSync(path, 1, 1)
    await data.call('teachers.list')
    writeFileSync(path, Buffer.alloc(statSync(path).size))
    utimesSync(path, 1, 1)
    const problemOf = (list: { name: string, problem: string | null }[]) => list.find(({ name }) => name === 'mine')!.problem
    expect(problemOf(await data.call('teachers.list'))).toBeNull()
    expect(problemOf(await data.call('teachers.verify'))).toContain('SHA-256')
    await expect(data.call('teachers.check', { name: 'mine', image: path })).rejects.toMatchObject({ message: expect.stringContaining('SHA-256') })
    utimesSync(path, 2, 2)
    expect(problemOf(await data.call('teachers.list'))).toContain('SHA-256')
  })

  it('that comes with Facet is neither changed nor removed', async () => {
    await expect(data.call('teachers.remove', { name: 'dlib' })).rejects.toMatchObject({ code: 'conflict', hint: expect.any(String) })
  })
})

describe('affinity', () => {
  it('is 1 between a teacher and its turned copy, and less between teachers that see other things', async () => {
    const key = 'b'.repeat(64)
    const { paths, db } = data.workspace
    const pack = createEmbeddings(paths.embeddingsPath(key), { teachers: [{ name: 'a', dimension: 2 }, { name: 'turned', dimension: 2 }, { name: 'other', dimension: 1 }], size: 100 })
    const angle = (i: number) => i * 2 * Math.PI / 100
    pack.append(Int32Array.from({ length: 100 }, (_, i) => i), {
      a: Float32Array.from({ length: 200 }, (_, j) => j % 2 ? Math.sin(angle(j >> 1)) : Math.cos(angle(j >> 1))),
      turned: Float32Array.from({ length: 200 }, (_, j) => j % 2 ? 3 * Math.cos(angle(j >> 1)) : -3 * Math.sin(angle(j >> 1))),
      other: Float32Array.from({ length: 100 }, (_, i) => Math.cos(2 * angle(i))),
    })
    pack.seal()
    const teachers = ['a', 'turned', 'other'].map(name => ({ name, sha256: 'c'.repeat(64) }))
    await db.transaction().execute(async (trx) => {
      await putPlannedRun(trx, { key, stage: 'embed', version: 1, config: {}, inputs: { data: [{ name: 'utk' }], teachers }, seed: 0, usesSeed: false, usesAllCores: false, needs: [], label: 'embed utk', order: { key, stage: 'embed', version: 1, config: {}, seed: 0, artefact: paths.embeddingsPath(key), sources: [], teachers: [], combiner: null, student: null } }, { position: 0, now: 0 })
      await moveRun(trx, key, 'running', { now: 1 })
      await moveRun(trx, key, 'done', { now: 2, set: { result: JSON.stringify({ summary: { faces: 100 }, evaluations: [] }) } })
    })
    expect(await data.call('teachers.embedded')).toEqual([{ key, dataset: 'utk', faces: 100, teachers: ['a', 'turned', 'other'] }])
    const { matrix, faces, teachers: rows } = await data.call('teachers.affinity', { key })
    expect(faces).toBe(100)
    expect(matrix[0]![1]).toBeCloseTo(1, 5)
    expect(matrix[0]![2]).toBeCloseTo(0, 5)
    expect(matrix.map((row, i) => row[i])).toEqual([1, 1, 1])
    expect(rows[0]!.effectiveRank).toBeCloseTo(2, 3)
    await expect(data.call('teachers.affinity', { key: 'd'.repeat(64) })).rejects.toMatchObject({ code: 'not-found' })
  })
})
