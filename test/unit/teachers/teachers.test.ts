import type { Teacher } from '#shared/files/teacher.ts'
import type { TeacherManifest } from '#shared/manifest.ts'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTeacher } from '#shared/files/teacher.ts'
import { attr, GraphBuilder } from '#worker/engine/graph.ts'
import { tf } from '#worker/engine/tf.ts'
import { drawProbe, probeImages } from '#worker/teachers/probe.ts'
import { buildTeachers } from '#worker/teachers/teacher-graph.ts'
import { trainableTeacher } from '#worker/teachers/trainable.ts'
import { originalNetwork, prepared } from './eager.ts'

const names = [
  'faceres',
  'dlib',
  'emotion',
  'face-expression',
  'age-gender',
  'centernet',
  'antispoof',
  'landmarks',
] as const
const six = names.slice(0, 6)

function builtIn(name: string): Teacher {
  return readTeacher(resolve(import.meta.dirname, '../../../resources/teachers', `${name}.yaml`))
}

function changed(name: string, part: { input?: Partial<TeacherManifest['input']>, embedding?: Partial<TeacherManifest['embedding']> }): Teacher {
  const teacher = builtIn(name)
  const { manifest } = teacher
  return {
    ...teacher,
    manifest: {
      ...manifest,
      input: {
        ...manifest.input,
        ...part.input,
      },
      embedding: {
        ...manifest.embedding,
        ...part.embedding,
      },
    },
  }
}

const n = probeImages.length
const faces = Buffer.concat(probeImages.map(drawProbe))
const onePicture = 300 * 300 * 3

/** Largest deviation relative to the largest number expected. */
function deviation(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const largest = Array.from(expected).reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  return Array.from(expected).reduce((max, value, i) => Math.max(max, Math.abs(value - actual[i]!)), 0) / largest
}

describe('the built-in teachers', { timeout: 180_000 }, () => {
  it('the six of the sample study have 2,296 numbers together', () => {
    const teachers = buildTeachers(six.map(builtIn))
    expect(teachers.columns.reduce((sum, { dimension }) => sum + dimension, 0)).toBe(2296)
    teachers.dispose()
  })

  it('give in one graph what their own libraries give one after the other', async () => {
    const teachers = buildTeachers(names.map(builtIn))
    const together = await teachers.run(faces, n)
    teachers.dispose()
    for (const name of names) {
      const original = await originalNetwork(builtIn(name))
      // centernet's convolutions are computed by other algorithms and differ by up to 0.3 % of its largest value
      expect(deviation(together[name]!, original(faces, n)), name).toBeLessThan(name === 'centernet'
        ? 3e-3
        : 1e-4)
    }
  })

  it('give a face the same embedding alone as among others', async () => {
    const teachers = buildTeachers(names.map(builtIn))
    const together = await teachers.run(faces, n)
    for (let i = 0; i < n; i++) {
      const alone = await teachers.run(faces.subarray(i * onePicture, (i + 1) * onePicture), 1)
      for (const { name, dimension } of teachers.columns)
        expect(deviation(alone[name]!, together[name]!.subarray(i * dimension, (i + 1) * dimension)), name).toBeLessThan(3e-3)
    }
    teachers.dispose()
  })

  it('notice another colour order and another crop: their recorded probes deviate', async () => {
    const original = buildTeachers([
      builtIn('faceres'),
    ])
    const expected = (await original.run(faces, n)).faceres!
    for (const input of [
      { color: 'rgb' as const },
      {
        crop: [0, 0, 300, 300] as [number, number, number, number],
      },
      {
        mean: [0, 0, 0],
      },
      {
        std: [2],
      },
    ]) {
      const other = buildTeachers([
        changed('faceres', { input }),
      ])
      expect(deviation((await other.run(faces, n)).faceres!, expected), JSON.stringify(input)).toBeGreaterThan(0.02)
      other.dispose()
    }
    original.dispose()
  })

  it('leave no tensor behind', async () => {
    const teachers = buildTeachers([
      builtIn('emotion'),
    ])
    await teachers.run(faces, n)
    const before = tf.memory().numTensors
    await teachers.run(faces, n)
    expect(tf.memory().numTensors).toBe(before)
    teachers.dispose()
  })
})

