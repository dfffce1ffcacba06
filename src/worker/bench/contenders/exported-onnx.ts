import type { Start } from '../bench.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { read, readText } from '../bench.ts'
import { openOnnx } from '../onnx-session.ts'

/** Largest difference between what two programs make of a face, over the largest number of either. */
const most = 1e-4

/** The exported student in onnxruntime-node; refuses to start where it says something else than our own engine. */
export const start: Start = async (work) => {
  const [side, batch, folder] = [read(work, 'side'), read(work, 'batch'), readText(work, 'folder')]
  const { session, Tensor, version } = await openOnnx(join(folder, 'model.onnx'))
  const faces = new Tensor('uint8', Uint8Array.from(readFileSync(join(folder, 'faces.bin'))), [batch, side, side, 3])
  const wanted = new Float32Array(Uint8Array.from(readFileSync(join(folder, 'embedding.bin'))).buffer)
  const { embedding } = await session.run({ faces })
  const error = differenceOf(embedding!.data as Float32Array, wanted)
  if (!(error <= most))
    throw new Error(`its embeddings differ from ours by ${error.toExponential(1)}, more than ${most}`)
  return {
    version: `${version}, outputs within ${error.toExponential(1)}`,
    run: async () => { await session.run({ faces }) },
  }
}

function differenceOf(values: Float32Array, wanted: Float32Array): number {
  if (values.length !== wanted.length)
    return Infinity
  let [difference, largest] = [0, 0]
  wanted.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(value - values[i]!))
    largest = Math.max(largest, Math.abs(value))
  })
  return difference / largest
}
