import type { Tensor } from '#worker/engine/tf.ts'
import type { Start } from '../bench.ts'
import { tf } from '#worker/engine/tf.ts'
import { read } from '../bench.ts'
import { floats } from '../numbers.ts'
import { builtIn } from '../teacher-files.ts'

/** faceres as tfjs runs it. */
export const start: Start = async (work) => {
  const batch = read(work, 'batch')
  const { manifest, model } = builtIn('faceres')
  const graph = await tf.loadGraphModel(`file://${model}`)
  const faces = tf.tensor4d(floats(batch * 224 * 224 * 3), [batch, 224, 224, 3])
  return {
    version: `tfjs ${tf.version.tfjs}`,
    run: () => tf.tidy(() => { (graph.execute(faces, manifest.embedding.node) as Tensor).dataSync() }),
  }
}
