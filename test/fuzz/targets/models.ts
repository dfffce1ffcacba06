import { Buffer } from 'node:buffer'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { packageRoot } from '#main/node-binary.ts'
import { modelFiles, modelPath, parseManifest } from '#shared/files/teacher.ts'
import { attr, GraphBuilder } from '#worker/engine/graph.ts'
import { serializeOnnx } from '#worker/export/onnx-file.ts'
import { floatNodes, inputOf } from '#worker/teachers/candidate-nodes.ts'
import { readFaceApiNet } from '#worker/teachers/face-api.ts'
import { importGraphModel } from '#worker/teachers/graph-model.ts'
import { cutOnnx, nodesBehind, readOnnx } from '#worker/teachers/onnx-model.ts'
import { layoutsOf, pictureOf } from '#worker/teachers/onnx-teacher.ts'
import { inspectSavedModel } from '#worker/teachers/saved-model-nodes.ts'
import { readTfjsModel } from '#worker/teachers/tfjs-model.ts'
import { colourNet } from '../../unit/teachers/onnx-files.ts'
import { changedBytes, changedText, jsonText } from '../inputs.ts'
import { declareTarget } from '../target.ts'
import { scratch } from './folder.ts'

const folder = scratch('models')

const manifests = ['faceres', 'dlib'].map(name => readFileSync(join(packageRoot, `resources/teachers/${name}.yaml`), 'utf8'))
export const teacherManifests = declareTarget({
  name: 'teacher manifests (YAML)',
  input: changedText(manifests, ['../../../etc/passwd', '/etc/passwd', '&a ', '*a', '<<: ', '!!binary ', '\n', ': ', '- ', '[', ']', '{', '}', '-1', '1e999', 'kind: file\n', 'path: ../x\n', '__proto__: { x: 1 }\n', 'null', '"', '"__proto__": ', 'npm', '..', '?', '\t']),
  read: (text) => {
    const path = join(folder(), 'teacher.yaml')
    writeFileSync(path, text)
    const manifest = parseManifest(path)
    const model = modelPath(manifest, path)
    if (!model.startsWith(`${folder()}/`) && !model.includes('/node_modules/'))
      throw new Error(`internal: the model is ${model}`)
    return manifest
  },
})

const spec = (name: string, shape: number[], dtype = 'float32'): object => ({ name, shape, dtype })
const weightsManifest = [{ paths: ['weights.bin'], weights: [spec('filter', [1, 1, 3, 2]), spec('bias', [2]), { ...spec('small', [4]), quantization: { dtype: 'uint8', scale: 0.1, min: 0 } }, spec('shape', [2], 'int32')] }]
const weightBytes = 24 + 8 + 4 + 8
const graph = {
  format: 'graph-model',
  modelTopology: {
    node: [
      { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: '-1' }, { size: '8' }, { size: '8' }, { size: '3' }] } } } },
      { name: 'filter', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } },
      { name: 'bias', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } },
      { name: 'shape', op: 'Const', attr: { dtype: { type: 'DT_INT32' } } },
      { name: 'y', op: '_FusedConv2D', input: ['x', 'filter', 'bias'], attr: { T: { type: 'DT_FLOAT' }, strides: { list: { i: ['1', '1', '1', '1'] } }, padding: { s: 'U0FNRQ==' }, data_format: { s: 'TkhXQw==' }, dilations: { list: { i: ['1', '1', '1', '1'] } }, fused_ops: { list: { s: ['Qmlhc0FkZA==', 'UmVsdQ=='] } }, num_args: { i: '1' } } },
      { name: 'z', op: 'Reshape', input: ['y', 'shape'], attr: { T: { type: 'DT_FLOAT' } } },
      { name: 'w', op: 'Add', input: ['z', 'z'], attr: { T: { type: 'DT_FLOAT' } } },
    ],
  },
  weightsManifest,
}
/** A graph whose weights are larger than every number. */
const absurd = { ...graph, weightsManifest: [{ paths: ['weights.bin'], weights: [spec('filter', [1e15, 1e15, 1e15, 1e15, 1e15, 1e15, 1e15, 1e15])] }] }
const leading = { ...graph, weightsManifest: [{ ...weightsManifest[0], paths: ['../secret'] }] }

