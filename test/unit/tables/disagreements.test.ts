import type { Answer, RunAnswers } from '#main/tables/answers.ts'
import type { Task } from '#shared/dataset.ts'
import type { Label } from '#shared/scores.ts'
import { expect, it } from 'vitest'
import { scoresOf, wordAgainst, wordAnswer } from '#main/tables/answers.ts'
import { disagreements, sharedSamples } from '#main/tables/disagreements.ts'

const gender: Task = { kind: 'classification', label: 'gender', classes: ['male', 'female'], protocol: 'split' }
const age: Task = { kind: 'regression', label: 'age', unit: 'years', range: [0, 116], protocol: 'split' }

function run(task: Task, labels: Record<string, Label>, predictions: Record<string, Label | null>): RunAnswers {
  return {
    task,
    knowledge: 'utk/gender',
    answers: Object.entries(predictions).map(([path, prediction]): Answer => ({ path, label: labels[path]!, prediction, found: prediction !== null, unseen: path === 'a', cluster: null })),
  }
}

it('classes: who is right where others are wrong, and nothing where all say the same', () => {
  const labels = { a: 0, b: 0, c: 1, d: 1, e: 0 }
  const runs = [
    run(gender, labels, { a: 0, b: 1, c: 0, d: 0, e: 0 }),
    run(gender, labels, { a: 0, b: 0, c: 1, d: null, e: 1 }),
    run(gender, labels, { a: 0, b: 0, c: 0, d: 0, e: 1 }),
  ]
  const kinds = disagreements(gender, sharedSamples(runs))
  expect(kinds.map(({ id, title, samples }) => [id, title, samples.map(({ path }) => path).join('')])).toEqual([
    ['all', 'All', 'bcde'],
    ['first-wrong', 'A wrong, B and C right', 'b'],
    ['first-right', 'A right, B and C wrong', 'e'],
    ['only-B', 'Only B right', 'c'],
    ['all-wrong', 'All wrong, differently', 'd'],
  ])
})

it('numbers: the widest spread first, and who is closest', () => {
  const labels = { a: 20, b: 30, c: 40 }
  const kinds = disagreements(age, sharedSamples([run(age, labels, { a: 21, b: 50, c: 40 }), run(age, labels, { a: 25, b: 31, c: 40 })]))
  expect(kinds.map(({ id, samples }) => [id, samples.map(({ path }) => path).join('')])).toEqual([['all', 'ba'], ['closest-A', 'a'], ['closest-B', 'b']])
})

it('attributes: most differing first, who has fewest wrong, and in words those that are wrong', () => {
  const attributes: Task = { kind: 'attributes', label: 'attributes', attributes: ['Bald', 'Big_Nose', 'Young'], protocol: 'split' }
  const labels = { a: '110', b: '0-1', c: '111' }
  const runs = [run(attributes, labels, { a: '110', b: '110', c: '000' }), run(attributes, labels, { a: '111', b: '001', c: '000' })]
  const kinds = disagreements(attributes, sharedSamples(runs))
  expect(kinds.map(({ title, samples }) => [title, samples.map(({ path }) => path).join('')])).toEqual([['All', 'ba'], ['A fewest wrong', 'a'], ['B fewest wrong', 'b']])
  expect(scoresOf(runs[0]!).map(({ score }) => score)).toEqual([0, 100, 100])
  expect(wordAnswer(attributes, '110')).toBe('Bald, Big Nose')
  expect([wordAgainst(attributes, '0-1', '110'), wordAgainst(attributes, '0-1', '011'), wordAgainst(attributes, '0-1', null)]).toEqual(['2 wrong: Bald, Young', 'all right', 'no face found'])
})

it('only samples that all runs answered are compared', () => {
  const labels = { a: 0, b: 0 }
  expect(sharedSamples([run(gender, labels, { a: 0, b: 1 }), run(gender, labels, { a: 1 })]).map(({ path }) => path)).toEqual(['a'])
})

it('an answer is worth 100 or 0, or its error; what the protocol keeps unseen can be asked for alone', () => {
  const labels = { a: 0, b: 1 }
  expect(scoresOf(run(gender, labels, { a: 0, b: null })).map(({ score }) => score)).toEqual([100, 0])
  expect(scoresOf(run(age, { a: 20, b: 30 }, { a: 26, b: 29 })).map(({ score }) => score)).toEqual([6, 1])
  expect(scoresOf(run(gender, labels, { a: 0, b: 1 }), 'unseen').map(({ id }) => id)).toEqual(['a'])
})

it('an answer is told in words', () => {
  expect([wordAnswer(gender, 1), wordAnswer(age, 31.26), wordAnswer(age, 31), wordAnswer({ kind: 'verification', protocol: 'pairs' }, 0), wordAnswer(age, null)])
    .toEqual(['female', '31.3 years', '31 years', 'different people', 'no face found'])
})
