import type { Start } from '../bench.ts'
import { engineVersion } from '#worker/engine/tf.ts'
import { buildTeachers, facesAtOnce, faceSize } from '#worker/teachers/teacher-graph.ts'
import { read, readText } from '../bench.ts'
import { bytes } from '../numbers.ts'
import { builtIn } from '../teacher-files.ts'

/** The embed stage's graph on faces in memory, as many at once as the stage gives it. */
export const start: Start = (work) => {
  const batch = read(work, 'batch')
  const teachers = buildTeachers(readText(work, 'teachers').split(' ').map(builtIn))
  const parts = Array.from({ length: batch / facesAtOnce }, () => bytes(facesAtOnce * faceSize * faceSize * 3))
  return {
    version: `TensorFlow ${engineVersion}`,
    run: async () => {
      for (const faces of parts)
        await teachers.run(faces, facesAtOnce)
    },
  }
}
