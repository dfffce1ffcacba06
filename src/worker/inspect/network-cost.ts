import type { CostQuestion, NetworkCost } from '#shared/model-costs.ts'
import type { TensorData } from '../stage.ts'
import { statSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import { modelFiles, readTeacher } from '#shared/files/teacher.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { device } from '../engine/tf.ts'
import { CombinerManifest, useCombiner } from '../models/combiner.ts'
import { readModel } from '../models/folder.ts'
import { countParameters as countTrainable } from '../models/student-network.ts'
import { loadStudent, studentEncoder } from '../models/student.ts'
import { countParameters } from '../teachers/parameters.ts'
import { buildTeachers, faceSize } from '../teachers/teacher-graph.ts'

/** Faces given at once. */
const batch = 16
/** Measured runs and the least time they take in all. */
const [leastRuns, leastMs] = [5, 500]

/** Parameters, multiply-adds, bytes and time of one network. Counted for one face, timed in batches of noise. */
export async function networkCost(question: CostQuestion): Promise<NetworkCost> {
  const { parameters, multiplyAdds, bytes, milliseconds } = await measure(question)
  return { parameters, multiplyAdds, bytes, milliseconds, batch, processor: device === 'gpu' ? 'GPU' : `${cpus()[0]?.model.trim() ?? 'CPU'}, ${availableParallelism()} cores` }
}

type Measured = Pick<NetworkCost, 'parameters' | 'multiplyAdds' | 'bytes' | 'milliseconds'>

async function measure(question: CostQuestion): Promise<Measured> {
  switch (question.kind) {
    case 'teacher': return teacherCost(question.manifest)
    case 'combiner': return combinerCost(question.folder)
    case 'student': return studentCost(question.folder)
    default: return question satisfies never
  }
}

async function teacherCost(manifest: string): Promise<Measured> {
  const teacher = readTeacher(manifest)
  const teachers = buildTeachers([teacher])
  try {
    const faces = noise(batch * faceSize * faceSize * 3)
    return {
      parameters: countParameters(teacher),
      multiplyAdds: teachers.multiplyAdds(),
      bytes: modelFiles(teacher.manifest, teacher.model).reduce((sum, file) => sum + statSync(file).size, 0),
      milliseconds: await timePerFace(() => teachers.run(faces, batch)),
    }
  }
  finally {
    teachers.dispose()
  }
}

/** The half of a combiner that makes h_G; its decoder is for measuring alone. */
async function combinerCost(folder: string): Promise<Measured> {
  const { manifest, tensors } = readModel(folder, CombinerManifest)
  const own = Object.entries(tensors).filter(([name]) => !/^(?:decoder|input|code)\//.test(name)).map(([, tensor]) => tensor)
  const combiner = useCombiner({ manifest, tensors })
  const units = combiner.teachers.reduce((sum, { dimension }) => sum + dimension, 0)
  const rows = Float32Array.from({ length: batch * units }, (_, i) => (i % 7) / 7)
  return {
    parameters: count(own),
    // each weight of a dense layer is one product
    multiplyAdds: count(own.filter(({ shape }) => shape.length === 2)),
    bytes: bytesOf(own),
    milliseconds: await timePerFace(() => combiner.encode(rows)),
  }
}

async function studentCost(folder: string): Promise<Measured> {
  const { manifest, tensors } = loadStudent(folder)
  const own = Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith('decoder/')))
  const encoder = studentEncoder(manifest, manifest.size, own, batch)
  try {
    const faces = noise(batch * manifest.input ** 2 * 3)
    return {
      parameters: countTrainable(own),
      multiplyAdds: encoder.multiplyAdds(),
      bytes: bytesOf(Object.values(own)),
      milliseconds: await timePerFace(() => encoder.encode(faces)),
    }
  }
  finally {
    encoder.dispose()
  }
}

function count(tensors: readonly TensorData[]): number {
  return tensors.reduce((sum, { data }) => sum + data.length, 0)
}

function bytesOf(tensors: readonly TensorData[]): number {
  return tensors.reduce((sum, { data }) => sum + data.byteLength, 0)
}

function noise(length: number): Uint8Array {
  const picks = new Int32Array(length)
  seededRandom(1).integers(picks, 256)
  return Uint8Array.from(picks)
}

/** Median over some runs after two that warm up. */
async function timePerFace(run: () => unknown): Promise<number> {
  await run()
  await run()
  const times: number[] = []
  for (let total = 0; times.length < leastRuns || total < leastMs;) {
    const started = performance.now()
    await run()
    times.push(performance.now() - started)
    total += times.at(-1)!
  }
  return times.sort((a, b) => a - b)[times.length >> 1]! / batch
}
