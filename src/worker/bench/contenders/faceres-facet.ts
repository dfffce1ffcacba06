import type { Start } from '../bench.ts'
import { GraphBuilder } from '#worker/engine/graph.ts'
import { engineVersion } from '#worker/engine/tf.ts'
import { importGraphModel } from '#worker/teachers/graph-model.ts'
import { facesAtOnce } from '#worker/teachers/teacher-graph.ts'
import { read } from '../bench.ts'
import { floats } from '../numbers.ts'
import { builtIn } from '../teacher-files.ts'

/** faceres re-emitted as a native graph, fed like the peers, as many faces at once as the embed stage gives it: f32 [batch, 224, 224, 3] -> f32 [batch, 1024]. */
export const start: Start = (work) => {
  const batch = read(work, 'batch')
  const { manifest, model } = builtIn('faceres')
  const builder = new GraphBuilder()
  const [embedding] = importGraphModel(builder, model, {
    input: builder.placeholder('faces', [-1, 224, 224, 3], 'float32'),
    outputs: [manifest.embedding.node],
    weights: 'constant',
    prefix: 'faceres',
  })
  const session = builder.load()
  const parts = Array.from({ length: batch / facesAtOnce }, () => ({
    dtype: 'float32' as const,
    shape: [facesAtOnce, 224, 224, 3],
    data: floats(facesAtOnce * 224 * 224 * 3),
  }))
  return {
    version: `TensorFlow ${engineVersion}`,
    run: () => {
      for (const faces of parts)
        session.compute({ faces }, [embedding!.node])
    },
  }
}
