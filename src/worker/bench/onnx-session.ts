import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'

type Runtime = typeof import('onnxruntime-node')
type Session = Awaited<ReturnType<Runtime['InferenceSession']['create']>>

/** An ONNX file in onnxruntime-node, with the bench's number of threads. */
export async function openOnnx(model: string): Promise<{ session: Session, Tensor: Runtime['Tensor'], version: string }> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node')
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: Number(process.env.FACET_BENCH_THREADS),
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  })
  const main = createRequire(import.meta.url).resolve('onnxruntime-node')
  const { version } = JSON.parse(readFileSync(join(dirname(main), '../package.json'), 'utf8')) as { version: string }
  return { session, Tensor, version: `onnxruntime-node ${version}` }
}
