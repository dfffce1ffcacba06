import type { Start } from '../bench.ts'
import { engineVersion } from '#worker/engine/tf.ts'
import { buildTeachers, faceSize } from '#worker/teachers/teacher-graph.ts'
import { read, readText } from '../bench.ts'
import { bytes } from '../numbers.ts'
import { builtIn } from '../teacher-files.ts'

/** The embed stage's graph on a batch in memory. */
export const start: Start = (work) => {
  const batch = read(work, 'batch')
  const teachers = buildTeachers(readText(work, 'teachers').split(' ').map(builtIn))
  const faces = bytes(batch * faceSize * faceSize * 3)
  return {
    version: `TensorFlow ${engineVersion}`,
    run: () => { teachers.run(faces, batch) },
  }
}
