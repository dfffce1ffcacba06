import type { Tensor4D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import type { StudentShape } from './student-network.ts'
import { z } from 'zod'
import { StudentConfig } from '#shared/stages/distil.ts'
import { compileInference } from '#worker/engine/compile.ts'
import { readModel, writeModel } from './folder.ts'
import { embed, runBackbone } from './student-network.ts'

export const StudentManifest = z.strictObject({
  format: z.literal('facet-student-1'),
  ...StudentConfig.shape,
  size: z.int().positive(),
  parameters: z.int().positive(),
  cosine: z.number().nullable().describe('Mean cosine to h_G on the validation faces; null of a multi-task student, which has no h_G'),
  faces: z.strictObject({
    count: z.int(),
    fingerprint: z.string(),
  }),
})
export type StudentManifest = z.infer<typeof StudentManifest>

/** Tensors: backbone and `embedding/...` as in student-network.ts; `decoder/...` gives the teachers' z-scores back (only measured with). */
export interface Student { manifest: StudentManifest, tensors: Record<string, TensorData> }

/** A student ready for use. */
export interface StudentEncoder {
  input: number
  size: number
  batch: number
  /** u8 [batch, input, input, 3] -> its h_G, f32 [batch, size]. */
  encode: (pixels: Uint8Array) => Float32Array
  /** Multiply-adds of one face. */
  multiplyAdds: () => number
  /** Gives it other weights. */
  write: (tensors: Record<string, TensorData>) => void
  dispose: () => void
}

/** Writes a student's artefact folder. */
export function saveStudent(folder: string, student: Student): void {
  writeModel(folder, student)
}

/** Opens a student's artefact folder. */
export function loadStudent(folder: string): Student {
  return readModel(folder, StudentManifest)
}

/** Compiles a student for batches of a fixed size. */
export function studentEncoder(shape: StudentShape, size: number, tensors: Record<string, TensorData>, batch: number): StudentEncoder {
  const variables = Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith('decoder/')))
  const program = compileInference(({ pixels }, weights) => ({
    code: embed(runBackbone(pixels as Tensor4D, weights, shape), weights),
  }), {
    feeds: {
      pixels: {
        shape: [batch, shape.input, shape.input, 3],
        dtype: 'uint8',
      },
    },
    variables,
  })
  return {
    input: shape.input,
    size,
    batch,
    encode: pixels => program.run({ pixels }).code!.data,
    multiplyAdds: () => program.multiplyAdds({ pixels: new Uint8Array(batch * shape.input ** 2 * 3) }) / batch,
    write: values => program.write(values),
    dispose: () => program.dispose(),
  }
}
