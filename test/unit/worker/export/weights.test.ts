import type { ExportFaces } from '#shared/export-request.ts'
import type { ExportFormat } from '#shared/export.ts'
import type { PortableGraph } from '#worker/export/portable-graph.ts'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExportFormat as Formats } from '#shared/export.ts'
import { exportModel } from '#worker/export/index.ts'
import { openGraph } from '#worker/export/loss.ts'
import { graphOf } from '#worker/export/network-graph.ts'
import { storeWeights } from '#worker/export/weights.ts'
import { openFaceNetwork } from '#worker/models/face-network.ts'
import { loadTransfer, predictFeatures } from '#worker/models/transfer-model.ts'
import { embeddings, faces, saveHead, saveNetwork, savePack, shapeOf, size } from './networks.ts'
import { runtimes } from './runtimes.ts'

let folder: string
let student: string
let allFaces: ExportFaces
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-weights-'))
  student = saveNetwork(folder, shapeOf('mobilenet'))
  allFaces = { of: 'of a test', packs: [{ pack: savePack(folder, 5), indexes: [0, 1, 2, 3, 4] }], answers: null }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function matrix(data: number[]): PortableGraph {
  return {
    side: 1,
    nodes: [{ name: 'y', op: 'MatMul', inputs: ['x', 'w'], attributes: {} }, { name: 'z', op: 'BiasAdd', inputs: ['y', 'b'], attributes: {} }],
    constants: new Map([
      ['w', { shape: [2, 2], data: Float32Array.from(data), stored: { kind: 'exact' } }],
      ['b', { shape: [2], data: Float32Array.of(0.1, 0.2), stored: { kind: 'exact' } }],
    ]),
    outputs: [],
  }
}

describe('weights stored in fewer bits', () => {
  it('are int8 with one scale for each output, of which the largest is 127', () => {
    // columns 1, -2 and -0.5, 0.2: scales 2 / 127 and 0.5 / 127; 1 is 63.5 of them, 0.2 is 50.8
    const { data, stored } = storeWeights(matrix([1, -0.5, -2, 0.2]), 'int8').constants.get('w')!
    expect(stored).toEqual({ kind: 'int8', numbers: Int8Array.of(64, -127, -127, 51), scales: Float32Array.of(2 / 127, 0.5 / 127), axis: 1 })
    ;[64 * 2 / 127, -0.5, -2, 51 * 0.5 / 127].forEach((value, i) => expect(data[i]).toBeCloseTo(value, 6))
  })

  it('stay zero where a whole output is zero', () => {
    expect([...storeWeights(matrix([0, 1, 0, 1]), 'int8').constants.get('w')!.data]).toEqual([0, 1, 0, 1])
  })

  it('are float16, which has 0.1 as 0.0999755859375', () => {
    const { data, stored } = storeWeights(matrix([0.1, 1, -2, 65504]), 'float16').constants.get('w')!
    expect([...data]).toEqual([0.0999755859375, 1, -2, 65504])
    expect(stored).toEqual({ kind: 'float16', bits: Uint16Array.of(0x2E66, 0x3C00, 0xC000, 0x7BFF) })
  })

  it('are refused in float16 where they do not fit', () => {
    expect(() => storeWeights(matrix([70_000, 1, 1, 1]), 'float16')).toThrow('"w" holds numbers beyond 65,504')
  })

  it('leave biases as they are', () => {
    for (const weights of ['float16', 'int8'] as const)
      expect(storeWeights(matrix([1, 1, 1, 1]), weights).constants.get('b')!.stored).toEqual({ kind: 'exact' })
  })
})

async function exported(format: ExportFormat, weights: 'float32' | 'float16' | 'int8', faces: ExportFaces | null = allFaces) {
  return exportModel({ model: student, student: null, format, weights, into: mkdtempSync(join(folder, `${format}-`)), card: '', faces })
}

describe.each(Formats.options)('%s with smaller weights', (format) => {
  it.each([['float16', 0.62], ['int8', 0.5]] as const)('of %s says what the measured graph says, in a smaller file', async (weights, share) => {
    const { path, bytes } = await exported(format, weights)
    const graph = openGraph(storeWeights(graphOf(openFaceNetwork(student, null)), weights))
    const wanted = graph.run(faces(2)).embedding!
    graph.dispose()
    const largest = Math.max(...wanted.map(Math.abs))
    ;(await runtimes[format](path, 2)).embedding!.forEach((value, i) => expect(Math.abs(value - wanted[i]!) / largest).toBeLessThan(1e-4))
    expect(bytes / (await exported(format, 'float32')).bytes).toBeLessThan(share)
  }, 180_000)
})

