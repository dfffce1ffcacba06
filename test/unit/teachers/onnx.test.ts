import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { modelFiles } from '#shared/files/teacher.ts'
import { exportModel } from '#worker/export/index.ts'
import { inspectModel } from '#worker/inspect/model.ts'
import { loadOnnxRuntime } from '#worker/teachers/onnx-runtime.ts'
import { countParameters } from '#worker/teachers/parameters.ts'
import { drawProbe } from '#worker/teachers/probe.ts'
import { buildTeachers } from '#worker/teachers/teacher-graph.ts'
import { trainableTeacher } from '#worker/teachers/trainable.ts'
import { saveNetwork, shapeOf, size } from '../worker/export/networks.ts'
import { colourNet, colours, node, onnxTeacher } from './onnx-files.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-onnx-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const file = (): string => join(folder, 'model.onnx')

/** Two pictures of which the formula is known: every pixel red, green and blue alike, or the halves of two colours. */
const pixels = 300 * 300
function picture(left: number[], right: number[]): Uint8Array {
  return Uint8Array.from({ length: pixels * 3 }, (_, i) => (Math.floor(i / 3) % 300 < 150 ? left : right)[i % 3]!)
}
const faces = Uint8Array.from([...picture([10, 20, 30], [10, 20, 30]), ...picture([200, 0, 40], [100, 60, 40])])
const means = [[10, 20, 30], [150, 30, 40]]
const expected = means.flatMap(mean => colours.weights.map((row, k) => row.reduce((sum, weight, c) => sum + weight * mean[c]!, colours.bias[k]!)))

async function embed(...args: Parameters<typeof onnxTeacher>): Promise<Float32Array> {
  const teachers = buildTeachers([onnxTeacher(...args)])
  try {
    return (await teachers.run(faces, 2)).own!
  }
  finally {
    teachers.dispose()
  }
}
function expectClose(found: Float32Array, wanted: number[]): void {
  expect(found).toHaveLength(wanted.length)
  wanted.forEach((value, i) => expect(found[i], `number ${i}`).toBeCloseTo(value, 2))
}

describe('an ONNX teacher', () => {
  it('gives an inner tensor as the formula has it, whatever stands behind it', async () => {
    expectClose(await embed(file(), colourNet()), expected)
    const behind = colourNet()
    behind.nodes.push(node('MatMul', ['classes', 'matrix'], 'impossible')) // [n, 2] times [4, 2]: fails where it is run
    expectClose(await embed(file(), behind), expected)
  })

  it.each([
    ['channels last', colourNet({ shape: [-1, 12, 12, 3], layout: 'NHWC' })],
    ['bytes with channels last', colourNet({ shape: [-1, 12, 12, 3], layout: 'NHWC', type: 'uint8' })],
    ['one picture at a time', colourNet({ shape: [1, 3, 12, 12] })],
    ['pictures of any side', colourNet({ shape: [-1, 3, -1, -1] })],
  ])('takes %s', async (_name, model) => {
    expectClose(await embed(file(), model), expected)
  })

  it('averages a map over its places, wherever its channels stand', async () => {
    expectClose(await embed(file(), colourNet(), { node: 'map', pool: 'average' }), expected)
    const turned = colourNet()
    turned.nodes.push(node('Transpose', ['map'], 'last', { perm: [0, 2, 3, 1] }))
    expectClose(await embed(file(), turned, { node: 'last', pool: 'average' }), expected)
  })

  it('sees pixels as its manifest says: colours in another order, less the mean, divided', async () => {
    const seen = means.map(([r, g, b]) => [(b! - 4) / 2, (g! - 4) / 2, (r! - 4) / 2])
    const wanted = seen.flatMap(mean => colours.weights.map((row, k) => row.reduce((sum, weight, c) => sum + weight * mean[c]!, colours.bias[k]!)))
    expectClose(await embed(file(), colourNet(), { input: { color: 'bgr', mean: [4], std: [2] } }), wanted)
  })

  it('is listed with tensors, shapes, parameters and one file', async () => {
    const teacher = onnxTeacher(file(), colourNet({ shape: [-1, 3, -1, -1] }))
    const found = await inspectModel({ path: file(), size: 20 })
    expect(found).toMatchObject({ format: 'onnx', path: file(), input: { size: null, channels: 3 }, parameters: 12 + 4 + 8, ops: 4, files: [file()] })
    expect(found.nodes.map(({ name, op, shape, dimension, pool }) => [name, op, shape, dimension, pool])).toEqual([
      ['map', 'Conv', [4, 20, 20], 4, 'average'],
      ['pooled', 'GlobalAveragePool', [4, 1, 1], 4, 'average'],
      ['embedding', 'Flatten', [4], 4, 'none'],
      ['classes', 'MatMul', [2], 2, 'none'],
    ])
    expect(modelFiles(teacher.manifest, file())).toEqual([file()])
    expect(countParameters(teacher)).toBe(24)
  })

  it('suggests tensors that look like an embedding', async () => {
    const wide = colourNet()
    wide.tensors.push({ name: 'wide', type: 'float32', shape: [4, 64], bytes: new Uint8Array(4 * 64 * 4) })
    wide.nodes.push(node('MatMul', ['embedding', 'wide'], 'features'))
    onnxTeacher(file(), wide)
    expect((await inspectModel({ path: file() })).nodes.filter(({ suggested }) => suggested).map(({ name }) => name)).toEqual(['features'])
  })
})

