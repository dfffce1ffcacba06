import { Buffer } from 'node:buffer'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FacetError } from '#shared/errors.ts'
import { serializeOnnx } from '#worker/export/onnx-file.ts'
import { inspectModel } from '#worker/inspect/model.ts'
import { cutOnnx, readOnnx } from '#worker/teachers/onnx-model.ts'
import { colourNet, field } from './onnx-files.ts'

// numbers of fields: https://github.com/onnx/onnx/blob/v1.18.0/onnx/onnx.proto3
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-hostile-onnx-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const file = (): string => join(folder, 'model.onnx')

const image = field(11, [field(1, 'image'), field(2, [field(1, [field(1, 1), field(2, [field(1, [field(2, 'n')]), field(1, [field(1, 3)]), field(1, [field(1, 4)]), field(1, [field(1, 4)])])])])])
const relu = field(1, [field(1, 'image'), field(2, 'out'), field(4, 'Relu')])
const opset = field(8, [field(1, ''), field(2, 17)])

/** A model of one relu and what is added to its graph or behind it. */
function written({ graph = [] as Uint8Array[], nodes = [relu], model = [] as Uint8Array[] } = {}): string {
  writeFileSync(file(), Buffer.concat([field(1, 8), field(7, [...nodes, image, field(12, [field(1, 'out')]), ...graph]), opset, ...model]))
  return file()
}
/** A weight "w". */
const weight = (...fields: Uint8Array[]): Uint8Array => field(5, [field(8, 'w'), ...fields])
/** A node that carries an attribute. */
const carrying = (...attribute: Uint8Array[]): Uint8Array => field(1, [field(1, 'image'), field(2, 'out'), field(4, 'If'), field(3, 'branch'), field(5, attribute)])

it('reads the model that the others are changes of', async () => {
  const model = readOnnx(written())
  expect(model).toMatchObject({ input: { name: 'image', type: 1, shape: [-1, 3, 4, 4] }, outputs: ['out'], nodes: [{ op: 'Relu', inputs: ['image'], outputs: ['out'] }] })
  expect((await inspectModel({ path: file() })).nodes).toMatchObject([{ name: 'out', shape: [3, 4, 4] }])
})

it('refuses a file cut off anywhere, or gives a graph that onnxruntime is asked of', () => {
  const whole = serializeOnnx(colourNet())
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(file(), whole.subarray(0, length))
    try {
      readOnnx(file())
      // only what comes behind the graph may be missing
      expect(length).toBeGreaterThan(whole.length - 8)
    }
    catch (error) {
      expect(error).toBeInstanceOf(FacetError)
      expect(error).toMatchObject({ code: 'bad-input', where: file(), hint: expect.any(String) })
    }
  }
})

const location = field(13, [field(1, 'location'), field(2, '../../etc/passwd')])
it.each([
  ['of the graph', { graph: [weight(field(1, 4), field(2, 1), location, field(14, 1))] }],
  ['with a location alone', { graph: [weight(field(1, 4), field(2, 1), location)] }],
  ['of a node', { nodes: [carrying(field(1, 'value'), field(5, [field(8, 'w'), location]))] }],
  ['in a list of a node', { nodes: [carrying(field(1, 'value'), field(10, [field(8, 'w'), location]))] }],
  ['of a branch', { nodes: [carrying(field(1, 'then_branch'), field(6, [weight(location)]))] }],
  ['of a node of a branch', { nodes: [carrying(field(1, 'branches'), field(11, [field(1, [field(4, 'Constant'), field(5, [field(5, [field(8, 'w'), location])])])]))] }],
])('refuses weights in another file: %s', (_name, parts) => {
  expect(() => readOnnx(written(parts))).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringContaining('"w" lies in another file') as string, where: file(), hint: expect.stringContaining('save_as_external_data=False') as string }) as Error)
})

const foreign = (domain: string): Uint8Array => field(1, [field(1, 'image'), field(2, 'out'), field(3, 'spy'), field(4, 'EPContext'), field(7, domain)])
it.each([
  ['in the graph', foreign('com.microsoft')],
  ['in a branch', carrying(field(1, 'then_branch'), field(6, [foreign('evil.example')]))],
])('refuses operators that are not ONNX\'s own: %s', (_name, node) => {
  expect(() => readOnnx(written({ nodes: [node] }))).toThrow(expect.objectContaining({ message: expect.stringMatching(/node "spy" is the operator "EPContext" of "(?:com.microsoft|evil.example)"/) as string, where: file(), hint: expect.any(String) }) as Error)
})

