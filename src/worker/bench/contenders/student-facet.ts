import type { Start } from '../bench.ts'
import { OptimizerConfig } from '#shared/stages/training.ts'
import { engineVersion } from '#worker/engine/tf.ts'
import { read } from '../bench.ts'
import { bytes, floats } from '../numbers.ts'
import { compileStudent } from '../student-program.ts'

/** The distil stage's step on a batch in memory, with the peers' optimizer. */
export const start: Start = (work) => {
  const [side, batch, size] = [read(work, 'side'), read(work, 'batch'), read(work, 'size')]
  const program = compileStudent(work, OptimizerConfig.parse({ kind: 'adam' }))
  const feeds = {
    faces: bytes(batch * side * side * 3),
    target: floats(batch * size),
  }
  return {
    version: `TensorFlow ${engineVersion}`,
    run: () => { program.step(feeds, { learningRate: 1e-3 }) },
  }
}
