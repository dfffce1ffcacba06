import type { ExportFormat } from '#shared/export.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tf } from '#worker/engine/tf.ts'
import { faces } from './networks.ts'

type Outputs = Record<string, Float32Array>
interface Predicted { dataSync: () => Float32Array }

/** An exported folder in the program that it is for, on `faces(count)`. None of these is ours. */
export const runtimes: Record<ExportFormat, (folder: string, count: number) => Promise<Outputs>> = {
  async savedmodel(folder, count) {
    const model = await tf.node.loadSavedModel(folder, ['serve'], 'serving_default')
    try {
      return toArrays(model.predict({ faces: tf.tensor4d(faces(count), [count, 32, 32, 3], 'int32') }) as unknown as Record<string, Predicted>)
    }
    finally {
      model.dispose()
    }
  },

  // tfjs without the native engine: its own kernels in JavaScript
  async tfjs(folder, count) {
    const native = tf.getBackend()
    await tf.setBackend('cpu')
    try {
      const { weightsManifest: [{ paths, weights }], ...json } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as { weightsManifest: [{ paths: string[], weights: never[] }] }
      const weightData = new Uint8Array(Buffer.concat(paths.map(path => readFileSync(join(folder, path))))).buffer
      const model = await tf.loadGraphModel(tf.io.fromMemory({ ...json, weightSpecs: weights, weightData } as never))
      return toArrays(model.predict(tf.tensor4d(faces(count), [count, 32, 32, 3], 'int32')) as unknown as Record<string, Predicted>)
    }
    finally {
      await tf.setBackend(native)
    }
  },

  async onnx(folder, count) {
    const { InferenceSession, Tensor } = await import('onnxruntime-node')
    const session = await InferenceSession.create(join(folder, 'model.onnx'))
    try {
      const outputs = await session.run({ faces: new Tensor('uint8', faces(count), [count, 32, 32, 3]) })
      return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]))
    }
    finally {
      await session.release()
    }
  },
}

function toArrays(outputs: Record<string, Predicted>): Outputs {
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.dataSync()]))
}
