import type { TryRequest } from '#shared/try-views.ts'
import { Buffer } from 'node:buffer'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Photograph } from '#shared/try-views.ts'
import { tryPhotograph } from '#worker/inspect/try.ts'
import { headVariables } from '#worker/models/head.ts'
import { studentVariables } from '#worker/models/student-network.ts'
import { saveStudent } from '#worker/models/student.ts'
import { saveTransfer } from '#worker/models/transfer-model.ts'
import { predict } from '#worker/predict.ts'

const shape = { network: 'resnet18', width: 6, input: 32 } as const
const size = 10
const head = { hidden: [], dropout: 0 }
const sample = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo', 'sample1.jpg')
const manifest = resolve(import.meta.dirname, '../../../../resources/teachers/emotion.yaml')
let folder: string

function saveHead(name: string, encoder: { kind: 'student', mode: 'frozen' } | { kind: 'teacher', name: string }, width: number): void {
  const ones = (value: number) => ({ dtype: 'float32' as const, shape: [width], data: new Float32Array(width).fill(value) })
  saveTransfer(join(folder, name), {
    manifest: { format: 'facet-transfer-1', encoder, width, clip: 10, head, task: 'gender', target: { kind: 'classification', outputs: 2, middle: 0, spread: 1, range: [0, 1] }, classes: ['male', 'female'], unit: null },
    tensors: { ...headVariables(width, head, 2, 1), 'input/mean': ones(0), 'input/scale': ones(1) },
  })
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-try-'))
  saveStudent(join(folder, 'student'), { manifest: { format: 'facet-student-1', ...shape, size, parameters: 1, cosine: 0.5, faces: { count: 1, fingerprint: 'f' } }, tensors: studentVariables(shape, size, 3) })
  saveHead('own', { kind: 'student', mode: 'frozen' }, size)
  saveHead('teachers', { kind: 'teacher', name: 'emotion' }, 256)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function request(photograph: Buffer, wholeImage = false): TryRequest {
  return {
    photograph: photograph.toString('base64'),
    wholeImage,
    size: 300,
    minDetection: 0.6,
    minMesh: 0.5,
    knowledge: [{ name: 'Gender', task: 'gender', model: join(folder, 'own'), student: join(folder, 'student'), encoder: join(folder, 'student') }],
    teachers: [{ name: 'emotion', manifest, sha256: 'x' }],
    heads: [{ knowledge: 'Gender', task: 'gender', teacher: 'emotion', model: join(folder, 'teachers') }],
  }
}

it('lets the student and the teachers\' heads speak about every face, as the terminal\'s predict does', async () => {
  const { faces, costs, isWholeImage } = await tryPhotograph(request(readFileSync(sample)))
  const { photograph: _, teachers: _t, heads: _h, wholeImage: _w, ...common } = request(Buffer.alloc(3))
  const expected = await predict({ ...common, image: sample })
  expect(isWholeImage).toBe(false)
  expect(faces.map(({ predictions }) => predictions)).toEqual(expected.faces.map(({ predictions }) => predictions))
  for (const { teachers, image } of faces) {
    expect(teachers).toMatchObject([{ teacher: 'emotion', knowledge: 'Gender' }])
    expect((await sharp(Buffer.from(image, 'base64')).metadata()).width).toBe(160)
  }
  expect(costs.map(({ name, role }) => [name, role])).toEqual([['student', 'student'], ['emotion', 'teacher'], ['find and align, per photograph', 'faces']])
  expect(costs[1]!.parameters).toBe(205_129)
  expect(costs.every(({ milliseconds }) => milliseconds > 0)).toBe(true)
})

it('a photograph without a face is no error; its middle is taken where somebody says so', async () => {
  const empty = await sharp({ create: { width: 200, height: 100, channels: 3, background: '#789' } }).png().toBuffer()
  expect(await tryPhotograph(request(empty))).toMatchObject({ width: 200, height: 100, faces: [], isWholeImage: false })
  const { faces, isWholeImage } = await tryPhotograph(request(empty, true))
  expect(isWholeImage).toBe(true)
  expect(faces).toMatchObject([{ box: { left: 50, top: 0, width: 100, height: 100 }, predictions: [{ knowledge: 'Gender' }], teachers: [{ teacher: 'emotion' }] }])
})

it('what is no photograph is refused', async () => {
  await expect(tryPhotograph(request(Buffer.from('not a picture')))).rejects.toThrow(/no image/)
  expect(Photograph.safeParse('not base64!').success).toBe(false)
  expect(Photograph.safeParse('A'.repeat(40_000_000)).success).toBe(false)
})
