import type { RowTable } from '../stages/embedding-rows.ts'
import type { Normalizer, UnitGroup } from './normalizer.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { eachBlock } from '../stages/embedding-rows.ts'
import { eachGroup, livingUnits, normalize } from './normalizer.ts'

/** Gathers the error of reconstructed embeddings block by block. */
export interface ReconstructionMeter {
  /** f32 [n, units] each. */
  add: (original: Float32Array, reconstructed: Float32Array) => void
  /** nRMSE per group; a group that does not move over the faces added (or a single face) has none. */
  result: () => Record<string, number>
}

/**
 * nRMSE of each teacher's embedding: RMSE / standard deviation of that embedding, over units that move (Vielzeuf et al.
 * 2019, Table 5). The stages give z-scores, so that every unit of a teacher counts alike. The deviation is taken around each
 * unit's own mean over the faces added: predicting the mean gives 1.00, uniform noise for uniform numbers the square root of 2.
 *
 * @param groups the teachers, in the order of concatenation
 */
export function reconstructionMeter(groups: readonly UnitGroup[]): ReconstructionMeter {
  const width = groups.reduce((sum, { dimension }) => sum + dimension, 0)
  const errors = new Float64Array(width)
  const sums = new Float64Array(width)
  const squares = new Float64Array(width)
  let shift: Float32Array | undefined
  let count = 0
  return {
    add(original, reconstructed) {
      shift ??= original.slice(0, width)
      for (let i = 0; i < original.length; i++) {
        const unit = i % width
        const value = original[i]! - shift[unit]!
        sums[unit]! += value
        squares[unit]! += value * value
        errors[unit]! += (original[i]! - reconstructed[i]!) ** 2
      }
      count += original.length / width
    },
    result() {
      const variance = squares.map((square, unit) => Math.max(0, square / count - (sums[unit]! / count) ** 2))
      const living = livingUnits(variance.map(Math.sqrt), groups)
      const values: Record<string, number> = {}
      eachGroup(groups, (from, to, name) => {
        let error = 0
        let spread = 0
        for (let unit = from; unit < to; unit++) {
          if (living[unit]) {
            error += errors[unit]!
            spread += variance[unit]! * count
          }
        }
        if (spread > 0)
          values[name] = Math.sqrt(error / spread)
      })
      return values
    },
  }
}

/** nRMSE per teacher of two answers that take no look at the face: what Table 5 is to be read against. */
export interface BaselineErrors { mean: Record<string, number>, random: Record<string, number> }

/**
 * Measures on unseen faces what the mean of the faces learnt from gives, and the embedding of one of them drawn at random: about 1, and
 * about the square root of 2, more where unseen faces are unlike the others. The draw is the same for equal tables, whatever the run's seed.
 *
 * @param learn    raw embeddings learnt from, f32 [n, units]
 * @param unseen   raw embeddings measured on, f32 [m, units]
 * @param zScores  z-scores by the faces learnt from: their mean is 0
 * @param groups   the teachers
 */
export function baselineErrors(learn: RowTable, unseen: RowTable, zScores: Normalizer, groups: readonly UnitGroup[]): BaselineErrors {
  const draw = seededRandom(0)
  const [ofMean, ofRandom] = [reconstructionMeter(groups), reconstructionMeter(groups)]
  eachBlock(unseen, (rows, count) => {
    const z = normalize(rows, zScores)
    ofMean.add(z, new Float32Array(z.length))
    ofRandom.add(z, normalize(learn.gather(Int32Array.from({ length: count }, () => draw.integer(learn.count))), zScores))
  })
  return { mean: ofMean.result(), random: ofRandom.result() }
}
