import type { Knowledge } from '#worker/stages/knowledge.ts'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { transfer } from '#shared/stages/transfer.ts'
import { Leaving } from '#worker/stage.ts'
import { planIdentities, testedOf } from '#worker/stages/identity-training.ts'
import { readKnowledge } from '#worker/stages/knowledge.ts'
import { run } from '#worker/stages/transfer.ts'
import { makeContext, makeSource } from './fixture.ts'

const pairs = makeSource()
const others = makeSource({ name: 'others', who: 'stranger', samples: 120 })
const learnt = readKnowledge(others, 'person')
const nobody = { subjects: new Set<string>(), hashes: new Set<string>() }
const peopleOf = ({ samples, fold }: ReturnType<typeof planIdentities>, part: 'train' | 'validation' = 'train'): string[] => [...new Set(Array.from(fold[part], position => samples[position]!.subject!))].sort()

describe('faces to learn identities from', () => {
  it('are those of training, the checkpoint chosen on those of validation, and none of the test', () => {
    const plan = planIdentities(learnt, nobody, { faces: 100_000, seed: 0 })
    expect(Array.from(plan.fold.train, position => plan.samples[position]!.split)).toEqual(Array.from(plan.fold.train, () => 'train'))
    expect(Array.from(plan.fold.validation, position => plan.samples[position]!.split)).toEqual(Array.from(plan.fold.validation, () => 'validation'))
    expect(plan.fold.test).toHaveLength(0)
    expect(plan.samples.every(({ isFound }) => isFound)).toBe(true)
  })

  it('leave out whoever the pairs show, by name or by photograph, with all their faces', () => {
    const shown = learnt.samples.findIndex(({ subject }) => subject === 'stranger-5')
    const plan = planIdentities(learnt, { subjects: new Set(['stranger-3', 'somebody']), hashes: new Set([learnt.hashes[shown]!]) }, { faces: 100_000, seed: 0 })
    expect(plan.leftOut).toBe(2)
    for (const part of ['train', 'validation'] as const) {
      expect(peopleOf(plan, part)).not.toContain('stranger-3')
      expect(peopleOf(plan, part)).not.toContain('stranger-5')
    }
    expect(peopleOf(plan)).toHaveLength(peopleOf(planIdentities(learnt, nobody, { faces: 100_000, seed: 0 })).length - 2)
  })

  it('refuse the people of the pairs themselves', () => {
    const { samples, pairs: own, hashes } = readKnowledge(pairs, 'verification')
    const tested = testedOf(samples, own, hashes)
    expect(tested.subjects.size).toBe(12)
    expect(() => planIdentities(readKnowledge(pairs, 'person'), tested, { faces: 100, seed: 0 })).toThrow('without 12 people whom the pairs show, too few')
  })

  it('are of everybody alike where they are more than asked for', () => {
    const plan = planIdentities(learnt, nobody, { faces: 24, seed: 0 })
    const all = planIdentities(learnt, nobody, { faces: 100_000, seed: 0 })
    expect(peopleOf(plan)).toEqual(peopleOf(all))
    expect(plan.fold.train.length).toBeLessThan(all.fold.train.length)
    const chosen = ({ samples, fold }: typeof plan): number[] => Array.from(fold.validation, position => samples[position]!.index)
    expect(chosen(plan)).toEqual(chosen(all))
  })

  it.each([
    ['that the data set keeps', 'validation'],
    ['that are cut from training', 'train'],
  ] as const)('are bounded, those to choose the checkpoint on too (%s), and no others are held', (_, split) => {
    // 10 people of 6,000 faces each: half kept for validation, or a tenth (6,000) cut from training
    const samples = Array.from({ length: 60_000 }, (_, i) => ({ ...learnt.samples[0]!, path: `${i}.jpg`, labels: { person: i % 10 }, subject: `stranger-${i % 10}`, split: i % 20 < 10 ? split : 'train' as const }))
    const many = { ...learnt, samples, found: Int32Array.from(samples.keys()), hashes: samples.map(({ path }) => path) }
    const { samples: held, fold } = planIdentities(many, nobody, { faces: 20_000, seed: 0 })
    expect([fold.train.length, fold.validation.length]).toEqual([20_000, 2000])
    expect(planIdentities(many, nobody, { faces: 500, seed: 0 }).fold.validation).toHaveLength(1000)
    expect(held).toHaveLength(22_000)
    expect(new Set([...fold.train, ...fold.validation]).size).toBe(22_000)
    const each = (part: Int32Array): number[] => Array.from({ length: 10 }, (_, person) => Array.from(part).filter(position => held[position]!.label === person).length)
    expect(each(fold.train)).toEqual(Array.from({ length: 10 }).fill(2000))
    expect(each(fold.validation)).toEqual(Array.from({ length: 10 }).fill(200))
    if (split === 'validation')
      expect(Array.from(fold.validation).every(position => held[position]!.split === 'validation')).toBe(true)
  })

  it('keep a tenth for the choice where the data set keeps none, never somebody\'s only face', () => {
    const whole: Knowledge & { hashes: string[] } = { ...learnt, samples: learnt.samples.map((sample, i) => ({ ...sample, split: 'train', labels: { person: i === 0 ? 11 : i % 11 } })) }
    const plan = planIdentities(whole, nobody, { faces: 100_000, seed: 0 })
    const labelsOf = (part: Int32Array): number[] => Array.from(part, position => Number(plan.samples[position]!.label))
    expect(labelsOf(plan.fold.train)).toContain(11)
    expect(labelsOf(plan.fold.validation)).not.toContain(11)
    expect(new Set([...plan.fold.train, ...plan.fold.validation]).size).toBe(plan.samples.length)
    expect(plan.fold.validation).toHaveLength(11)
  })
})

