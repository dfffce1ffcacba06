import type { StudentNetwork } from '#shared/stages/distil.ts'
import type { StudentShape } from '#worker/models/student-network.ts'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { studentNetworks } from '#shared/stages/distil.ts'
import { tf } from '#worker/engine/tf.ts'
import { exportSavedModel } from '#worker/export.ts'
import { headVariables } from '#worker/models/head.ts'
import { studentVariables } from '#worker/models/student-network.ts'
import { saveStudent, studentEncoder } from '#worker/models/student.ts'
import { predictFeatures, saveTransfer } from '#worker/models/transfer-model.ts'

const shapeOf = (network: StudentNetwork) => ({ network, width: 6, input: 32 })
const shape = shapeOf('resnet18')
const size = 10
const head = {
  hidden: [8],
  dropout: 0.5,
}
let folder: string
let tensors: ReturnType<typeof studentVariables>

/** Weights as after some training: nothing at its first value, statistics unlike 0 and 1, where folding them wrongly would show. */
function shaken(shape: StudentShape): ReturnType<typeof studentVariables> {
  let state = 1
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647
  return Object.fromEntries(Object.entries(studentVariables(shape, size, 3)).map(([name, tensor]) => [
    name,
    {
      ...tensor,
      data: (tensor.data as Float32Array).map(value => name.endsWith('/variance')
        ? 0.5 + random()
        : value + 0.2 * (random() - 0.5)),
    },
  ]))
}

function saveHead(name: string, kind: 'classification' | 'regression'): string {
  const outputs = kind === 'classification'
    ? 3
    : 1
  const path = join(folder, name)
  saveTransfer(path, {
    manifest: {
      format: 'facet-transfer-1',
      task: 'age',
      encoder: { kind: 'student', mode: 'frozen' },
      width: size,
      clip: 1.5,
      head,
      target: {
        kind,
        outputs,
        middle: 40,
        spread: 12,
        range: [0, 116],
      },
      classes: kind === 'classification'
        ? ['young', 'middle', 'old']
        : null,
      unit: kind === 'regression'
        ? 'years'
        : null,
    },
    tensors: {
      ...Object.fromEntries(Object.entries(headVariables(size, head, outputs, 5)).map(([key, tensor]) => [
        key,
        {
          ...tensor,
          data: (tensor.data as Float32Array).map((value, i) => value + 0.3 * Math.sin(i)),
        },
      ])),
      'input/mean': {
        dtype: 'float32',
        shape: [size],
        data: Float32Array.from({ length: size }, (_, i) => i / 10),
      },
      // the last unit is dead
      'input/scale': {
        dtype: 'float32',
        shape: [size],
        data: Float32Array.from({ length: size }, (_, i) => i === size - 1
          ? 0
          : 0.5),
      },
    },
  })
  return path
}

function saveNetwork(name: string, shape: StudentShape, tensors: ReturnType<typeof studentVariables>): string {
  const path = join(folder, name)
  saveStudent(path, { manifest: { format: 'facet-student-1', ...shape, size, parameters: 1, cosine: 0.5, faces: { count: 1, fingerprint: 'f' } }, tensors })
  return path
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-export-'))
  tensors = shaken(shape)
  saveNetwork('student', shape, tensors)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Faces of which no two pixels are alike. */
function faces(count: number): Uint8Array {
  return Uint8Array.from({ length: count * 32 * 32 * 3 }, (_, i) => (i * 7919) % 251)
}

/** Runs a SavedModel through TensorFlow's own loader. */
async function runModel(path: string, count: number): Promise<Record<string, number[]>> {
  const model = await tf.node.loadSavedModel(path, ['serve'], 'serving_default')
  try {
    const pixels = tf.tensor4d(faces(count), [count, 32, 32, 3], 'int32')
    const outputs = model.predict({ faces: pixels }) as Record<string, ReturnType<typeof tf.tensor>>
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [
      name,
      [
        ...tensor.dataSync(),
      ],
    ]))
  }
  finally {
    model.dispose()
  }
}

function expected(count: number, network = shape, weights = tensors): Float32Array {
  const encoder = studentEncoder(network, size, weights, count)
  try {
    return encoder.encode(faces(count))
  }
  finally {
    encoder.dispose()
  }
}

function expectClose(actual: number[], wanted: ArrayLike<number>): void {
  expect(actual).toHaveLength(wanted.length)
  actual.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 3))
}

describe('an exported SavedModel', () => {
  it.each(studentNetworks)('of a %s student gives its embeddings for any number of faces', async (name) => {
    const network = shapeOf(name)
    const weights = shaken(network)
    const into = join(folder, `out-${name}`)
    exportSavedModel({ model: saveNetwork(`student-${name}`, network, weights), student: null, into, card: '' })
    for (const count of [1, 3])
      expectClose((await runModel(into, count)).embedding!, expected(count, network, weights))
  }, 180_000)

  it('of a classification gives its probabilities, dead units and clip included', async () => {
    const model = saveHead('classes', 'classification')
    const into = join(folder, 'out-classes')
    exportSavedModel({
      model,
      student: join(folder, 'student'),
      into,
      card: '',
    })
    const { probabilities } = await runModel(into, 3)
    const { loadTransfer } = await import('#worker/models/transfer-model.ts')
    expectClose(probabilities!, predictFeatures(loadTransfer(model), expected(3)).flatMap(prediction => prediction.probabilities!))
  })

  it('of a regression gives its value in its unit', async () => {
    const model = saveHead('years', 'regression')
    const into = join(folder, 'out-years')
    exportSavedModel({
      model,
      student: join(folder, 'student'),
      into,
      card: 'Where it came from: a test.',
    })
    const { value } = await runModel(into, 2)
    const { loadTransfer } = await import('#worker/models/transfer-model.ts')
    expectClose(value!, predictFeatures(loadTransfer(model), expected(2)).map(prediction => prediction.value))
    const readme = readFileSync(join(into, 'README.md'), 'utf8')
    expect(readme).toContain('[n, 32, 32, 3]')
    expect(readme).toContain('in years')
    expect(readme).toContain('(110.5, 140.4)')
    expect(readme).toContain('Where it came from: a test.')
  })

  it('is not written over anything', () => {
    const into = join(folder, 'taken')
    mkdirSync(into)
    writeFileSync(join(into, 'mine.txt'), 'mine')
    expect(() => exportSavedModel({
      model: join(folder, 'student'),
      student: null,
      into,
      card: '',
    })).toThrow('not empty')
    expect(existsSync(join(into, 'mine.txt'))).toBe(true)
  })
})
