import type { Evaluation } from '#shared/order.ts'
import { FacetError } from '#shared/errors.ts'
import { bootstrap, mean, standardError } from '#shared/statistics.ts'

/** One pair of a verification protocol with the cosine of its two embeddings; null where a face was not found. */
export interface ScoredPair { same: boolean, fold: number, unseen: boolean, cosine: number | null }

/** A pair's answer: the threshold its fold was given, what was answered (null: no answer), whether that was right. */
export interface JudgedPair extends ScoredPair { threshold: number, answer: boolean | null, right: boolean }

/**
 * The threshold that answers most of these pairs rightly: "same" from it upwards. Halfway between two neighbouring
 * cosines; of several equally good ones the middle one, which is the safest on other pairs.
 */
export function bestThreshold(pairs: readonly { same: boolean, cosine: number }[]): number {
  const ascending = pairs.toSorted((a, b) => a.cosine - b.cosine)
  let right = pairs.filter(pair => pair.same).length // threshold below everything: all "same"
  let most = right
  let best: number[] = [(ascending[0]?.cosine ?? 0) - 1e-6]
  ascending.forEach((pair, i) => {
    right += pair.same
      ? -1
      : 1
    const next = ascending[i + 1]
    if (next?.cosine === pair.cosine)
      return
    const threshold = next
      ? (pair.cosine + next.cosine) / 2
      : pair.cosine + 1e-6
    if (right > most)
      best = []
    if (right >= most)
      best.push(threshold)
    most = Math.max(most, right)
  })
  return best[Math.floor((best.length - 1) / 2)]!
}

/**
 * LFW's protocol (Huang et al. 2007): each fold is answered with the threshold that is best on all other folds.
 * A pair with a face that was not found has no answer and is wrong (Vielzeuf et al. 2019, Section 4.1); it moves no threshold.
 * @throws FacetError `bad-input` where no other fold has a pair with two found faces: nothing could give a threshold
 */
export function judgePairs<Pair extends ScoredPair>(pairs: readonly Pair[]): (Pair & JudgedPair)[] {
  const folds = [
    ...new Set(pairs.map(pair => pair.fold)),
  ]
  const thresholds = new Map(folds.map((fold) => {
    const others = pairs.flatMap(pair => pair.fold !== fold && pair.cosine !== null
      ? [
          { same: pair.same, cosine: pair.cosine },
        ]
      : [])
    if (others.length === 0)
      throw new FacetError('bad-input', `fold ${fold} takes its threshold from the other folds, and none of them has a pair with two found faces.`, { hint: 'Verification needs pairs of at least 2 folds.' })
    return [fold, bestThreshold(others)]
  }))
  return pairs.map((pair) => {
    const threshold = thresholds.get(pair.fold)!
    const answer = pair.cosine === null
      ? null
      : pair.cosine >= threshold
    return {
      ...pair,
      threshold,
      answer,
      right: answer === pair.same,
    }
  })
}

/** Cosine of two vectors of one length; 0 where one of them is zero. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0
  let aa = 0
  let bb = 0
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!
    aa += a[i]! ** 2
    bb += b[i]! ** 2
  }
  return aa > 0 && bb > 0
    ? dot / Math.sqrt(aa * bb)
    : 0
}

/** Ten-fold verification: mean accuracy over the folds and its standard error (std over folds / sqrt(folds)), of all folds and of the unseen ones. */
export function evaluatePairs(judged: readonly JudgedPair[]): Evaluation[] {
  const of = (scope: Evaluation['scope'], chosen: readonly JudgedPair[]): Evaluation[] => {
    if (chosen.length === 0)
      return []
    const scores = chosen.map(pair => pair.right
      ? 100
      : 0)
    const folds = [
      ...new Set(chosen.map(pair => pair.fold)),
    ]
    const byFold = folds.map(fold => mean(scores.filter((_, i) => chosen[i]!.fold === fold)))
    return [
      {
        scope,
        metric: 'accuracy',
        value: mean(byFold),
        count: chosen.length,
        standardError: folds.length < 2
          ? bootstrap(scores).standardError
          : standardError(byFold),
        interval: bootstrap(scores).interval,
      },
    ]
  }
  return [
    ...of('all', judged),
    ...of('unseen', judged.filter(pair => pair.unseen)),
  ]
}
