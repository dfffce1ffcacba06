import type { Order } from '#shared/order.ts'
import type { CombinerConfig } from '#shared/stages/combine.ts'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createEmbeddings } from '#shared/files/embeddings.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { combine } from '#shared/stages/combine.ts'
import { loadCombiner } from '#worker/models/combiner.ts'
import { run } from '#worker/stages/combine.ts'
import { makeContext, makeSource, teachers } from './fixture.ts'

const small = { size: 8, batch: 16, optimizer: { learningRate: 3e-3 } }
const order: Partial<Order> = { sources: [makeSource({ samples: 300 })] }

async function combined(config: Record<string, unknown>, own = order) {
  const context = makeContext(combine.config.parse({ ...small, ...config }) as CombinerConfig, own)
  return { ...await run(context), folder: context.artefact, metrics: context.metrics }
}
/** Faces of two teachers, f32 [n, 36]; unit 5 never moves. */
function faces(count: number): Float32Array {
  const random = seededRandom(77)
  return Float32Array.from({ length: count * 36 }, (_, i) => i % 36 === 5 ? 0 : (i % 36 < 24 ? 1 : 10) * random.normal())
}

describe('every kind', () => {
  it.each([
    { kind: 'vae', annealing: 2, beta: 0.1 },
    { kind: 'dae', noise: { kind: 'masking' } },
    { kind: 'dae', noise: { kind: 'gaussian' } },
    { kind: 'dae', noise: { kind: 'teacher' } },
  ])('%o learns to rebuild faces that it never saw, better than their mean', async (config) => {
    const { reconstruction, summary, folder } = await combined({ ...config, epochs: 30 })
    expect(summary.nrmse).toBeLessThan(0.9)
    expect(Object.keys(reconstruction!)).toEqual(['wide', 'narrow'])
    const combiner = loadCombiner(folder)
    expect(combiner.encode(faces(5)).length).toBe(5 * 8)
    expect(combiner.encode(faces(5))).toEqual(combiner.encode(faces(5))) // h_G has no chance in it
  }, 120_000)

  it('vae reports the divergence of its codes, larger where it weighs less', async () => {
    const divergence = async (beta: number) => (await combined({ kind: 'vae', beta, annealing: 0, epochs: 20 })).metrics.at(-1)!.values.validationKl!
    const [free, bound] = [await divergence(0.01), await divergence(5)]
    expect(bound).toBeLessThan(free / 2)
  }, 120_000)

  it.each(['none', 'zscore', 'phi-s'])('sees its inputs as %s: concat loses nothing, pca rebuilds, nRMSE is on z-scores', async (normalise) => {
    const concat = await combined({ kind: 'concat', normalise })
    expect(concat.summary.nrmse).toBeLessThan(1e-4)
    const rows = faces(20)
    const { encode, decode, input } = loadCombiner(concat.folder)
    decode(encode(rows)).forEach((value, i) => expect(Math.abs(value - (i % 36 === 5 ? 0 : rows[i]!))).toBeLessThan(1e-3))
    expect(input.rotations).toBeUndefined()
    const pca = await combined({ kind: 'pca', normalise })
    expect(pca.summary.nrmse).toBeGreaterThan(0.1)
    expect(pca.summary.nrmse).toBeLessThan(0.9)
    expect(pca.summary.variance).toBeGreaterThan(0.5)
    expect(pca.summary.variance).toBeLessThan(1)
  }, 120_000)

  it('pca of z-scores rebuilds quiet teachers better than pca of units as they are, which sees the loud one', async () => {
    const [none, zscore] = [await combined({ kind: 'pca', normalise: 'none' }), await combined({ kind: 'pca' })]
    expect(zscore.reconstruction!.wide).toBeLessThan(none.reconstruction!.wide!)
    expect(none.reconstruction!.narrow).toBeLessThan(zscore.reconstruction!.narrow!)
  }, 120_000)
})

it('what takes no look at the face is measured beside, the same for every kind and seed', async () => {
  const { baselines } = await combined({ kind: 'pca' })
  for (const teacher of ['wide', 'narrow']) {
    // one person is among the unseen faces alone, so their mean lies elsewhere: 1 is the least that any constant has
    const mean = baselines!.mean[teacher]!
    expect(mean).toBeGreaterThanOrEqual(1)
    expect(mean).toBeLessThan(1.1)
    // another face is off by as much as the mean, and by its own variance of 1
    expect(Math.abs(baselines!.random[teacher]! - Math.sqrt(mean ** 2 + 1))).toBeLessThan(0.1)
  }
  expect((await combined({ kind: 'ae', epochs: 1 })).baselines).toEqual(baselines)
}, 120_000)

