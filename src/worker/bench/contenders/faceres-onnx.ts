import type { Start } from '../bench.ts'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { read, readText } from '../bench.ts'
import { floats } from '../numbers.ts'

/** What is used of onnxruntime-node, which is no dependency and has no types here. */
interface Onnxruntime {
  InferenceSession: { create: (path: string, options: object) => Promise<{ inputNames: string[], run: (feeds: object) => Promise<object> }> }
  Tensor: new (dtype: 'float32', data: Float32Array, shape: number[]) => object
}

/** faceres in onnxruntime, channels first. */
export const start: Start = async (work) => {
  const batch = read(work, 'batch')
  const modules = join(readText(work, 'modules'), 'node_modules')
  const { InferenceSession, Tensor } = createRequire(join(modules, 'from.js'))('onnxruntime-node') as Onnxruntime
  const session = await InferenceSession.create(readText(work, 'model'), {
    intraOpNumThreads: Number(process.env.FACET_BENCH_THREADS),
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  })
  const faces = new Tensor('float32', floats(batch * 3 * 224 * 224), [batch, 3, 224, 224])
  const { version } = JSON.parse(readFileSync(join(modules, 'onnxruntime-node/package.json'), 'utf8')) as { version: string }
  return {
    version: `onnxruntime-node ${version}`,
    run: async () => { await session.run({ [session.inputNames[0]!]: faces }) },
  }
}
