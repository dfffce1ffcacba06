import type { Work } from './bench.ts'
import { read, readText } from './bench.ts'
import { floats } from './numbers.ts'

/** Embeddings to store: batches of 16 faces as the embed stage makes them, the same numbers each time. */
export interface Rows { faces: number, batch: number, teachers: { name: string, dimension: number }[], values: Record<string, Float32Array> }

export function rowsOf(work: Work): Rows {
  const batch = 16
  const teachers = readText(work, 'teachers').split(' ').map((each) => {
    const [name, dimension] = each.split(':') as [string, string]
    return { name, dimension: Number(dimension) }
  })
  return {
    faces: read(work, 'faces'),
    batch,
    teachers,
    values: Object.fromEntries(teachers.map(({ name, dimension }) => [name, floats(batch * dimension)])),
  }
}
