import type { Task } from '#shared/dataset.ts'
import type { Answer } from '#worker/evaluate/evaluate.ts'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scoreOf } from '#shared/scores.ts'
import { evaluateAnswers } from '#worker/evaluate/evaluate.ts'
import { bestThreshold, cosine, evaluatePairs, judgePairs } from '#worker/evaluate/pairs.ts'
import { writePredictions } from '#worker/evaluate/predictions.ts'

const gender: Task = {
  kind: 'classification',
  label: 'gender',
  classes: ['male', 'female'],
  protocol: 'split',
}
const age: Task = {
  kind: 'regression',
  label: 'age',
  unit: 'years',
  range: [0, 69],
  protocol: 'subjects',
}
function answer(given: Partial<Answer>): Answer {
  return {
    path: 'a.jpg',
    split: 'test',
    subject: null,
    unseen: false,
    label: 0,
    prediction: 0,
    ...given,
  }
}

describe('the rule for faces that were not found (Vielzeuf et al. 2019, Section 4.1)', () => {
  it('counts them as wrong in classification, whatever their class', () => {
    expect(scoreOf(gender, { label: 0, prediction: null })).toBe(0)
    expect(scoreOf(gender, { label: 1, prediction: null })).toBe(0)
    expect(scoreOf(gender, { label: 1, prediction: 1 })).toBe(100)
  })

  it('answers the middle of the range in regression', () => {
    expect(scoreOf(age, { label: 40, prediction: null })).toBe(5.5)
    expect(scoreOf(age, { label: 40, prediction: 38 })).toBe(2)
  })
})

describe('attributes', () => {
  const attributes: Task = { kind: 'attributes', label: 'attributes', attributes: ['Bald', 'Smiling', 'Young', 'Male'], protocol: 'split' }

  it('one face is worth the per cent of its known attributes that are wrong, all of them without a found face', () => {
    expect(scoreOf(attributes, { label: '1010', prediction: '1010' })).toBe(0)
    expect(scoreOf(attributes, { label: '1010', prediction: '1000' })).toBe(25)
    expect(scoreOf(attributes, { label: '1-1-', prediction: '0010' })).toBe(50)
    expect(scoreOf(attributes, { label: '1-10', prediction: null })).toBe(100)
    expect(scoreOf(attributes, { label: '----', prediction: '0000' })).toBe(0)
  })

  it('the mean error rate is the mean of each attribute\'s own', () => {
    const answers = [['1010', '1011'], ['0010', '1011'], ['1110', '1110'], ['0001', null]] as const
    const [figure] = evaluateAnswers(attributes, answers.map(([label, prediction]) => answer({ label, prediction })))
    // by attribute: 2, 1, 1 and 3 of 4 are wrong (the face without an answer in all)
    expect(figure).toMatchObject({ scope: 'test', metric: 'error-rate', count: 4, value: 100 * (2 + 1 + 1 + 3) / 16 })
    expect(figure!.interval[0]).toBeGreaterThanOrEqual(0)
    expect(figure!.interval[1]).toBeLessThanOrEqual(100)
    expect(figure!.standardError).toBeGreaterThan(0)
  })
})

describe('figures of a task', () => {
  it('the split protocol rests on test samples alone, those without a face included', () => {
    const [figure, ...others] = evaluateAnswers(gender, [
      answer({ label: 1, prediction: 1 }),
      answer({ label: 0, prediction: 1 }),
      answer({ label: 0, prediction: null }),
      answer({ label: 0, prediction: 0 }),
      answer({ split: 'validation', label: 0, prediction: 1 }),
      answer({ split: 'train', label: 0, prediction: 1 }),
    ])
    expect(figure).toMatchObject({
      scope: 'test',
      metric: 'accuracy',
      value: 50,
      count: 4,
    })
    expect(others).toEqual([])
  })

  it('the subjects protocol reports everybody and the unseen people apart, with errors over people', () => {
    const answers = [
      ...Array.from({ length: 10 }, () => answer({
        split: null,
        subject: 'a',
        label: 10,
        prediction: 12,
      })),
      ...Array.from({ length: 10 }, () => answer({
        split: null,
        subject: 'b',
        unseen: true,
        label: 30,
        prediction: 36,
      })),
    ]
    const [all, unseen] = evaluateAnswers(age, answers)
    expect(all).toMatchObject({
      scope: 'all',
      metric: 'mae',
      value: 4,
      count: 20,
    })
    expect(unseen).toMatchObject({
      scope: 'unseen',
      metric: 'mae',
      value: 6,
      count: 10,
    })
    // two people, errors 2 and 6: the mean of two draws has standard deviation sqrt(2)
    expect(all!.standardError).toBeCloseTo(Math.SQRT2, 1)
  })

  it('does not depend on the order of samples', () => {
    const answers = Array.from({ length: 30 }, (_, i) => answer({
      label: i % 2,
      prediction: Number(i % 3 === 0),
    }))
    const { value } = evaluateAnswers(gender, answers)[0]!
    fc.assert(fc.property(fc.shuffledSubarray(answers, { minLength: 30 }), (shuffled) => {
      expect(evaluateAnswers(gender, shuffled)[0]!.value).toBeCloseTo(value, 9)
    }))
  })

  it('refuses a data set without test samples', () => {
    expect(() => evaluateAnswers(gender, [
      answer({ split: 'train' }),
    ])).toThrow('no test samples')
  })

  it('keeps every answer as a line, quoting where it must', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'facet-evaluate-')), 'predictions.csv')
    writePredictions(file, age, [
      answer({
        path: 'a, "b".jpg',
        split: null,
        subject: '007',
        label: 3,
        prediction: 4.5,
      }),
      answer({
        path: 'c.jpg',
        split: null,
        subject: '008',
        label: 9,
        prediction: null,
        unseen: true,
      }),
    ])
    expect(readFileSync(file, 'utf8')).toBe('path,split,label,prediction,found,unseen,subject\n"a, ""b"".jpg",,3,4.5,true,false,007\nc.jpg,,9,34.5,false,true,008\n')
  })
})

