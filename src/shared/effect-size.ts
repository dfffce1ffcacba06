import { mean, sampleStd } from './statistics.ts'

/**
 * How large a difference is, whatever the size of the test. `h`: Cohen's h of two shares, where answers are right or wrong; `d`: Cohen's d
 * of paired differences (d_z), where each sample has an error. Positive where the other method's figure is the higher one. Cohen 1988
 * calls 0.2 small, 0.5 medium and 0.8 large, for both.
 */
export interface EffectSize { kind: 'h' | 'd', value: number }

/** Cohen's h of two shares (0..1): 2 asin(sqrt(share)) - 2 asin(sqrt(reference)). */
export function cohensH(share: number, reference: number): number {
  return 2 * Math.asin(Math.sqrt(share)) - 2 * Math.asin(Math.sqrt(reference))
}

/** Cohen's d of paired differences, d_z: their mean over their sample standard deviation; 0 where none differs, null where all differ alike. */
export function pairedCohensD(differences: ArrayLike<number>): number | null {
  const middle = mean(differences)
  if (middle === 0)
    return 0
  const spread = sampleStd(differences)
  return spread > 0 ? middle / spread : null
}