export const graphModels = declareTarget({
  name: 'TFJS graph models',
  input: fc.record({ text: jsonText([graph, graph, absurd, leading]), bytes: fc.oneof({ weight: 4, arbitrary: fc.constant(weightBytes) }, fc.nat(80)) }),
  read: ({ text, bytes }) => {
    const path = join(folder(), 'model.json')
    writeFileSync(path, text)
    writeFileSync(join(folder(), 'weights.bin'), Buffer.alloc(bytes))
    writeFileSync(join(folder(), '..', 'secret'), Buffer.alloc(weightBytes))
    const files = modelFiles({ name: 'fuzz', format: 'tfjs-graph' }, path)
    if (files.some(file => !file.startsWith(`${folder()}/`)))
      throw new Error(`internal: reads ${files.join(', ')}`)
    const model = readTfjsModel(path)
    for (const name of model.weights.names)
      model.weights.get(name)
    const { size, channels } = inputOf(model)
    const builder = new GraphBuilder()
    const input = builder.placeholder('input', [-1, size ?? 8, size ?? 8, channels ?? 3], 'float32')
    importGraphModel(builder, model, { input, outputs: floatNodes(model).map(({ name }) => name), weights: 'constant', prefix: 'model' })
    return model.weights.names
  },
})

export const faceApiModels = declareTarget({
  name: 'weight manifests (face-api)',
  input: fc.record({ text: jsonText([weightsManifest]), net: fc.constantFrom('face_recognition_model', 'face_expression_model', 'constructor', '__proto__', 'toString'), bytes: fc.oneof(fc.constant(weightBytes), fc.nat(80)) }),
  read: ({ text, net, bytes }) => {
    const path = join(folder(), `${net}-weights_manifest.json`)
    writeFileSync(path, text)
    writeFileSync(join(folder(), 'weights.bin'), Buffer.alloc(bytes))
    return Object.keys(readFaceApiNet(path).weights)
  },
})

/** A SavedModel of one relu, with the signature that a teacher needs. */
function savedModelBytes(): Buffer {
  const builder = new GraphBuilder()
  const input = builder.placeholder('image', [-1, 8, 8, 3], 'float32')
  builder.op('Relu', [input], { T: attr.type('float32') }, 1, { name: 'embedding' })
  const shape = [-1, 8, 8, 3]
  return Buffer.from(builder.serialize({
    inputs: { image: { name: 'image:0', dtype: 1, shape } },
    outputs: { embedding: { name: 'embedding:0', dtype: 1, shape } },
  }))
}

export const savedModels = declareTarget({
  name: 'SavedModels (protobuf)',
  input: changedBytes([savedModelBytes()]),
  show: bytes => bytes.toString('base64'),
  read: (bytes) => {
    const model = join(folder(), 'saved')
    rmSync(model, { recursive: true, force: true })
    mkdirSync(model)
    writeFileSync(join(model, 'saved_model.pb'), bytes)
    return inspectSavedModel(model).nodes
  },
})

const onnxFiles = [colourNet(), colourNet({ shape: [-1, 12, 12, 3], layout: 'NHWC', type: 'uint8' })].map(model => Buffer.from(serializeOnnx(model)))

export const onnxModels = declareTarget({
  name: 'ONNX models (protobuf)',
  input: changedBytes(onnxFiles),
  show: bytes => bytes.toString('base64'),
  read: (bytes) => {
    const path = join(folder(), 'model.onnx')
    writeFileSync(path, bytes)
    const model = readOnnx(path)
    const { layout } = pictureOf(model)
    const names = model.nodes.flatMap(({ outputs }) => outputs)
    const asked = names.slice(-1)
    writeFileSync(path, cutOnnx(model, asked))
    const cut = readOnnx(path)
    if (cut.nodes.length !== nodesBehind(model, asked).size || cut.outputs.join() !== asked.join())
      throw new Error(`internal: cut to ${cut.nodes.length} nodes and the outputs ${cut.outputs.join()}`)
    return [...layoutsOf(model, layout)]
  },
})