describe('ten-fold verification', () => {
  it('finds the threshold that answers most pairs rightly', () => {
    const pairs = [
      [0.1, false],
      [0.2, false],
      [0.4, true],
      [0.35, false],
      [0.8, true],
      [0.9, true],
    ].map(([value, same]) => ({ cosine: value as number, same: same as boolean }))
    expect(bestThreshold(pairs)).toBeCloseTo((0.35 + 0.4) / 2, 9)
  })

  it('gives each fold the threshold of the others: by hand on three folds', () => {
    // Folds 1 and 2 part at 0.5, fold 3 at 0.25. With 1 and 2 alone fold 3's pair of 0.3 counts as different and is wrong.
    const fold = (number: number, same: number, different: number) => [
      {
        fold: number,
        same: true,
        unseen: number < 2,
        cosine: same,
      },
      {
        fold: number,
        same: false,
        unseen: number < 2,
        cosine: different,
      },
    ]
    const judged = judgePairs([
      ...fold(1, 0.6, 0.4),
      ...fold(2, 0.6, 0.4),
      ...fold(3, 0.3, 0.2),
    ])
    expect(judged.filter(({ fold }) => fold === 3).map(({ threshold, right }) => [threshold, right])).toEqual([
      [0.5, false],
      [0.5, true],
    ])
    const [all, unseen] = evaluatePairs(judged)
    // fold 3 contributes .5; folds 1 and 2 choose between .25 .. .3 (3 of 4 right) and .5 (3 of 4 right)
    expect(all!.count).toBe(6)
    expect(unseen).toMatchObject({ scope: 'unseen', count: 2 })
  })

  it('folds of 100, 100 and 70 per cent have mean 90 and standard error 10', () => {
    const judged = Array.from({ length: 30 }, (_, i) => ({
      fold: Math.floor(i / 10),
      same: true,
      unseen: false,
      cosine: 1,
      threshold: 0,
      answer: true,
      right: i < 27,
    }))
    expect(evaluatePairs(judged)[0]!.value).toBeCloseTo(90, 9)
    expect(evaluatePairs(judged)[0]!.standardError).toBeCloseTo(Math.sqrt(300) / Math.sqrt(3), 9)
  })

  it('a pair with a face that was not found is wrong and moves no threshold', () => {
    const pairs = Array.from({ length: 40 }, (_, i) => ({
      fold: i % 10,
      same: i % 4 < 2,
      unseen: false,
      cosine: i % 4 < 2
        ? 0.8
        : 0.1,
    }))
    const [whole] = evaluatePairs(judgePairs(pairs))
    expect(whole!.value).toBe(100)
    const [figure] = evaluatePairs(judgePairs(pairs.map((pair, i) => i === 0
      ? { ...pair, cosine: null }
      : pair)))
    expect(figure!.value).toBeCloseTo(97.5, 9)
  })

  it('refuses pairs of one fold alone: no other gives it a threshold', () => {
    const pair = { fold: 1, unseen: false, cosine: 0.5 }
    expect(() => judgePairs([
      { ...pair, same: true },
      { ...pair, same: false },
    ])).toThrow('fold 1 takes its threshold from the other folds')
  })

  it('the cosine ignores positive scaling and is 0 for a zero vector', () => {
    // whole thousandths: float32 subnormals would lose their digits when the test scales them
    const number = fc.integer({ min: -10_000, max: 10_000 }).map(thousandths => thousandths / 1000)
    fc.assert(fc.property(fc.array(number, { minLength: 3, maxLength: 3 }), fc.float({
      min: Math.fround(0.1),
      max: 100,
      noNaN: true,
    }), (vector, factor) => {
      const a = Float32Array.from(vector)
      const b = Float32Array.of(1, 2, 3)
      expect(cosine(a.map(value => value * factor), b)).toBeCloseTo(cosine(a, b), 4)
    }))
    expect(cosine(Float32Array.of(0, 0), Float32Array.of(1, 1))).toBe(0)
    expect(cosine(Float32Array.of(1, 0), Float32Array.of(1, 1))).toBeCloseTo(Math.SQRT1_2, 6)
  })
})
