import type { RunResult } from '#shared/order.ts'
import { expect, it } from 'vitest'
import { compareFigures, judge } from '#shared/reproduction.ts'

const same = { isSame: true, tensors: 1, numbers: [], others: [] }
const differing = (relative: number | null, others: string[] = []) => ({ isSame: false, tensors: 1, numbers: [{ name: 'w', count: 1, of: 4, largest: relative, relative }], others })
function result(summary: RunResult['summary'], value?: number): RunResult {
  return {
    summary,
    evaluations: value === undefined ? [] : [{ scope: 'test', metric: 'accuracy', value, count: 100, standardError: 3, interval: [value - 6, value + 6] }],
  }
}

it('an evaluation may move by its standard error, any other figure by one hundredth of itself', () => {
  const judged = (a: RunResult, b: RunResult) => compareFigures(a, b).map(({ agrees }) => agrees)
  expect(judged(result({}, 90), result({}, 93))).toEqual([true])
  expect(judged(result({}, 90), result({}, 93.1))).toEqual([false])
  expect(judged(result({ nrmse: 0.5 }), result({ nrmse: 0.504 }))).toEqual([true])
  expect(judged(result({ nrmse: 0.5 }), result({ nrmse: 0.506 }))).toEqual([false])
  expect(judged(result({ cosine: -0.5 }), result({ cosine: 0.5 }))).toEqual([false])
  expect(judged(result({ nrmse: null }), result({ nrmse: 0.5 }))).toEqual([false])
  expect(judged(result({}, 90), result({}))).toEqual([false])
  expect(judged({ ...result({}), reconstruction: { dlib: 0.4 } }, { ...result({}), reconstruction: { dlib: 0.5 } })).toEqual([false])
})

it('where a training stopped and how long it took are no figures', () => {
  expect(compareFigures(result({ steps: 4, bestStep: 3, bestEpoch: 1, msPerFace: 2.5 }), result({ steps: 9, bestStep: 8, bestEpoch: 2, msPerFace: 9.5 }))).toEqual([])
})

it('the same artefact is bits; another one is figures where these agree, else neither', () => {
  const agreeing = compareFigures(result({ nrmse: 0.5 }), result({ nrmse: 0.5 }))
  expect(judge(same, agreeing)).toBe('bits')
  expect(judge(differing(0.9, ['predictions.csv: 1 of 9 lines differ']), agreeing)).toBe('figures')
  expect(judge(differing(1e-7), compareFigures(result({ nrmse: 0.5 }), result({ nrmse: 0.6 })))).toBe('neither')
})

it('where nothing was measured the numbers themselves are judged: counts say nothing of them', () => {
  const counts = compareFigures(result({ faces: 48, dimension: 16 }), result({ faces: 48, dimension: 16 }))
  expect(judge(differing(0.009), counts)).toBe('figures')
  expect(judge(differing(0.011), counts)).toBe('neither')
  expect(judge(differing(null), counts)).toBe('neither')
  expect(judge(differing(0.001, ['tensor b is only in the repetition']), counts)).toBe('neither')
})
