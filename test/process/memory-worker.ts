import type { Tensor3D } from '#worker/engine/tf.ts'
import type { StageContext } from '#worker/stage.ts'
import process from 'node:process'
import { compile } from '#worker/engine/compile.ts'
import { engineVersion, tf } from '#worker/engine/tf.ts'
import { runWorker } from '#worker/run-worker.ts'

/** A worker with the real engine whose one step wants a tensor of batch x 6000 x 6000, which no test machine has room for. */
async function want({ config: { batch } }: StageContext<{ batch: number }>): Promise<never> {
  const ones = (shape: number[]) => tf.ones(shape)
  const program = compile(({ faces }, { rows, columns }) => ({ loss: tf.mean(tf.mul(tf.mul(faces as Tensor3D, rows as Tensor3D), columns as Tensor3D)) as never }), {
    name: 'large',
    feeds: { faces: { shape: [batch, 1, 1], dtype: 'float32' } },
    variables: {
      rows: { dtype: 'float32', shape: [1, 6000, 1], data: ones([6000]).dataSync() as Float32Array },
      columns: { dtype: 'float32', shape: [1, 1, 6000], data: ones([6000]).dataSync() as Float32Array },
    },
    optimizer: { kind: 'sgd', learningRate: 0.1, weightDecay: 0, momentum: 0.9 },
  })
  program.step({ faces: new Float32Array(batch).fill(1) }, { learningRate: 0.1 })
  throw new Error('there was room for it')
}

const load = async () => ({ run: want as never })
process.exit(await runWorker(process.argv[2]!, { loaders: { prepare: load, embed: load, combine: load, distil: load, transfer: load, select: load }, loadEngine: async () => `${engineVersion}-cpu` }))
