import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { modelFiles, modelPath } from '#shared/files/teacher.ts'
import { inspectModel } from '#worker/inspect/model.ts'
import { readFaceApiNet } from '#worker/teachers/face-api.ts'
import { checkSavedModel } from '#worker/teachers/protobuf-bounds.ts'
import { readTfjsModel } from '#worker/teachers/tfjs-model.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-hostile-'))
  mkdirSync(join(folder, 'model'))
  writeFileSync(join(folder, 'secret'), Buffer.alloc(8))
  writeFileSync(join(folder, 'model/weights.bin'), Buffer.alloc(8))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A graph model of one weight, with what differs. */
function graphModel({ paths = ['weights.bin'] as unknown[], shape = [2] as unknown, node = {} as object } = {}): string {
  const path = join(folder, 'model/model.json')
  writeFileSync(path, JSON.stringify({
    format: 'graph-model',
    modelTopology: { node: [{ name: 'x', op: 'Placeholder', attr: {}, ...node }] },
    weightsManifest: [{ paths, weights: [{ name: 'w', shape, dtype: 'float32' }] }],
  }))
  return path
}
const refusal = (message: RegExp): unknown => expect.objectContaining({ name: 'FacetError', code: 'bad-input', message: expect.stringMatching(message) as string })

it('reads the model that the others are changes of', () => {
  expect(readTfjsModel(graphModel()).weights.get('w').shape).toEqual([2])
})

it.each([
  [[3], /ends at byte 12/],
  [[1], /hold 8 bytes/],
  [[-2], /malformed at weightsManifest/],
  [[1.5], /malformed/],
  [[2 ** 31, 2 ** 31], /larger than any file/],
  [[1e15, 1e15, 1e15, 1e15, 0], /larger than any file|hold 8 bytes/],
  [Array.from({ length: 40 }).fill(1), /malformed/],
  ['2', /malformed/],
])('refuses a weight of shape %j', (shape, message) => {
  expect(() => readTfjsModel(graphModel({ shape }))).toThrow(refusal(message) as Error)
})

it.each([['../secret'], ['/etc/passwd'], ['sub/../../secret'], ['a\0b'], [{ toString: 1 }], [null], ['']])('reads no weights from %j', (path) => {
  const model = graphModel({ paths: [path] })
  expect(() => modelFiles({ name: 'x', format: 'tfjs-graph' }, model)).toThrow(refusal(/./) as Error)
  expect(() => readTfjsModel(model)).toThrow(expect.objectContaining({ name: 'FacetError' }) as Error)
})

it('follows no symbolic link out of the model\'s folder', () => {
  symlinkSync(join(folder, 'secret'), join(folder, 'model/link.bin'))
  symlinkSync(join(folder, 'model/weights.bin'), join(folder, 'model/own.bin'))
  expect(() => modelFiles({ name: 'x', format: 'tfjs-graph' }, graphModel({ paths: ['link.bin'] }))).toThrow(refusal(/symbolic link/) as Error)
  expect(modelFiles({ name: 'x', format: 'tfjs-graph' }, graphModel({ paths: ['own.bin'] }))).toHaveLength(2)
  mkdirSync(join(folder, 'saved/variables'), { recursive: true })
  writeFileSync(join(folder, 'saved/saved_model.pb'), '')
  symlinkSync(join(folder, 'secret'), join(folder, 'saved/variables/variables.data-00000-of-00001'))
  expect(() => modelFiles({ name: 'x', format: 'saved-model' }, join(folder, 'saved'))).toThrow(refusal(/symbolic link/) as Error)
})

it('waits for no pipe', () => {
  execFileSync('mkfifo', [join(folder, 'model/pipe.bin')])
  expect(() => modelFiles({ name: 'x', format: 'tfjs-graph' }, graphModel({ paths: ['pipe.bin'] }))).toThrow(refusal(/pipe/) as Error)
})

it.each(['../secret', '/etc/passwd', 'a/../../secret'])('takes no model from %s', (path) => {
  expect(() => modelPath({ source: { kind: 'file', path } } as Parameters<typeof modelPath>[0], join(folder, 'model/teacher.yaml'))).toThrow(refusal(/leaves/) as Error)
})

it.each([
  ['sides that are no list', { attr: { shape: { shape: { dim: false } } } }],
  ['a side that is none', { attr: { shape: { shape: { dim: [null] } } } }],
  ['an operation that is no text', { attr: { fused_ops: { list: { s: [3] } } } }],
  ['a number that is none', { attr: { k: { i: 'x' } } }],
])('refuses a node with %s', (_name, node) => {
  expect(() => readTfjsModel(graphModel({ node }))).toThrow(refusal(/malformed at modelTopology/) as Error)
})

it.each(['constructor', '__proto__', 'toString'])('knows no network called %s', (name) => {
  expect(() => readFaceApiNet(join(folder, `${name}-weights_manifest.json`))).toThrow(refusal(/no face-api network/) as Error)
})

it.each(['faces.mat', 'model.h5', 'model.pt'])('opens no %s', async (name) => {
  writeFileSync(join(folder, name), Buffer.alloc(64, 0xFF))
  await expect(inspectModel({ path: join(folder, name) })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('is not read as a teacher') })
})

/** `22 FF FF FF FF 0F`: field 4 of 4,294,967,295 bytes; `12`: the graph, field 2; `0A`: its nodes, field 1. */
it.each([
  ['a graph longer than the file', [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]],
  ['a node longer than its graph', [0x12, 0x06, 0x12, 0x04, 0x0A, 0x7F, 0x01, 0x01]],
  ['a text longer than its node', [0x12, 0x08, 0x12, 0x06, 0x0A, 0x04, 0x0A, 0x7F, 0x61, 0x61]],
  ['a length without an end', [0x12, 0xFF, 0xFF, 0xFF]],
  ['a length of 2^63', [0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ['a group', [0x13]],
  ['a number where the graph should be', [0x10, 0x01]],
  ['two graphs of which TensorFlow makes one', [0x12, 0x0C, 0x12, 0x04, 0x0A, 0x02, 0x0A, 0x00, 0x12, 0x04, 0x0A, 0x02, 0x0A, 0x00]],
  ['two libraries of functions', [0x12, 0x06, 0x12, 0x04, 0x12, 0x00, 0x12, 0x00]],
])('refuses a SavedModel with %s', (_name, bytes) => {
  expect(() => checkSavedModel(Uint8Array.from(bytes))).toThrow(/byte/)
  mkdirSync(join(folder, 'saved'))
  writeFileSync(join(folder, 'saved/saved_model.pb'), Uint8Array.from(bytes))
  return expect(inspectModel({ path: join(folder, 'saved') })).rejects.toMatchObject({ code: 'bad-input', message: 'saved_model.pb is damaged.' })
})