describe('the loss by smaller weights', () => {
  it('is that of the exported file against the network, face by face', async () => {
    const { loss, path } = await exported('onnx', 'int8')
    const [before, after] = [embeddings(shapeOf('mobilenet'), 5), (await runtimes.onnx(path, 5)).embedding!]
    const cosines = Array.from({ length: 5 }, (_, row) => {
      const [a, b] = [before, after].map(all => [...all.subarray(row * size, (row + 1) * size)]) as [number[], number[]]
      const dot = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
    })
    expect(loss).toMatchObject({ weights: 'int8', faces: 5, of: 'of a test', metric: null })
    expect(loss!.cosine.mean).toBeCloseTo(cosines.reduce((sum, value) => sum + value) / 5, 5)
    expect(loss!.cosine.lowest).toBeCloseTo(Math.min(...cosines), 5)
    expect(loss!.cosine.mean).toBeLessThan(1 - 1e-6)
    expect(readFileSync(join(path, 'README.md'), 'utf8')).toContain(`cosine between embeddings ${loss!.cosine.mean.toFixed(5)} on average`)
  }, 180_000)

  it('is the metric before and after where there are answers', async () => {
    const model = saveHead(folder, 'regression')
    const into = join(folder, 'years')
    const labels = [20, 30, 40, 50, 60]
    const { loss } = await exportModel({
      model,
      student,
      format: 'onnx',
      weights: 'int8',
      into,
      card: '',
      faces: { ...allFaces, answers: { task: { kind: 'regression', label: 'age', unit: 'years', range: [0, 116], protocol: 'split' }, labels } },
    })
    const before = predictFeatures(loadTransfer(model), embeddings(shapeOf('mobilenet'), 5)).map(({ value }) => value)
    const after = [...(await runtimes.onnx(into, 5)).value!]
    const mae = (values: number[]): number => values.reduce((sum, value, i) => sum + Math.abs(value - labels[i]!), 0) / 5
    expect(loss!.metric!.name).toBe('mae')
    expect(loss!.metric!.before).toBeCloseTo(mae(before), 3)
    expect(loss!.metric!.after).toBeCloseTo(mae(after), 3)
    expect(loss!.metric!.moved).toBeCloseTo(before.reduce((sum, value, i) => sum + Math.abs(value - after[i]!), 0) / 5, 3)
  }, 180_000)

  it('counts the answers that differ where classes are predicted', async () => {
    const { loss } = await exportModel({
      model: saveHead(folder, 'classification'),
      student,
      format: 'onnx',
      weights: 'float16',
      into: join(folder, 'classes'),
      card: '',
      faces: { ...allFaces, answers: { task: { kind: 'classification', label: 'age', classes: ['young', 'middle', 'old'], protocol: 'split' }, labels: [0, 0, 0, 0, 0] } },
    })
    const answers = predictFeatures(loadTransfer(join(folder, 'classification')), embeddings(shapeOf('mobilenet'), 5)).map(({ value }) => value)
    expect(loss!.metric).toEqual({ name: 'accuracy', before: 20 * answers.filter(value => value === 0).length, after: loss!.metric!.before, moved: 0 })
  }, 180_000)

  it('is never left out: without faces to measure it on, nothing is written', async () => {
    const into = join(folder, 'unmeasured')
    await expect(exportModel({ model: student, student: null, format: 'tfjs', weights: 'int8', into, card: '', faces: null })).rejects.toThrow('cannot be measured')
    expect(existsSync(into)).toBe(false)
  })
})

it('an export is not written over anything', async () => {
  const into = join(folder, 'taken')
  mkdirSync(into)
  writeFileSync(join(into, 'mine.txt'), 'mine')
  await expect(exportModel({ model: student, student: null, format: 'savedmodel', weights: 'float32', into, card: '', faces: null })).rejects.toThrow('not empty')
  expect(existsSync(join(into, 'mine.txt'))).toBe(true)
})