describe('a teacher is refused', () => {
  it('with another input size than its graph or network takes', () => {
    expect(() => buildTeachers([
      changed('faceres', {
        input: { size: 160 },
      }),
    ])).toThrow(/input.size of teacher "faceres" is 160; the graph's input "input_1" takes 224/)
    expect(() => buildTeachers([
      changed('dlib', {
        input: { size: 112 },
      }),
    ])).toThrow(/takes 150/)
  })

  it('with a node that is not there, saying which are', () => {
    expect(() => buildTeachers([
      changed('emotion', {
        embedding: { node: 'add_3' },
      }),
    ])).toThrow(/no node "add_3"/)
    expect(() => buildTeachers([
      changed('dlib', {
        embedding: { node: 'fc' },
      }),
    ])).toThrow(/no node "fc"; it has faceRecognitionNet/)
  })

  it('with another dimension, or rows and columns, saying what to set', async () => {
    await expect(buildTeachers([
      changed('faceres', {
        embedding: { dimension: 256 },
      }),
    ]).run(faces, n)).rejects.toThrow(/"faceres" gave 1024 numbers per face, its manifest says 256/)
    await expect(buildTeachers([
      changed('emotion', {
        embedding: { pool: 'none' },
      }),
    ]).run(faces, n)).rejects.toThrow(/rows and columns/)
  })
})

describe('preprocessing', () => {
  const gradient = drawProbe('gradient')
  const input = {
    size: 250,
    crop: [25, 25, 275, 275] as [number, number, number, number],
    color: 'rgb' as const,
    mean: [0],
    std: [1],
  }
  const pixel = (x: number, y: number, c: number): number => gradient[(y * 300 + x) * 3 + c]!

  it('cuts the crop out, unchanged where nothing is resized', () => {
    const cut = prepared(gradient, 1, input).dataSync()
    for (const [x, y, c] of [
      [0, 0, 0],
      [249, 0, 0],
      [0, 249, 1],
      [100, 37, 2],
    ] as const)
      expect(cut[(y * 250 + x) * 3 + c]).toBeCloseTo(pixel(x + 25, y + 25, c), 3)
  })

  it('puts (value - mean) / std in the colour order of the teacher', () => {
    const bgr = prepared(gradient, 1, {
      ...input,
      color: 'bgr',
      mean: [1, 2, 3],
      std: [2, 4, 5],
    }).dataSync()
    const at = (100 * 250 + 60) * 3
    expect(bgr[at]).toBeCloseTo((pixel(85, 125, 2) - 1) / 2, 3)
    expect(bgr[at + 1]).toBeCloseTo((pixel(85, 125, 1) - 2) / 4, 3)
    expect(bgr[at + 2]).toBeCloseTo((pixel(85, 125, 0) - 3) / 5, 3)
    const gray = prepared(gradient, 1, {
      ...input,
      color: 'gray',
      mean: [0],
      std: [1],
    }).dataSync()
    expect(gray[at / 3]).toBeCloseTo(0.299 * pixel(85, 125, 0) + 0.587 * pixel(85, 125, 1) + 0.114 * pixel(85, 125, 2), 3)
  })

  it('keeps the mean of fine texture where it shrinks four times, since no pixel is passed over', () => {
    const lines = Uint8Array.from({ length: onePicture }, (_, i) => (Math.floor(i / 3) % 300) % 4 === 0
      ? 200
      : 0)
    const small = prepared(lines, 1, {
      ...input,
      crop: [0, 0, 300, 300],
      size: 75,
    }).dataSync() as Float32Array
    // one column in four is 200: 50 everywhere, where sampling one column in four would give 0 or 200
    const middle = Array.from({ length: 40 }, (_, i) => small[(37 * 75 + 17 + i) * 3]!)
    for (const value of middle)
      expect(Math.abs(value - 50)).toBeLessThan(15)
  })

  it('shifts a crop by half a pixel where it says so', () => {
    const half = prepared(gradient, 1, {
      ...input,
      size: 225,
      crop: [37.5, 69.5, 262.5, 294.5],
    }).dataSync()
    const expected = (pixel(37 + 50, 69 + 20, 0) + pixel(38 + 50, 69 + 20, 0) + pixel(37 + 50, 70 + 20, 0) + pixel(38 + 50, 70 + 20, 0)) / 4
    expect(half[(20 * 225 + 50) * 3]).toBeCloseTo(expected, 3)
  })
})

describe('a SavedModel teacher', () => {
  let folder: string
  const manifest: TeacherManifest = {
    name: 'own',
    title: 'Mean colours',
    knowledge: 'colour',
    format: 'saved-model',
    source: { kind: 'file', path: 'model' },
    sha256: '0'.repeat(64),
    embedding: { node: 'features', dimension: 3, pool: 'none' },
    input: {
      size: 32,
      crop: [0, 0, 300, 300],
      color: 'rgb',
      mean: [0],
      std: [255],
    },
    licence: 'MIT',
    trainedOn: [],
    contaminates: [],
    paper: 'none',
    probes: [],
  }
  const teacher = (embedding: Partial<TeacherManifest['embedding']> = {}): Teacher => ({
    manifest: {
      ...manifest,
      embedding: {
        ...manifest.embedding,
        ...embedding,
      },
    },
    path: join(folder, 'own.yaml'),
    model: join(folder, 'model'),
    sha256: '',
  })

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'facet-saved-model-'))
    mkdirSync(join(folder, 'model'))
    const builder = new GraphBuilder()
    const x = builder.placeholder('image', [-1, 32, 32, 3], 'float32')
    const mean = builder.op('Mean', [
      x,
      builder.constant([1, 2], [2], 'int32'),
    ], {
      T: attr.type('float32'),
      Tidx: attr.type('int32'),
      keep_dims: attr.bool(false),
    }, 1, { name: 'colours' })
    writeFileSync(join(folder, 'model', 'saved_model.pb'), builder.serialize({
      inputs: {
        x: {
          name: 'image:0',
          dtype: 1,
          shape: [-1, 32, 32, 3],
        },
      },
      outputs: {
        features: {
          name: `${mean.node}:0`,
          dtype: 1,
          shape: [-1, 3],
        },
      },
    }))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('runs beside the others and gives its signature\'s output', async () => {
    const teachers = buildTeachers([
      teacher(),
      builtIn('emotion'),
    ])
    const white = new Uint8Array(2 * onePicture).fill(255)
    white.fill(51, onePicture)
    const { own } = await teachers.run(white, 2)
    expect(deviation(own!, [1, 1, 1, 0.2, 0.2, 0.2])).toBeLessThan(1e-5)
    teachers.dispose()
  })

  it('can be asked for a node of its graph, and is refused with the outputs and nodes there are', async () => {
    const teachers = buildTeachers([
      teacher({ node: 'colours' }),
    ])
    expect((await teachers.run(faces, n)).own).toHaveLength(3 * n)
    teachers.dispose()
    expect(() => buildTeachers([
      teacher({ node: 'pool' }),
    ])).toThrow(/no output or node "pool"/)
  })
})

