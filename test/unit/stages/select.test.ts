import type { Order } from '#shared/order.ts'
import type { Features } from '#worker/stages/frozen-features.ts'
import type { HeadTrainer, SavedFold } from '#worker/stages/select-trainer.ts'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { select, subsetsOf } from '#shared/stages/select.ts'
import { transfer } from '#shared/stages/transfer.ts'
import { loadSelection } from '#worker/models/selection.ts'
import { loadTransfer } from '#worker/models/transfer-model.ts'
import { Leaving } from '#worker/stage.ts'
import { embeddingRows } from '#worker/stages/embedding-rows.ts'
import { openKnowledge } from '#worker/stages/knowledge.ts'
import { openHeadTrainer } from '#worker/stages/select-trainer.ts'
import { run as runSelect } from '#worker/stages/select.ts'
import { labelledSamples, planFolds } from '#worker/stages/transfer-folds.ts'
import { run as runTransfer } from '#worker/stages/transfer.ts'
import { makeContext, makeSource, teachers } from './fixture.ts'

const source = makeSource()
afterAll(() => rmSync(source.root, { recursive: true }))
const order: Partial<Order> = { sources: [source], stage: 'select' }
const { task: age, samples: all, found } = openKnowledge({ sources: [source], stage: 'select' }, 'age')
const task = age as Extract<typeof age, { kind: 'regression' }>
const samples = labelledSamples(task, all, found)
const rows = embeddingRows([{ source, indexes: found, hashes: [] }], ['wide', 'narrow'])
const features: Features = { data: rows.read(0, rows.count), width: rows.width, scaling: 'unit' }
rows.close()
const config = (over: object) => select.config.parse({ task: 'kind', batch: 16, epochs: 30, ...over })

const answersOf = (artefact: string) => readFileSync(join(artefact, 'predictions.csv'), 'utf8')

describe('heads of a selection', () => {
  it('are bit by bit those that transfer trains on the same teacher', async () => {
    for (const task of ['kind', 'age', 'looks'] as const) {
      const own = makeContext(config({ task, subsets: 'single', folds: 3, patience: 4 }), order, { seed: 5 })
      const result = await runSelect(own)
      const { manifest, tensors } = loadSelection(own.artefact)
      for (const [place, name] of ['wide', 'narrow'].entries()) {
        const alone = makeContext(transfer.config.parse({ task, batch: 16, epochs: 30, folds: 3, patience: 4, encoder: { kind: 'teacher', name } }), order, { seed: 5 })
        const { evaluations, summary } = await runTransfer(alone)
        expect(result.selection!.subsets[place]!.test).toBeCloseTo(evaluations.find(({ scope }) => scope !== 'unseen')!.value, 10)
        expect(result.selection!.subsets[place]!.steps).toBe(summary.steps)
        const predictions = answersOf(alone.artefact).trim().split('\n').slice(1).map(line => line.split(','))
        const { data } = tensors[`predictions/${place}`]!
        const width = data.length / predictions.length
        const told = predictions.flatMap(([, , , prediction, isFound], i) => isFound === 'true' ? [[prediction, [...data.subarray(i * width, (i + 1) * width)].join(task === 'looks' ? '' : ',')]] : [])
        expect(told.length).toBeGreaterThan(20)
        expect(told.map(([, own]) => task === 'looks' ? own : Number(own))).toEqual(told.map(([each]) => task === 'looks' ? each : Number(each)))
        if (task === 'kind' && result.selection!.chosen[0]!.subset === place) {
          const { tensors: weights } = loadTransfer(alone.artefact)
          for (const key of Object.keys(weights))
            expect(tensors[key]!.data, key).toEqual(weights[key]!.data)
          expect(manifest.head!.width).toBe(weights['input/mean']!.data.length)
        }
      }
    }
  })

  it('on several teachers are those that are trained alone, and stop and leave without touching the others', async () => {
    const together = makeContext(config({ task: 'age', folds: 3, patience: 2 }), order, { seed: 9 })
    const trainer = openHeadTrainer(together, task, { samples, features, teachers, subsets: subsetsOf(2, 'all') })
    const { tensors, heads } = await firstFold(trainer, 9)
    const learning = together.metrics.map(({ values }) => values['fold-0/heads']!)
    expect(learning[0]).toBe(3)
    expect(learning.at(-1)).toBeLessThan(3)
    expect(new Set(heads.map(({ steps }) => steps)).size).toBe(3)
    for (const [place, subset] of subsetsOf(2, 'all').entries()) {
      const alone = await firstFold(openHeadTrainer(makeContext(together.config, order, { seed: 9 }), task, { samples, features, teachers, subsets: [subset] }), 9)
      expect(tensors[`predictions/${place}`]).toEqual(alone.tensors['predictions/0'])
      expect(heads[place]).toEqual(alone.heads[0])
    }
  })
})

async function firstFold(trainer: HeadTrainer, seed: number) {
  const { tensors, state } = await trainer.run({ name: 'fold-0', resume: null, save: async () => {}, isSaveDue: () => false }, planFolds(task, samples, 3, seed)[0]!, 0, () => {})
  trainer.close()
  return { tensors, ...state as SavedFold }
}

