import type { Teacher } from '#shared/files/teacher.ts'
import type { OnnxModel } from '#worker/export/onnx-file.ts'
import { writeFileSync } from 'node:fs'
import { serializeOnnx } from '#worker/export/onnx-file.ts'

/** What the network of `colourNet` is made of: embedding[k] = sum over c of weights[k][c] * (mean of channel c) + bias[k]. */
export const colours = { weights: [[1, 0, 0], [0, 2, 0], [0, 0, -1], [0.5, 0.25, 0.125]], bias: [0, 1, 0, -3] }

/** Pictures through a 1x1 convolution (`map`), averaged over places (`pooled`), flat (`embedding`), then two classes (`classes`). */
export function colourNet({ shape = [-1, 3, 12, 12], layout = 'NCHW' as 'NCHW' | 'NHWC', type = 'float32' as 'float32' | 'uint8' } = {}): OnnxModel {
  const filter = Float32Array.from(colours.weights.flat())
  const classes = Float32Array.from({ length: 8 }, (_, i) => i)
  const ready = layout === 'NHWC' ? 'turned' : type === 'uint8' ? 'float' : 'image'
  return {
    inputs: [{ name: 'image', type, shape }],
    outputs: [{ name: 'classes', type: 'float32', shape: [-1, 2] }],
    tensors: [
      { name: 'filter', type: 'float32', shape: [4, 3, 1, 1], bytes: bytes(filter) },
      { name: 'bias', type: 'float32', shape: [4], bytes: bytes(Float32Array.from(colours.bias)) },
      { name: 'matrix', type: 'float32', shape: [4, 2], bytes: bytes(classes) },
    ],
    nodes: [
      ...type === 'uint8' ? [node('Cast', ['image'], 'float', { to: 1 })] : [],
      ...layout === 'NHWC' ? [node('Transpose', [type === 'uint8' ? 'float' : 'image'], 'turned', { perm: [0, 3, 1, 2] })] : [],
      node('Conv', [ready, 'filter', 'bias'], 'map', { kernel_shape: [1, 1] }),
      node('GlobalAveragePool', ['map'], 'pooled'),
      node('Flatten', ['pooled'], 'embedding'),
      node('MatMul', ['embedding', 'matrix'], 'classes'),
    ],
  }
}

export function node(op: string, inputs: string[], output: string, attributes: OnnxModel['nodes'][number]['attributes'] = {}): OnnxModel['nodes'][number] {
  return { name: output, op, inputs, outputs: [output], attributes }
}

function bytes({ buffer }: Float32Array): Uint8Array {
  return new Uint8Array(buffer)
}

/** Writes a model and describes it as a teacher that sees whole faces as they are. */
export function onnxTeacher(path: string, model: OnnxModel | Uint8Array, { node = 'embedding', dimension = 4, pool = 'none' as 'none' | 'average', input = {} as Partial<Teacher['manifest']['input']> } = {}): Teacher {
  writeFileSync(path, model instanceof Uint8Array ? model : serializeOnnx(model))
  return {
    path,
    model: path,
    sha256: '',
    manifest: {
      name: 'own',
      title: '',
      knowledge: 'colour',
      format: 'onnx',
      source: { kind: 'file', path: 'model.onnx' },
      sha256: '0'.repeat(64),
      embedding: { node, dimension, pool },
      input: { size: 12, crop: [0, 0, 300, 300], color: 'rgb', mean: [0], std: [1], ...input },
      licence: 'MIT',
      trainedOn: [],
      contaminates: [],
      paper: 'none',
      probes: [],
    },
  }
}

/** Protobuf by hand: a field that holds bytes or further fields, or a whole number. */
export function field(number: number, content: Uint8Array | Uint8Array[] | string | number): Uint8Array {
  if (typeof content === 'number')
    return Buffer.concat([varint(number * 8), varint(content)])
  const body = typeof content === 'string' ? Buffer.from(content) : content instanceof Uint8Array ? content : Buffer.concat(content)
  return Buffer.concat([varint(number * 8 + 2), varint(body.length), body])
}

function varint(value: number): Uint8Array {
  return value < 128 ? Uint8Array.of(value) : Buffer.concat([Uint8Array.of(value % 128 + 128), varint(Math.floor(value / 128))])
}