describe('a trainable teacher', { timeout: 180_000 }, () => {
  it.each(['faceres', 'age-gender'] as const)('%s gives the frozen one\'s embedding, and gradients for every weight', async (name) => {
    const teacher = builtIn(name)
    const frozen = buildTeachers([teacher])
    const expected = (await frozen.run(faces, n))[name]!
    frozen.dispose()
    const { weights, embed } = trainableTeacher(teacher)
    const pixels = prepared(faces, n, {
      ...teacher.manifest.input,
      color: 'rgb',
      mean: [0],
      std: [1],
    })
    tf.tidy(() => {
      const tensors = Object.fromEntries(Object.entries(weights).map(([key, { shape, data }]) => [
        key,
        tf.tensor(data, shape, 'float32'),
      ]))
      expect(deviation(embed(pixels, tensors).dataSync(), expected)).toBeLessThan(1e-4)
      const keys = Object.keys(tensors)
      const { grads } = tf.valueAndGrads((...values) => tf.mean(tf.square(embed(pixels, Object.fromEntries(keys.map((key, i) => [key, values[i]!])))), undefined))(keys.map(key => tensors[key]!))
      const filters = keys.filter((_, i) => grads[i]!.rank === 4)
      expect(filters.length).toBeGreaterThan(10)
      const silent = filters.filter(key => tf.max(tf.abs(grads[keys.indexOf(key)]!)).dataSync()[0] === 0)
      expect(silent).toEqual([])
    })
  })
})
