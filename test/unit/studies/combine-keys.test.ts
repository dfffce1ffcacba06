import { describe, expect, it } from 'vitest'
import { contentKey } from '#main/studies/keys.ts'
import { makeStep } from '#main/studies/step.ts'

describe('a combiner computed before there were vae, dae, normalise and skip', () => {
  const before = { kind: 'ae', size: 'mean', layers: 3, balance: 'none', activation: 'elu', optimizer: { kind: 'adam', learningRate: 1e-4, weightDecay: 0, momentum: 0.9 }, schedule: { kind: 'constant', warmup: 0 }, batch: 64, epochs: 130, patience: 12 }
  const keyOf = (config: Record<string, unknown>): string => makeStep('combine', { label: 'g', config, inputs: {}, keyed: { embeddings: ['e'] } }).key

  it('keeps its key: the configuration of then, without the fields that came since', () => {
    expect(keyOf({})).toBe(contentKey({ stage: 'combine', version: 2, config: before, inputs: { embeddings: ['e'] }, seed: 0, engine: 2 }))
    expect(keyOf({ kind: 'pca' })).toBe(contentKey({ stage: 'combine', version: 2, config: { ...before, kind: 'pca' }, inputs: { embeddings: ['e'] }, seed: null, engine: 2 }))
  })

  it('has another key where one of them does something', () => {
    const keys = [{}, { skip: 'linear' }, { normalise: 'phi-s' }, { kind: 'vae' }, { kind: 'vae', beta: 0.5 }, { kind: 'vae', annealing: 0 }, { kind: 'dae' }, { kind: 'dae', noise: { level: 0.3 } }, { kind: 'dae', noise: { kind: 'teacher' } }].map(keyOf)
    expect(new Set(keys).size).toBe(keys.length)
  })
})
