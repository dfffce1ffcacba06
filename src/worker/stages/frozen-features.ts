import type { z } from 'zod'
import type { Order, OrderSource } from '#shared/order.ts'
import type { transfer } from '#shared/stages/transfer.ts'
import type { StageContext } from '#worker/stage.ts'
import type { Normalizer, UnitGroup } from '../models/normalizer.ts'
import { FacetError } from '#shared/errors.ts'
import { loadCombiner } from '../models/combiner.ts'
import { commonScale, unitStatistics, zScore } from '../models/normalizer.ts'
import { loadStudent, studentEncoder } from '../models/student.ts'
import { computeOverFaces, openPixels } from '../training/pixels.ts'
import { embeddingRows, memoryRows } from './embedding-rows.ts'

type Config = z.output<typeof transfer.config>

/** A frozen encoder's output for faces, f32 [faces, width]. */
export interface Features {
  data: Float32Array
  width: number
  /**
   * How a head's inputs are standardised, on the training faces. `unit`: z-scores with guards, for a teacher whose units are on
   * any scale; `common`: one scale for all units, since a combiner's codes mean something by their size.
   */
  scaling: 'unit' | 'common'
}

/** Computes (or reads) the frozen encoder's output of these faces, once for all folds. */
export async function frozenFeatures({ config: { encoder }, order, report }: StageContext<Config>, source: OrderSource, indexes: Int32Array): Promise<Features> {
  const faces = [
    { source, indexes, hashes: [] },
  ]
  switch (encoder.kind) {
    case 'teacher': {
      const rows = embeddingRows(faces, [encoder.name])
      try {
        return {
          data: rows.read(0, rows.count),
          width: rows.width,
          scaling: 'unit',
        }
      }
      finally {
        rows.close()
      }
    }
    case 'combiner': {
      const combiner = loadCombiner(needed(order, 'combiner'))
      const rows = embeddingRows(faces, combiner.teachers.map(({ name }) => name))
      try {
        return {
          data: combiner.encode(rows.read(0, rows.count)),
          width: combiner.size,
          scaling: 'common',
        }
      }
      finally {
        rows.close()
      }
    }
    case 'student': {
      const { manifest, tensors } = loadStudent(needed(order, 'student'))
      const network = studentEncoder(manifest, manifest.size, tensors, 32)
      const pixels = openPixels(faces, { size: manifest.input, batch: 32, threads: order.threads })
      try {
        const data = await computeOverFaces(pixels, Int32Array.from(indexes.keys()), 32, network.encode, done => report.progress(done, indexes.length, 'faces'))
        return { data, width: manifest.size, scaling: 'common' }
      }
      finally {
        network.dispose()
        await pixels.close()
      }
    }
    default: throw new FacetError('internal', `internal: a ${encoder.kind} encoder is never frozen`)
  }
}

/** The path of a model that the order must bring. */
export function needed(order: Order, model: 'combiner' | 'student'): string {
  const folder = order[model]
  if (!folder)
    throw new FacetError('internal', `internal: a transfer run came without its ${model}`)
  return folder
}

/** The standardisation of features, from the faces trained on. */
export function featureNormalizer({ data, width, scaling }: Features, rows: Int32Array, groups: readonly UnitGroup[] = [
  { name: 'features', dimension: width },
]): Normalizer {
  const statistics = unitStatistics(memoryRows(memoryRows(data, width).gather(rows), width))
  return scaling === 'unit'
    ? zScore(statistics, groups)
    : commonScale(statistics, 10)
}
