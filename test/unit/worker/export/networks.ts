import type { StudentNetwork } from '#shared/stages/distil.ts'
import type { HeadTarget } from '#worker/models/head.ts'
import type { StudentShape } from '#worker/models/student-network.ts'
import type { TensorData } from '#worker/stage.ts'
import { join } from 'node:path'
import { createFaces } from '#shared/files/faces.ts'
import { headVariables } from '#worker/models/head.ts'
import { studentVariables } from '#worker/models/student-network.ts'
import { saveStudent, studentEncoder } from '#worker/models/student.ts'
import { saveTransfer } from '#worker/models/transfer-model.ts'

/** Numbers of the embedding. */
export const size = 10

export function shapeOf(network: StudentNetwork): StudentShape {
  return { network, width: 6, input: 32 }
}

/** Weights as after some training: nothing at its first value, statistics unlike 0 and 1, where folding them wrongly would show. */
export function shaken(shape: StudentShape): Record<string, TensorData> {
  let state = 1
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647
  return Object.fromEntries(Object.entries(studentVariables(shape, size, 3)).map(([name, tensor]) => [
    name,
    {
      ...tensor,
      data: (tensor.data as Float32Array).map(value => name.endsWith('/variance')
        ? 0.5 + random()
        : value + 0.2 * (random() - 0.5)),
    },
  ]))
}

/** A student's artefact below a folder. */
export function saveNetwork(folder: string, shape: StudentShape): string {
  const path = join(folder, `student-${shape.network}`)
  saveStudent(path, { manifest: { format: 'facet-student-1', ...shape, size, parameters: 1, cosine: 0.5, faces: { count: 1, fingerprint: 'f' } }, tensors: shaken(shape) })
  return path
}

const classes = { classification: ['young', 'middle', 'old'], attributes: ['Male', 'Smiling', 'Young'], regression: null }

/** An artefact of a head on a frozen student, its last unit dead. */
export function saveHead(folder: string, kind: HeadTarget['kind']): string {
  const outputs = kind === 'regression' ? 1 : 3
  const head = { hidden: [8], dropout: 0.5 }
  const path = join(folder, kind)
  const inputs = (valueOf: (i: number) => number): TensorData => ({ dtype: 'float32', shape: [size], data: Float32Array.from({ length: size }, (_, i) => valueOf(i)) })
  saveTransfer(path, {
    manifest: {
      format: 'facet-transfer-1',
      task: 'age',
      encoder: { kind: 'student', mode: 'frozen' },
      width: size,
      clip: 1.5,
      head,
      target: { kind, outputs, middle: 40, spread: 12, range: [0, 116] },
      classes: classes[kind],
      unit: kind === 'regression' ? 'years' : null,
    },
    tensors: {
      ...Object.fromEntries(Object.entries(headVariables(size, head, outputs, 5)).map(([key, tensor]) => [
        key,
        { ...tensor, data: (tensor.data as Float32Array).map((value, i) => value + 0.3 * Math.sin(i)) },
      ])),
      'input/mean': inputs(i => i / 10),
      'input/scale': inputs(i => i === size - 1 ? 0 : 0.5),
    },
  })
  return path
}

/** Faces of which no two pixels are alike, u8 [count, 32, 32, 3]. */
export function faces(count: number): Uint8Array {
  return Uint8Array.from({ length: count * 32 * 32 * 3 }, (_, i) => (i * 7919) % 251)
}

/** What the network itself makes of `faces(count)`, norms unfolded, in the graph that runs are evaluated by. */
export function embeddings(shape: StudentShape, count: number): Float32Array {
  const encoder = studentEncoder(shape, size, shaken(shape), count)
  try {
    return encoder.encode(faces(count))
  }
  finally {
    encoder.dispose()
  }
}

/** A faces pack of `faces(count)`, as they are. */
export function savePack(folder: string, count: number): string {
  const path = join(folder, 'faces.sqlite')
  const writer = createFaces(path, { size: 32, encoding: 'raw', aligned: false, count })
  const all = faces(count)
  writer.add(Array.from({ length: count }, (_, index) => ({
    index,
    status: 'found',
    reason: null,
    box: null,
    landmarks: null,
    score: null,
    meshScore: null,
    faces: 1,
    image: Buffer.from(all.subarray(index * 3072, (index + 1) * 3072)),
  })))
  writer.seal()
  return path
}