describe('an autoencoder with a linear path', () => {
  it('is PCA itself where training on few faces does not beat it', async () => {
    const few = { sources: [makeSource({ samples: 120 })] }
    const [pca, skip, plain] = [await combined({ kind: 'pca' }, few), await combined({ kind: 'ae', skip: 'linear', epochs: 20 }, few), await combined({ kind: 'ae', epochs: 20 }, few)]
    expect(skip.summary.nrmse as number).toBeLessThan(pca.summary.nrmse as number + 1e-3)
    expect(skip.summary.nrmse as number).toBeLessThan(plain.summary.nrmse as number)
    expect(skip.metrics[0]).toMatchObject({ step: 0 })
    expect(skip.summary.validationLoss).toBeLessThanOrEqual(skip.metrics[0]!.values.validationLoss!)
  }, 120_000)

  it('leaves PCA behind where faces lie on a curve and are many', async () => {
    const curved = { sources: [bend(makeSource({ samples: 3000, seed: 5 }), 3000)] }
    const config = { size: 2, layers: 2, epochs: 60, optimizer: { learningRate: 2e-3 }, patience: 0 }
    const [pca, skip] = [await combined({ kind: 'pca', size: 2 }, curved), await combined({ kind: 'ae', skip: 'linear', ...config }, curved)]
    expect(skip.summary.bestEpoch).toBeGreaterThan(0)
    expect(skip.summary.nrmse as number).toBeLessThan(0.8 * (pca.summary.nrmse as number))
  }, 240_000)

  it('left and resumed gives the same bits', async () => {
    const config = combine.config.parse({ kind: 'ae', skip: 'linear', ...small, epochs: 8 })
    const whole = makeContext(config, order)
    const result = await run(whole)
    const left = makeContext(config, order, { leaveAfter: 25 })
    await expect(run(left)).rejects.toThrow()
    const resumed = makeContext(config, order, { checkpoint: left.saved() })
    expect(await run(resumed)).toEqual(result)
    const tensors = (folder: string): Buffer => readFileSync(join(folder, 'tensors.safetensors'))
    expect(tensors(resumed.artefact).equals(tensors(whole.artefact))).toBe(true)
  }, 120_000)

  it('cannot have more numbers than there are units', async () => {
    await expect(combined({ kind: 'ae', skip: 'linear', size: 40 })).rejects.toThrow('PCA to 40 numbers of 36')
  })
})

/** The source with other embeddings: all units are smooth functions of two numbers, quadratic ones among them, which no plane holds. */
function bend<Source extends { embeddings: string | null }>(source: Source, count: number): Source {
  const file = join(mkdtempSync(join(tmpdir(), 'facet-bend-')), 'embeddings.sqlite')
  const random = seededRandom(6)
  const found = Array.from({ length: count }, (_, i) => i).filter(i => i % 20 !== 19)
  const rows = { wide: new Float32Array(found.length * 24), narrow: new Float32Array(found.length * 12) }
  found.forEach((_, row) => {
    const [u, v] = [2 * random.next() - 1, 2 * random.next() - 1]
    const curve = [u, v, u * u, v * v, u * v, Math.sin(3 * u), Math.cos(3 * v)]
    for (let unit = 0; unit < 24; unit++)
      rows.wide[row * 24 + unit] = curve[unit % 7]! + 0.02 * random.normal()
    for (let unit = 0; unit < 12; unit++)
      rows.narrow[row * 12 + unit] = curve[unit % 5]! + 0.02 * random.normal()
  })
  const pack = createEmbeddings(file, { teachers, size: found.length })
  pack.append(Int32Array.from(found), rows)
  pack.seal({})
  return { ...source, embeddings: file }
}

it('a combiner made before there was a choice is read as what it is, though its manifest names no normalisation', async () => {
  const { folder } = await combined({ kind: 'pca' })
  const file = join(folder, 'manifest.json')
  const { normalise, ...manifest } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  expect(normalise).toBe('zscore')
  const codes = loadCombiner(folder).encode(faces(3))
  writeFileSync(file, JSON.stringify(manifest))
  expect(loadCombiner(folder).encode(faces(3))).toEqual(codes)
})
