import type { Embeddings } from '#shared/files/embeddings.ts'
import type { InspectInput, InspectResult } from '#shared/inspect.ts'
import type { Gram } from './cka.ts'
import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { openEmbeddings } from '#shared/files/embeddings.ts'
import { gramOf, linearCka } from './cka.ts'

/** Stretches that the faces are taken from: a pack is ordered by file name, and its beginning alone would be one class. */
const stretches = 40

/** How much each pair of a pack's teachers shares, on at most so many faces spread over the pack. */
export async function affinity({ embeddings, faces }: InspectInput<'affinity'>): Promise<InspectResult<'affinity'>> {
  const started = performance.now()
  const pack = openEmbeddings(embeddings)
  try {
    const all = pack.indexes.length
    const ranges = rangesOf(all, Math.min(faces, all))
    const n = ranges.reduce((sum, [from, to]) => sum + to - from, 0)
    const grams: Gram[] = []
    for (const { name, dimension } of pack.teachers) {
      grams.push(gramOf(gather(pack, name, dimension, ranges, n), n, dimension))
      await setImmediate() // a gallery's questions are answered in between
    }
    return {
      faces: n,
      of: all,
      teachers: pack.teachers.map(({ name, dimension }, i) => ({
        name,
        dimension,
        effectiveRank: grams[i]!.effectiveRank,
        deadUnits: grams[i]!.deadUnits,
      })),
      matrix: grams.map(a => grams.map(b => a === b && a.effectiveRank > 0
        ? 1
        : linearCka(a, b))),
      milliseconds: performance.now() - started,
    }
  }
  finally {
    pack.close()
  }
}

/** Rows [from, to) that hold `wanted` of `all`, evenly spread. */
export function rangesOf(all: number, wanted: number): [number, number][] {
  const count = Math.min(stretches, wanted)
  return Array.from({ length: count }, (_, i): [number, number] => {
    const taken = Math.floor(i * wanted / count)
    const from = taken + Math.floor(i * (all - wanted) / count) // what is left out grows with i, so that no stretch reaches into the next
    return [from, from + Math.floor((i + 1) * wanted / count) - taken]
  })
}

function gather(pack: Embeddings, name: string, dimension: number, ranges: [number, number][], n: number): Float32Array {
  const rows = new Float32Array(n * dimension)
  let at = 0
  for (const [from, to] of ranges) {
    rows.set(pack.readRows([name], from, to), at)
    at += (to - from) * dimension
  }
  return rows
}