describe('a selection', () => {
  it('chooses on validation fold by fold, and evaluates what was chosen', async () => {
    const context = makeContext(config({ task: 'age', folds: 3, patience: 3 }), order, { seed: 1 })
    const { selection, evaluations, summary } = await runSelect(context)
    expect(selection!.subsets.map(({ teachers }) => teachers)).toEqual([[0], [1], [0, 1]])
    expect(selection!.chosen.reduce((sum, { folds }) => sum + folds, 0)).toBe(3)
    // all folds chose one subset: its score over all is the evaluation
    if (selection!.chosen.length === 1)
      expect(evaluations[0]!.value).toBeCloseTo(selection!.subsets[selection!.chosen[0]!.subset]!.test!, 10)
    expect(evaluations.map(({ scope }) => scope)).toEqual(['all', 'unseen'])
    expect(summary).toMatchObject({ subsets: 3, ranking: 'ridge' })
    // age stands in the narrow teacher alone
    expect(summary.chosen).toContain('narrow')
  })

  it('chosen on test reads the scores of the one that was trained, and takes the best of them', async () => {
    const honest = makeContext(config({ patience: 3 }), order, { seed: 2 })
    const { selection } = await runSelect(honest)
    const oracle = makeContext(config({ patience: 3, choose: 'test' }), { ...order, selection: honest.artefact }, { seed: 2 })
    const chosen = await runSelect(oracle)
    const tests = selection!.subsets.map(({ test }) => test!)
    expect(chosen.evaluations[0]!.value).toBeCloseTo(Math.max(...tests), 10)
    expect(chosen.selection!.chosen).toEqual([{ subset: tests.indexOf(Math.max(...tests)), folds: 1 }])
    expect(answersOf(oracle.artefact).split('\n').length).toBe(answersOf(honest.artefact).split('\n').length)
  })

  it('trains only the subsets that ridge ranks best where so many are asked for', async () => {
    const all = await runSelect(makeContext(config({ epochs: 1 }), order))
    const some = await runSelect(makeContext(config({ epochs: 1, train: 2 }), order))
    expect(some.selection!.subsets.filter(({ test }) => test !== null)).toHaveLength(2)
    expect(some.selection!.subsets.map(({ ridge }) => ridge)).toEqual(all.selection!.subsets.map(({ ridge }) => ridge))
    some.selection!.subsets.forEach(({ test }, i) => test === null || expect(test).toBe(all.selection!.subsets[i]!.test))
  })

  it('of pairs takes the mean of the teachers\' cosines, chosen for each fold on the others', async () => {
    const context = makeContext(config({ task: 'verification' }), order)
    const { selection, evaluations } = await runSelect(context)
    for (const [place, name] of ['wide', 'narrow'].entries()) {
      const alone = await runTransfer(makeContext(transfer.config.parse({ task: 'verification', encoder: { kind: 'teacher', name } }), order))
      expect(selection!.subsets[place]!.test).toBe(alone.evaluations[0]!.value)
    }
    const validation = selection!.subsets.map(each => each.validation!)
    expect(selection!.chosen).toEqual([{ subset: validation.indexOf(Math.max(...validation)), folds: 10 }])
    expect(evaluations[0]!.value).toBe(selection!.subsets[selection!.chosen[0]!.subset]!.test)
    const [head, line] = answersOf(context.artefact).split('\n')
    expect(head).toBe('path,split,label,prediction,found,unseen,fold,cosine,threshold')
    expect(line).toMatch(/^0000\.png \+ 0012\.png,,1,1,true,true,1,0\.\d+,/)
    expect(existsSync(join(context.artefact, 'manifest.json'))).toBe(true)
  })

  it.each([3, 40, 95])('left after %i looks and resumed ends with the same bits', async (leaveAfter) => {
    const whole = makeContext(config({ task: 'age', folds: 3, patience: 3 }), order, { seed: 4 })
    const expected = await runSelect(whole)
    const first = makeContext(config({ task: 'age', folds: 3, patience: 3 }), order, { seed: 4, leaveAfter })
    await expect(runSelect(first)).rejects.toBeInstanceOf(Leaving)
    const second = makeContext(config({ task: 'age', folds: 3, patience: 3 }), order, { seed: 4, checkpoint: first.saved() })
    expect(await runSelect(second)).toEqual(expected)
    expect(readFileSync(join(second.artefact, 'tensors.safetensors'))).toEqual(readFileSync(join(whole.artefact, 'tensors.safetensors')))
  })

  it('refuses more teachers than all subsets can be tried of', async () => {
    const many = Array.from({ length: 11 }, (_, i) => ({ name: `t${i}`, manifest: '', sha256: '' }))
    await expect(runSelect(makeContext(config({}), { ...order, teachers: many }))).rejects.toThrow('11 teachers have 2047 subsets; all are tried of at most 10 teachers.')
  })
})

it('lists subsets of teachers, smaller before larger, each once', () => {
  expect(subsetsOf(3, 'all')).toEqual([[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]])
  expect(subsetsOf(3, 'single')).toEqual([[0], [1], [2]])
  expect(subsetsOf(6, 'all')).toHaveLength(63) // Vielzeuf et al. 2019, Section 4.3
})
