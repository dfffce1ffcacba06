import type { PredictRequest } from '#shared/predict.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { headVariables } from '#worker/models/head.ts'
import { studentVariables } from '#worker/models/student-network.ts'
import { saveStudent } from '#worker/models/student.ts'
import { saveTransfer } from '#worker/models/transfer-model.ts'
import { predict } from '#worker/predict.ts'

const shape = { network: 'resnet18', width: 6, input: 32 } as const
const size = 10
const head = { hidden: [], dropout: 0 }
/** Six photographs with several faces each come with the package; the first shows three people. */
const photograph = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo', 'sample1.jpg')
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facet-predict-'))
  await saveStudent(join(folder, 'student'), {
    manifest: {
      format: 'facet-student-1',
      ...shape,
      size,
      parameters: 1,
      cosine: 0.5,
      faces: { count: 1, fingerprint: 'f' },
    },
    tensors: studentVariables(shape, size, 3),
  })
  const standardisation = {
    'input/mean': {
      dtype: 'float32' as const,
      shape: [size],
      data: new Float32Array(size),
    },
    'input/scale': {
      dtype: 'float32' as const,
      shape: [size],
      data: new Float32Array(size).fill(1),
    },
  }
  const manifest = {
    format: 'facet-transfer-1',
    encoder: { kind: 'student', mode: 'frozen' },
    width: size,
    clip: 10,
    head,
  } as const
  saveTransfer(join(folder, 'gender'), {
    manifest: {
      ...manifest,
      task: 'gender',
      target: {
        kind: 'classification',
        outputs: 2,
        middle: 0,
        spread: 1,
        range: [0, 1],
      },
      classes: ['male', 'female'],
      unit: null,
    },
    tensors: {
      ...headVariables(size, head, 2, 1),
      ...standardisation,
    },
  })
  saveTransfer(join(folder, 'age'), {
    manifest: {
      ...manifest,
      task: 'age',
      target: {
        kind: 'regression',
        outputs: 1,
        middle: 40,
        spread: 12,
        range: [0, 116],
      },
      classes: null,
      unit: 'years',
    },
    tensors: {
      ...headVariables(size, head, 1, 2),
      ...standardisation,
    },
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function request(image: string): PredictRequest {
  const common = {
    student: join(folder, 'student'),
    encoder: 'student',
  }
  return {
    image,
    size: 300,
    minDetection: 0.6,
    minMesh: 0.5,
    knowledge: [
      {
        name: 'Gender',
        task: 'gender',
        model: join(folder, 'gender'),
        ...common,
      },
      {
        name: 'AgeR',
        task: 'age',
        model: join(folder, 'age'),
        ...common,
      },
    ],
  }
}

it('finds every face and lets each knowledge speak about each, nearest the centre first', async () => {
  const { faces, width, height } = await predict(request(photograph))
  expect(faces).toHaveLength(3)
  const distances = faces.map(({ box }) => Math.hypot(box.left + box.width / 2 - width / 2, box.top + box.height / 2 - height / 2))
  expect(distances).toEqual(distances.toSorted((a, b) => a - b))
  for (const { predictions } of faces) {
    const [gender, age] = predictions
    expect(gender).toMatchObject({ knowledge: 'Gender', unit: null, label: ['male', 'female'][gender!.value] })
    expect(Object.values(gender!.probabilities!).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5)
    expect(gender!.probability).toBe(Math.max(...Object.values(gender!.probabilities!)))
    expect(age).toMatchObject({
      knowledge: 'AgeR',
      unit: 'years',
      label: null,
      probabilities: null,
    })
    // an untrained head answers the middle of the labels
    expect(age!.value).toBeGreaterThan(30)
    expect(age!.value).toBeLessThan(50)
  }
})

it('a photograph without a face has no answer and is no error', async () => {
  const image = join(folder, 'empty.png')
  await sharp({
    create: {
      width: 200,
      height: 100,
      channels: 3,
      background: '#789',
    },
  }).png().toFile(image)
  expect(await predict(request(image))).toMatchObject({ width: 200, height: 100, faces: [] })
})

it('what is no photograph is refused with its path', async () => {
  await expect(predict(request(import.meta.filename))).rejects.toThrow(/image/)
})