describe('verification after identity training', { timeout: 240_000 }, () => {
  const config = { task: 'verification', after: { task: 'person', faces: 60 }, batch: 8, steps: 8, epochs: 2, head: { hidden: [] } }
  const teachers = ['face-expression'].map(name => ({ name, manifest: resolve(import.meta.dirname, '../../../resources/teachers', `${name}.yaml`), sha256: '' }))

  it.each([
    ['scratch', { kind: 'scratch', width: 8, input: 32 }],
    ['p-cnn', { kind: 'p-cnn' }],
  ] as const)('%s learns other people, then compares', async (_, encoder) => {
    const context = makeContext(transfer.config.parse({ ...config, encoder }), { sources: [pairs, others], teachers, candidates: [{ teacher: 'face-expression', key: 'a', validation: 1 }] })
    const { evaluations, summary } = await run(context)
    expect(evaluations.map(({ scope, metric, count }) => [scope, metric, count])).toEqual([['all', 'accuracy', 60], ['unseen', 'accuracy', 30]])
    expect(summary).toMatchObject({ pairs: 60, identities: 12, identitiesLeftOut: 0, ...encoder.kind === 'p-cnn' && { teacher: 'face-expression' } })
    expect(summary.identityFaces).toBeLessThanOrEqual(66)
    expect(readFileSync(join(context.artefact, 'predictions.csv'), 'utf8').split('\n')).toHaveLength(62)
    expect(context.metrics.some(({ values }) => 'identity/validationAccuracy' in values)).toBe(true)
  })

  it('what was learnt changes the embedding: other steps, other cosines; a frozen teacher answers as without', async () => {
    const answers = async (more: object, sources = [pairs, others]): Promise<string> => {
      const context = makeContext(transfer.config.parse({ ...config, ...more }), { sources, teachers })
      await run(context)
      return readFileSync(join(context.artefact, 'predictions.csv'), 'utf8')
    }
    const scratch = { encoder: { kind: 'scratch', width: 8, input: 32 } }
    expect(await answers({ ...scratch, steps: 2 })).not.toBe(await answers({ ...scratch, steps: 8 }))
    const narrow = { encoder: { kind: 'teacher', name: 'narrow' } }
    expect(await answers(narrow)).toBe(await answers({ ...narrow, after: undefined }, [pairs]))
  })

  it('left and resumed gives the same answers', async () => {
    const make = (options: Parameters<typeof makeContext>[2] = {}) => makeContext(transfer.config.parse({ ...config, encoder: { kind: 'scratch', width: 8, input: 32 } }), { sources: [pairs, others] }, options)
    const whole = make()
    const result = await run(whole)
    const left = make({ leaveAfter: 5 })
    await expect(run(left)).rejects.toThrow(Leaving)
    const resumed = make({ checkpoint: left.saved() })
    expect(await run(resumed)).toEqual(result)
    const bytesOf = (folder: string): string => readFileSync(join(folder, 'predictions.csv'), 'utf8')
    expect(bytesOf(resumed.artefact)).toBe(bytesOf(whole.artefact))
  })
})
