import type { Start } from '../bench.ts'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { engineVersion } from '#worker/engine/tf.ts'
import { openGraph } from '#worker/export/loss.ts'
import { graphOf } from '#worker/export/network-graph.ts'
import { writeOnnx } from '#worker/export/onnx.ts'
import { studentVariables } from '#worker/models/student-network.ts'
import { read, readText } from '../bench.ts'
import { bytes } from '../numbers.ts'

/** The exported graph in our own engine. Leaves the same as ONNX for the others, with the faces and what they should say of them. */
export const start: Start = (work) => {
  const [side, batch, size, width, folder] = [read(work, 'side'), read(work, 'batch'), read(work, 'size'), read(work, 'width'), readText(work, 'folder')]
  const shape = { network: 'resnet18', width, input: side } as const
  const exported = graphOf({ shape, size, tensors: studentVariables(shape, size, 1), knowledge: null })
  const graph = openGraph(exported)
  const faces = bytes(batch * side * side * 3)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'model.onnx'), writeOnnx(exported)['model.onnx']!)
  writeFileSync(join(folder, 'faces.bin'), faces)
  writeFileSync(join(folder, 'embedding.bin'), graph.run(faces).embedding!)
  return {
    version: `TensorFlow ${engineVersion}`,
    run: () => { graph.run(faces) },
  }
}