it.each([
  ['fewer bytes than its shape says', [field(1, 100), field(2, 1), field(9, Buffer.alloc(8))], /\[100\], more than the file holds/],
  ['more bytes', [field(1, 1), field(2, 1), field(9, Buffer.alloc(8))], /\[1\], but 8 bytes/],
  ['no numbers', [field(1, 7), field(2, 1)], /\[7\], more than the file holds/],
  ['an absurd shape', [...Array.from({ length: 8 }, () => field(1, 2 ** 40)), field(2, 1), field(9, Buffer.alloc(8))], /more than the file holds/],
  ['a shape of many sides', [...Array.from({ length: 5000 }, () => field(1, 2)), field(2, 1), field(9, Buffer.alloc(8))], /more than the file holds/],
  ['too few of them one by one', [field(1, 100), field(2, 1), field(4, Buffer.alloc(4))], /\[100\], more than the file holds/],
])('refuses a weight with %s', (_name, fields, message) => {
  expect(() => readOnnx(written({ graph: [weight(...fields)] }))).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringMatching(message) as string, hint: expect.any(String) }) as Error)
})

/** Branches in branches, as deep as asked. */
function nested(depth: number): Uint8Array {
  let node = relu
  for (let i = 0; i < depth; i++)
    node = carrying(field(1, 'then_branch'), field(6, [node]))
  return node
}

it.each([
  ['two graphs, which onnxruntime would take for one', { model: [field(7, [image])] }, /graph comes twice/],
  ['functions of its own', { model: [field(25, [field(1, 'f')])] }, /functions of its own/],
  ['a sparse weight', { graph: [field(15, [field(1, [field(8, 'w')])])] }, /sparse weight/],
  ['no input', { graph: [weight(field(8, 'image'), field(2, 1), field(9, Buffer.alloc(4)))] }, /no input/],
  ['two inputs', { graph: [field(11, [field(1, 'other')])] }, /2 inputs \(image, other\)/],
  ['branches without an end', { nodes: [nested(100)] }, /nests more than 64 levels/],
  ['a name that is no text', { nodes: [field(1, [field(1, Uint8Array.of(0xFF, 0xFE)), field(2, 'out')])] }, /damaged/],
  ['a number where a node should be', { nodes: [field(1, 5)] }, /message is expected/],
])('refuses a model with %s', (_name, parts, message) => {
  expect(() => readOnnx(written(parts))).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringMatching(message) as string, where: file() }) as Error)
})

it.each([
  ['longer than the file', [0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]],
  ['of 2^63 bytes', [0x3A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ['in a group', [0x3B]],
])('refuses a graph %s', (_name, bytes) => {
  writeFileSync(file(), Uint8Array.from(bytes))
  expect(() => readOnnx(file())).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringMatching(/damaged: .*byte/) as string }) as Error)
})

it('reads no file that is larger than any of the kind', () => {
  writeFileSync(file(), '')
  truncateSync(file(), 3 * 2 ** 30) // no disk is taken: nothing is in it
  expect(() => readOnnx(file())).toThrow(expect.objectContaining({ message: expect.stringContaining('3221225472 bytes cannot be whole') as string }) as Error)
})

it('cuts away what an embedding does not rest on, and keeps what a branch reads', () => {
  const inner = field(1, [field(1, 'outside'), field(2, 'inside'), field(4, 'Relu')])
  const nodes = [
    field(1, [field(1, 'image'), field(2, 'outside'), field(4, 'Neg')]),
    carrying(field(1, 'then_branch'), field(6, [inner])),
    field(1, [field(1, 'out'), field(2, 'behind'), field(4, 'Softmax')]),
  ]
  const cut = cutOnnx(readOnnx(written({ nodes })), ['out'])
  writeFileSync(file(), cut)
  expect(readOnnx(file())).toMatchObject({ outputs: ['out'], nodes: [{ op: 'Neg' }, { op: 'If' }] })
})
