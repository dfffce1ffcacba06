import type { NodeRef } from '#worker/engine/graph.ts'
import { Buffer } from 'node:buffer'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { attr, GraphBuilder } from '#worker/engine/graph.ts'
import { backend } from '#worker/engine/tf.ts'
import { inspectModel } from '#worker/inspect/model.ts'
import { openSavedModel } from '#worker/teachers/saved-model.ts'

/** Generated protobuf messages, to write into a SavedModel what Facet's own writer has no use for. */
type Message = Record<string, (...values: unknown[]) => Message> & { serializeBinary: () => Uint8Array }
type Class = (new () => Message) & { deserializeBinary: (bytes: Uint8Array) => Message } & Record<string, new () => Message>
const proto = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js') as Record<string, Class>

function message(made: Message, values: Record<string, unknown>): Message {
  for (const [setter, value] of Object.entries(values))
    made[setter]!(value)
  return made
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-saver-'))
  mkdirSync(join(folder, 'model'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A text in a graph: its length, then its bytes (TensorFlow's DecodeStringList). */
function text(builder: GraphBuilder, value: string, shape: readonly number[] = []): NodeRef {
  return builder.op('Const', [], { dtype: attr.type('string'), value: attr.tensor({ dtype: 7, shape, bytes: Buffer.from([value.length, ...Buffer.from(value)]) }) })
}

/** Mean colours as a teacher, whose graph also saves a tensor to FOLDER/written; where it is reached, the output waits for that. */
function build({ isReached = false, op = 'SaveV2' } = {}): { bytes: Uint8Array, save: NodeRef } {
  const builder = new GraphBuilder()
  const image = builder.placeholder('image', [-1, 32, 32, 3], 'float32')
  const prefix = text(builder, join(folder, 'written'))
  const save = op === 'SaveV2'
    ? builder.op('SaveV2', [prefix, text(builder, 'w', [1]), text(builder, '', [1]), builder.constant([7], [], 'float32')], { dtypes: attr.types(['float32']) }, 0, { name: 'save/SaveV2' })
    : builder.op('MergeV2Checkpoints', [text(builder, join(folder, 'none'), [1]), prefix], { delete_old_dirs: attr.bool(false) }, 0, { name: 'save/merge' })
  builder.op('Identity', [prefix], { T: attr.type('string') }, 1, { name: 'save/saved', control: [save] })
  const mean = builder.op('Mean', [image, builder.constant([1, 2], [2], 'int32')], { T: attr.type('float32'), Tidx: attr.type('int32'), keep_dims: attr.bool(false) })
  const between = builder.op('Identity', [mean], { T: attr.type('float32') }, 1, { control: isReached ? [save] : [] })
  const output = builder.op('Relu', [between], { T: attr.type('float32') }, 1, { name: 'colours' })
  return {
    save,
    bytes: builder.serialize({
      inputs: { x: { name: 'image:0', dtype: 1, shape: [-1, 32, 32, 3] } },
      outputs: { features: { name: `${output.node}:0`, dtype: 1, shape: [-1, 3] } },
    }),
  }
}

/** Changes the one graph of a SavedModel and puts the file where the teacher's is. */
function put(bytes: Uint8Array, change: (graph: Message) => void = () => {}): void {
  const model = proto.SavedModel!.deserializeBinary(bytes)
  change((model.getMetaGraphsList!() as unknown as Message[])[0]!)
  writeFileSync(join(folder, 'model/saved_model.pb'), model.serializeBinary())
}

function open(node = 'features') {
  return openSavedModel({
    manifest: { name: 'own', title: '', knowledge: 'colour', format: 'saved-model', source: { kind: 'file', path: 'model' }, sha256: '0'.repeat(64), embedding: { node, dimension: 3, pool: 'none' }, input: { size: 32, crop: [0, 0, 300, 300], color: 'rgb', mean: [0], std: [255] }, licence: 'MIT', trainedOn: [], contaminates: [], paper: 'none', probes: [] },
    path: join(folder, 'own.yaml'),
    model: join(folder, 'model'),
    sha256: '',
  })
}

const image = { dtype: 'float32' as const, shape: [1, 32, 32, 3], data: new Float32Array(32 * 32 * 3).fill(0.25) }

async function expectRefused(words: string, node?: string): Promise<void> {
  expect(() => open(node)).toThrow(expect.objectContaining({ name: 'FacetError', code: 'bad-input', message: expect.stringContaining(words) }) as Error)
  if (node === undefined)
    await expect(inspectModel({ path: join(folder, 'model') })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining(words) })
  expect(readdirSync(folder)).toEqual(['model'])
}

/** A function that holds nodes of a graph. */
function functionOf(name: string, nodes: Message[], attributes: Record<string, Message> = {}): Message {
  const made = message(new proto.FunctionDef!(), { setSignature: message(new proto.OpDef!(), { setName: name }), setNodeDefList: nodes })
  for (const [key, value] of Object.entries(attributes))
    made.getAttrMap!().set!(key, value)
  return made
}
const named = (name: string): Message => message(new proto.NameAttrList!(), { setName: name })
const attribute = (values: Record<string, unknown>): Message => message(new proto.AttrValue!(), values)
function node(name: string, op: string, attributes: Record<string, Message> = {}): Message {
  const made = message(new proto.NodeDef!(), { setName: name, setOp: op })
  for (const [key, value] of Object.entries(attributes))
    made.getAttrMap!().set!(key, value)
  return made
}
const nodesOf = (graph: Message): Message[] => graph.getGraphDef!().getNodeList!() as unknown as Message[]
const outputOf = (graph: Message): Message => nodesOf(graph).find(each => each.getName!() as unknown === 'colours')!

describe('a saver\'s op', () => {
  it('that nothing leads to stays, and never runs', () => {
    put(build().bytes, graph => graph.setSaverDef!(message(new proto.SaverDef!(), { setSaveTensorName: 'save/saved:0', setFilenameTensorName: 'Const:0' })))
    const model = open()
    expect([...model.run(image).data]).toEqual([0.25, 0.25, 0.25])
    model.dispose()
    expect(readdirSync(folder)).toEqual(['model'])
  })

  it('that an output leads to would write a file, and is refused', async () => {
    const { bytes } = build({ isReached: true })
    put(bytes)
    await expectRefused('lead to the op "SaveV2" (node "save/SaveV2")')
    // TensorFlow itself does what the refusal is for.
    const id = backend.loadSavedModelMetaGraph(join(folder, 'model'), 'serve')
    const fed = backend.binding.createTensor(image.shape, 1, image.data)
    backend.binding.runSavedModel(id, [fed], 'image:0', 'colours:0')
    backend.deleteSavedModel(id)
    expect(readdirSync(folder)).toContain('written.index')
  })

  it('that merges checkpoints is one as well', async () => {
    put(build({ isReached: true, op: 'MergeV2Checkpoints' }).bytes)
    await expectRefused('lead to the op "MergeV2Checkpoints"')
  })

  it('is refused where the node that is asked for rests on it', async () => {
    put(build().bytes)
    await expectRefused('"SaveV2"', 'save/saved')
  })

  it.each([
    ['the main op', (graph: Message) => graph.getCollectionDefMap!().set!('saved_model_main_op', message(new proto.CollectionDef!(), { setNodeList: message(new proto.CollectionDef!.NodeList!(), { setValueList: ['save/saved'] }) }))],
    ['the initialiser of older models', (graph: Message) => graph.getCollectionDefMap!().set!('legacy_init_op', message(new proto.CollectionDef!(), { setNodeList: message(new proto.CollectionDef!.NodeList!(), { setValueList: ['save/SaveV2'] }) }))],
    ['the restore op', (graph: Message) => graph.setSaverDef!(message(new proto.SaverDef!(), { setRestoreOpName: 'save/saved' }))],
    ['the initialiser\'s signature', (graph: Message) => {
      const signature = new proto.SignatureDef!()
      signature.getOutputsMap!().set!('__saved_model_init_op', message(new proto.TensorInfo!(), { setName: 'save/SaveV2' }))
      graph.getSignatureDefMap!().set!('__saved_model_init_op', signature)
    }],
  ])('is refused where %s leads to it', async (_name, change) => {
    put(build().bytes, graph => void change(graph))
    await expectRefused('"SaveV2"')
  })

  it.each([
    ['that the output calls', 'outer'],
    ['that is an op of its own', 'op'],
    ['called by one that the output calls, in a list', 'inner'],
    ['that a function\'s attribute names', 'nested'],
    ['that is the gradient of one that is called', 'gradient'],
    ['that may be put in the place of one that is called', 'twin'],
  ] as const)('is refused in a function %s', async (_name, how) => {
    put(build().bytes, (graph) => {
      const save = nodesOf(graph).find(each => each.getName!() as unknown === 'save/SaveV2')!
      graph.getGraphDef!().setNodeList!(nodesOf(graph).filter(each => !String(each.getName!()).startsWith('save/')))
      const twin = { api_implements: attribute({ setS: Buffer.from('lstm') }) }
      const library = new proto.FunctionDefLibrary!()
      library.setFunctionList!([
        functionOf('writes', [save], twin),
        functionOf('calls', [node('again', 'PartitionedCall', { f: attribute({ setFunc: named('writes') }) })]),
        functionOf('looks_harmless', [node('nothing', 'NoOp')], twin),
      ])
      if (how === 'gradient')
        library.setGradientList!([message(new proto.GradientDef!(), { setFunctionName: 'harmless', setGradientFunc: 'writes' })])
      graph.getGraphDef!().setLibrary!(library)
      const outer = outputOf(graph)
      const branches = message(new proto.AttrValue!.ListValue!(), { setFuncList: [named('harmless'), named('calls')] })
      const nesting = named('harmless')
      nesting.getAttrMap!().set!('inner', attribute({ setFunc: named('writes') }))
      const attributes = {
        outer: attribute({ setFunc: named('writes') }),
        inner: attribute({ setList: branches }),
        nested: attribute({ setFunc: nesting }),
        gradient: attribute({ setFunc: named('harmless') }),
        twin: attribute({ setFunc: named('looks_harmless') }),
      }
      if (how === 'op')
        outer.setOp!('writes')
      else
        outer.getAttrMap!().set!('f', attributes[how])
    })
    await expectRefused('"SaveV2"')
  })

  it('stays in a function that only the saver calls', async () => {
    put(build().bytes, (graph) => {
      const save = nodesOf(graph).find(each => each.getName!() as unknown === 'save/SaveV2')!
      const library = new proto.FunctionDefLibrary!()
      library.setFunctionList!([functionOf('traced_save', [save])])
      graph.getGraphDef!().setLibrary!(library)
      graph.getGraphDef!().setNodeList!([...nodesOf(graph).filter(each => !String(each.getName!()).startsWith('save/')), node('StatefulPartitionedCall', 'StatefulPartitionedCall', { f: attribute({ setFunc: named('traced_save') }) })])
    })
    expect((await inspectModel({ path: join(folder, 'model') })).nodes.map(({ name }) => name)).toContain('colours')
  })
})

it('the graph that is looked at is the one that TensorFlow takes: that with the tag "serve" alone', async () => {
  const harmless = proto.SavedModel!.deserializeBinary(build().bytes)
  const [first] = harmless.getMetaGraphsList!() as unknown as [Message]
  first.getMetaInfoDef!().setTagsList!(['serve', 'gpu'])
  const [second] = proto.SavedModel!.deserializeBinary(build({ isReached: true }).bytes).getMetaGraphsList!() as unknown as [Message]
  harmless.setMetaGraphsList!([first, second])
  writeFileSync(join(folder, 'model/saved_model.pb'), harmless.serializeBinary())
  await expectRefused('"SaveV2"')
  harmless.setMetaGraphsList!([first])
  writeFileSync(join(folder, 'model/saved_model.pb'), harmless.serializeBinary())
  await expectRefused('no graph for serving')
  expect(() => backend.loadSavedModelMetaGraph(join(folder, 'model'), 'serve')).toThrow()
})

it('a model that hides an op in a second graph is refused, though TensorFlow would run it', async () => {
  const model = proto.SavedModel!.deserializeBinary(build({ isReached: true }).bytes)
  const [graph] = model.getMetaGraphsList!() as unknown as [Message]
  // Of two graphs TensorFlow makes one, and the library which reads them here knows only the last.
  const hidden = message(new proto.GraphDef!(), { setNodeList: nodesOf(graph).filter(each => String(each.getName!()).startsWith('save/')) }).serializeBinary()
  graph.getGraphDef!().setNodeList!(nodesOf(graph).filter(each => !String(each.getName!()).startsWith('save/')))
  const whole = Buffer.concat([field(2, hidden), graph.serializeBinary()])
  writeFileSync(join(folder, 'model/saved_model.pb'), Buffer.concat([Buffer.from([0x08, 0x01]), field(2, whole)]))
  await expectRefused('saved_model.pb is damaged')
  const id = backend.loadSavedModelMetaGraph(join(folder, 'model'), 'serve')
  const fed = backend.binding.createTensor(image.shape, 1, image.data)
  backend.binding.runSavedModel(id, [fed], 'image:0', 'colours:0')
  backend.deleteSavedModel(id)
  expect(readdirSync(folder)).toContain('written.index')
})

/** A field of a protobuf message that holds bytes; their number stands before them, seven bits a byte. */
function field(number: number, bytes: Uint8Array): Buffer {
  const length: number[] = []
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : rest % 128 + 128)
    if (rest < 128)
      break
  }
  return Buffer.concat([Buffer.from([8 * number + 2, ...length]), bytes])
}
