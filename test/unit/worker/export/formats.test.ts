import type { ExportFormat, ExportWeights } from '#shared/export.ts'
import type { NodeRef } from '#worker/engine/graph.ts'
import type { TensorData } from '#worker/stage.ts'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExportFormat as Formats } from '#shared/export.ts'
import { studentNetworks } from '#shared/stages/distil.ts'
import { GraphBuilder } from '#worker/engine/graph.ts'
import { exportModel } from '#worker/export/index.ts'
import { writeTfjs } from '#worker/export/tfjs.ts'
import { loadTransfer, predictFeatures } from '#worker/models/transfer-model.ts'
import { importGraphModel } from '#worker/teachers/graph-model.ts'
import { readTfjsModel } from '#worker/teachers/tfjs-model.ts'
import { embeddings, faces, saveHead, saveNetwork, savePack, shapeOf } from './networks.ts'
import { runtimes } from './runtimes.ts'

let folder: string
let pack: string
const students: Record<string, string> = {}
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-export-'))
  for (const network of studentNetworks)
    students[network] = saveNetwork(folder, shapeOf(network))
  pack = savePack(folder, 1)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function exported(format: ExportFormat, model: string, student: string | null, weights: ExportWeights = 'float32'): Promise<string> {
  const into = mkdtempSync(join(folder, `${format}-`))
  await exportModel({ model, student, format, weights, into, card: 'Where it came from: a test.', faces: { of: 'of a test', packs: [{ pack, indexes: [0] }], answers: null } })
  return into
}

function expectClose(actual: ArrayLike<number> | undefined, wanted: ArrayLike<number>): void {
  expect(actual).toHaveLength(wanted.length)
  const size = Math.max(1, ...Array.from(wanted, Math.abs))
  expect(Math.max(...Array.from(wanted, (value, i) => Math.abs(value - actual![i]!))) / size).toBeLessThan(1e-4)
}

/** f32 faces of a graph of our own. */
function floatFaces(count: number): TensorData {
  return { dtype: 'float32', shape: [count, 32, 32, 3], data: Float32Array.from(faces(count)) }
}

describe.each(Formats.options)('a model exported as %s', (format) => {
  it.each(studentNetworks)('gives the embeddings of a %s student, for any number of faces', async (network) => {
    const into = await exported(format, students[network]!, null)
    for (const count of [1, 3])
      expectClose((await runtimes[format](into, count)).embedding, embeddings(shapeOf(network), count))
  }, 180_000)

  it.each(['classification', 'attributes'] as const)('gives the probabilities of %s, dead units and clip included', async (kind) => {
    const model = saveHead(folder, kind)
    const into = await exported(format, model, students.resnet18!)
    const outputs = await runtimes[format](into, 3)
    expect(Object.keys(outputs).sort()).toEqual(['embedding', 'probabilities'])
    expectClose(outputs.probabilities, predictFeatures(loadTransfer(model), embeddings(shapeOf('resnet18'), 3)).flatMap(({ probabilities }) => probabilities!))
  })

  it('gives the value of a regression, in its unit', async () => {
    const model = saveHead(folder, 'regression')
    const into = await exported(format, model, students.resnet18!)
    expectClose((await runtimes[format](into, 2)).value, predictFeatures(loadTransfer(model), embeddings(shapeOf('resnet18'), 2)).map(({ value }) => value))
    const readme = readFileSync(join(into, 'README.md'), 'utf8')
    expect(readme).toContain('[n, 32, 32, 3]')
    expect(readme).toContain('in years')
    expect(readme).toContain('(110.5, 140.4)')
    expect(readme).toContain('Where it came from: a test.')
  })
})

describe('a TensorFlow.js export', () => {
  it('can be imported as a teacher, whatever its weights are stored as', async () => {
    for (const weights of ['float32', 'float16', 'int8'] as const) {
      const into = await exported('tfjs', students.mobilenet!, null, weights)
      const builder = new GraphBuilder()
      const input = builder.placeholder('x', [-1, 32, 32, 3], 'float32')
      const [{ node, index }] = importGraphModel(builder, join(into, 'model.json'), { input, outputs: ['embedding'], weights: 'constant', prefix: 'teacher' }) as [NodeRef]
      const session = builder.load()
      expectClose((session.compute({ x: floatFaces(2) }, [`${node}:${index}`])[0]!.data), (await runtimes.tfjs(into, 2)).embedding!)
      session.dispose()
    }
  }, 180_000)

  it('has its weights in files of 4 MB', () => {
    const data = new Float32Array(2 ** 20 + 300).map((_, i) => i)
    const files = writeTfjs({ side: 1, nodes: [{ name: 'y', op: 'Identity', inputs: ['w'], attributes: {} }], outputs: [], constants: new Map([['w', { shape: [data.length], data, stored: { kind: 'exact' } }]]) })
    expect(Object.entries(files).map(([name, { length }]) => name === 'model.json' ? name : [name, length])).toEqual(['model.json', ['group1-shard1of2.bin', 4 * 2 ** 20], ['group1-shard2of2.bin', 1200]])
    mkdirSync(join(folder, 'shards'))
    for (const [name, bytes] of Object.entries(files))
      writeFileSync(join(folder, 'shards', name), bytes)
    expect(readTfjsModel(join(folder, 'shards/model.json')).weights.get('w').data).toEqual(data)
  })
})