describe('an ONNX teacher is refused', () => {
  it.each([
    ['a tensor that is not there', colourNet(), { node: 'nowhere' }, /no tensor "nowhere"/, /outputs are classes; .* map, pooled, embedding, classes/],
    ['another side', colourNet(), { input: { size: 24 } }, /input.size of teacher "own" is 24; the model takes 12/, /Set input.size to 12/],
    ['another number of channels', colourNet(), { input: { color: 'gray' as const } }, /input.color of teacher "own" is gray; the model takes 3 channels/, /rgb or bgr/],
    ['bytes that are normalised', colourNet({ shape: [-1, 12, 12, 3], layout: 'NHWC', type: 'uint8' }), { input: { mean: [127.5] } }, /takes bytes/, /mean to \[0\]/],
    ['a batch that is fixed', colourNet({ shape: [4, 3, 12, 12] }), {}, /takes 4 pictures at once/, /first side open/],
    ['channels that are left open', colourNet({ shape: [-1, -1, 12, 12] }), {}, /neither its second nor its last side/, /channels fixed/],
    ['pictures that are not square', colourNet({ shape: [-1, 3, 12, 16] }), {}, /takes pictures of 12, 16/, /square/],
    ['rows', colourNet({ shape: [-1, 3] }), {}, /has 2 sides/, /\[N, 3, side, side\]/],
  ])('with %s', (_name, model, options, message, hint) => {
    expect(() => buildTeachers([onnxTeacher(file(), model, options)])).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringMatching(message) as string, where: file(), hint: expect.stringMatching(hint) as string }) as Error)
  })

  it('where it gives other numbers than its manifest says, or a map', async () => {
    await expect(embed(file(), colourNet(), { dimension: 5 })).rejects.toThrow(/gave 4 numbers per face, its manifest says 5/)
    await expect(embed(file(), colourNet(), { node: 'map' })).rejects.toMatchObject({ message: expect.stringContaining('[2, 12, 12, 4]'), hint: expect.stringContaining('embedding.dimension to 4') })
  })

  it('with an operator that onnxruntime does not know, saying which', async () => {
    const model = colourNet()
    model.nodes[0]!.op = 'Convolve'
    await expect(embed(file(), model)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(/^onnxruntime refused the model: .*Convolve/), where: file() })
  })

  it('where onnxruntime-node is missing', async () => {
    await expect(loadOnnxRuntime(() => Promise.reject(new Error('Cannot find package')))).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('onnxruntime-node'), hint: expect.stringContaining('npm install') })
  })

  it('as one that is trained (p-cnn)', () => {
    expect(() => trainableTeacher(onnxTeacher(file(), colourNet()))).toThrow(expect.objectContaining({ message: expect.stringContaining('ONNX') as string, hint: expect.stringContaining('TFJS graph model') as string }) as Error)
  })
})

it('knows the kind of file by its name, in capitals too', async () => {
  writeFileSync(join(folder, 'Net.ONNX'), '')
  await expect(inspectModel({ path: join(folder, 'Net.ONNX') })).rejects.toMatchObject({ message: expect.stringContaining('The ONNX file is damaged: it holds no graph') })
})

it('answers built-in pictures the same alone and together', async () => {
  const teachers = buildTeachers([onnxTeacher(file(), colourNet())])
  const [one, two] = [drawProbe('face'), drawProbe('noise')]
  const together = (await teachers.run(Uint8Array.from([...one, ...two]), 2)).own!
  const alone = (await teachers.run(two, 1)).own!
  teachers.dispose()
  alone.forEach((value, i) => expect(value).toBeCloseTo(together[4 + i]!, 3))
})

it('gives of a network that Facet exported what its TFJS graph gives in TensorFlow', async () => {
  const network = saveNetwork(folder, shapeOf('resnet18'))
  for (const format of ['onnx', 'tfjs'] as const)
    await exportModel({ model: network, student: null, format, weights: 'float32', into: join(folder, format), card: '', faces: null })
  const own = onnxTeacher(file(), colourNet(), { dimension: size, input: { size: 32, crop: [100, 100, 132, 132] } }) // a cut that is not resized: exports take bytes, and these stay whole
  const teachers = buildTeachers([
    { ...own, model: join(folder, 'onnx/model.onnx') },
    { ...own, model: join(folder, 'tfjs/model.json'), manifest: { ...own.manifest, name: 'tfjs', format: 'tfjs-graph' } },
  ])
  const { own: onnx, tfjs } = await teachers.run(Uint8Array.from([...drawProbe('face'), ...drawProbe('gradient')]), 2)
  teachers.dispose()
  expect(onnx).toHaveLength(2 * size)
  expect(Math.hypot(...onnx!.map((value, i) => value - tfjs![i]!)) / Math.hypot(...tfjs!)).toBeLessThan(1e-4)
})
