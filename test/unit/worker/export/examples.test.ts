import type { ExportFormat } from '#shared/export.ts'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { peersOf, pythonOf, setUpPeers } from '#worker/bench/peers.ts'
import { exportModel } from '#worker/export/index.ts'
import { embeddings, faces, saveNetwork, shapeOf } from './networks.ts'

const run = promisify(execFile)
let folder: string
let student: string
let picture: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facet-examples-'))
  student = saveNetwork(folder, shapeOf('cnn'))
  picture = join(folder, 'face.png')
  await sharp(Buffer.from(faces(1)), { raw: { width: 32, height: 32, channels: 3 } }).png().toFile(picture)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function exported(format: ExportFormat): Promise<string> {
  const into = join(folder, format)
  if (!existsSync(into))
    await exportModel({ model: student, student: null, format, weights: 'float32', into, card: '', faces: null })
  return into
}

function expectEmbedding(stdout: string): void {
  const [[...embedding]] = (JSON.parse(stdout) as { embedding: [number[]] }).embedding
  const wanted = embeddings(shapeOf('cnn'), 1)
  expect(embedding).toHaveLength(wanted.length)
  embedding.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 4))
}

it('the example for TensorFlow.js prints what the network makes of a face', async () => {
  const into = await exported('tfjs')
  symlinkSync(join(import.meta.dirname, '../../../../node_modules'), join(into, 'node_modules'))
  expectEmbedding((await run(process.execPath, [join(into, 'example.mjs'), picture])).stdout)
}, 60_000)

it('the example for ONNX prints what the network makes of a face', async () => {
  const into = await exported('onnx')
  const peers = peersOf()
  await setUpPeers(peers, new Set(['onnxruntime']), () => {}) // some 50 MB from PyPI where the cache lacks it
  const { python, path } = pythonOf(peers, 'onnxruntime')
  expectEmbedding((await run(python, [join(into, 'example.py'), picture], { env: { ...process.env, PYTHONPATH: path } })).stdout)
}, 180_000)

it.each(['savedmodel', 'onnx'] as const)('the example for %s is Python', async (format) => {
  const into = await exported(format)
  await run('python3', ['-c', 'import ast, sys; ast.parse(open(sys.argv[1]).read())', join(into, 'example.py')])
})

it.each([['savedmodel', 'example.py'], ['onnx', 'example.py'], ['tfjs', 'example.mjs']] as const)('the example for %s is short and stands in the README too', async (format, name) => {
  const into = await exported(format)
  const text = readFileSync(join(into, name), 'utf8').trim()
  expect(text.split('\n').length).toBeLessThanOrEqual(22)
  expect(readFileSync(join(into, 'README.md'), 'utf8')).toContain(text)
})
