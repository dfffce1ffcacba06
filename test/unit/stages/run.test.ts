import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { combine } from '#shared/stages/combine.ts'
import { distil } from '#shared/stages/distil.ts'
import { transfer } from '#shared/stages/transfer.ts'
import { loadStudent } from '#worker/models/student.ts'
import { Leaving } from '#worker/stage.ts'
import { run as runCombine } from '#worker/stages/combine.ts'
import { run as runDistil } from '#worker/stages/distil.ts'
import { run as runTransfer } from '#worker/stages/transfer.ts'
import { makeContext, makeSource } from './fixture.ts'

const source = makeSource()
const tensorsOf = (folder: string): Buffer => readFileSync(join(folder, 'tensors.safetensors'))
const small = {
  size: 8,
  batch: 16,
  optimizer: { learningRate: 3e-3 },
}

async function combined(kind: 'concat' | 'pca' | 'ae', faces = source): Promise<{ folder: string, result: Awaited<ReturnType<typeof runCombine>> }> {
  const context = makeContext(combine.config.parse({ kind, ...small }), {
    sources: [faces],
  })
  return { result: await runCombine(context), folder: context.artefact }
}

it('concat keeps everything, PCA and the autoencoder most, of what each teacher says on unseen faces', async () => {
  // of 250 faces to learn from ten choose the autoencoder's weights; fewer choose by chance
  const faces = makeSource({ samples: 600 })
  const concat = await combined('concat', faces)
  const pca = await combined('pca', faces)
  const ae = await combined('ae', faces)
  expect(concat.result.reconstruction!.wide).toBeLessThan(1e-5)
  for (const { result } of [pca, ae]) {
    expect(result.reconstruction!.wide).toBeLessThan(0.7)
    expect(result.reconstruction!.narrow).toBeLessThan(0.8)
  }
}, 120_000)

it('a head on every encoder tells separable classes apart on faces it never saw', async () => {
  const pca = await combined('pca')
  const config = {
    task: 'kind',
    epochs: 30,
    batch: 16,
    head: {
      hidden: [16],
    },
    optimizer: { kind: 'adamw', learningRate: 5e-3 },
  }
  for (const encoder of [
    { kind: 'teacher', name: 'wide' },
    { kind: 'combiner' },
  ]) {
    const context = makeContext(transfer.config.parse({ ...config, encoder }), {
      sources: [source],
      combiner: pca.folder,
    })
    const { evaluations } = await runTransfer(context)
    // 9 of the 36 test samples have no face: wrong by the rule, whatever the head
    expect(evaluations).toHaveLength(1)
    expect(evaluations[0]).toMatchObject({
      scope: 'test',
      metric: 'accuracy',
      count: 36,
      value: 75,
    })
  }
}, 120_000)

it('attributes are learnt frozen and from pixels, and every face\'s answer is kept', async () => {
  for (const encoder of [
    { kind: 'teacher', name: 'wide' },
    { kind: 'scratch', width: 8, input: 32 },
  ]) {
    const context = makeContext(transfer.config.parse({ task: 'looks', epochs: 30, batch: 16, head: { hidden: [] }, optimizer: { kind: 'adamw', learningRate: 5e-3 }, encoder }), { sources: [source] })
    const { evaluations } = await runTransfer(context)
    expect(evaluations).toHaveLength(1)
    expect(evaluations[0]).toMatchObject({ scope: 'test', metric: 'error-rate', count: 36 })
    // 9 of the 36 have no face: wrong in everything; of the others at most age is hard to see in the embedding
    expect(evaluations[0]!.value).toBeGreaterThanOrEqual(25)
    expect(evaluations[0]!.value).toBeLessThan(25 + 75 * 0.25)
    const lines = readFileSync(join(context.artefact, 'predictions.csv'), 'utf8').trim().split('\n').slice(1).map(line => line.split(','))
    expect(lines).toHaveLength(36)
    expect(lines.every(([, split, label, prediction, found]) => split === 'test' && /^[01-]{3}$/.test(label!) && (found === 'true' ? /^[01]{3}$/ : /^$/).test(prediction!))).toBe(true)
    expect(context.metrics.some(({ values }) => 'validationErrorRate' in values)).toBe(true)
  }
}, 120_000)

it('leaves every person out in turn and counts the unseen ones apart', async () => {
  const context = makeContext(transfer.config.parse({
    task: 'age',
    epochs: 20,
    batch: 16,
    encoder: { kind: 'teacher', name: 'narrow' },
  }), {
    sources: [source],
  })
  const { evaluations, summary } = await runTransfer(context)
  expect(summary.folds).toBe(12)
  expect(evaluations.map(({ scope, count }) => [scope, count])).toEqual([
    ['all', 180],
    ['unseen', 15],
  ])
  expect(evaluations[0]!.value).toBeLessThan(20)
}, 120_000)

it('verifies pairs without training', async () => {
  const context = makeContext(transfer.config.parse({
    task: 'verification',
    encoder: { kind: 'teacher', name: 'narrow' },
  }), {
    sources: [source],
  })
  const { evaluations } = await runTransfer(context)
  expect(evaluations.map(({ scope, count }) => [scope, count])).toEqual([
    ['all', 60],
    ['unseen', 30],
  ])
  expect(evaluations[0]!.value).toBeGreaterThan(60)
}, 120_000)

it('distils, transfers frozen, fine-tuned and from scratch', async () => {
  const pca = await combined('pca')
  const student = makeContext(distil.config.parse({
    width: 8,
    input: 32,
    steps: 60,
    batch: 8,
    evaluateEvery: 20,
  }), {
    sources: [source],
    combiner: pca.folder,
  })
  const distilled = await runDistil(student)
  expect(distilled.summary.validationCosine).toBeGreaterThan(0.2)
  for (const encoder of [
    { kind: 'student', mode: 'frozen' },
    { kind: 'student', mode: 'fine-tune' },
    { kind: 'scratch', width: 8, input: 32 },
    { kind: 'scratch', network: 'mobilenet', width: 8, input: 32 },
    { kind: 'scratch', network: 'cnn', width: 8, input: 32 },
  ]) {
    const context = makeContext(transfer.config.parse({
      task: 'kind',
      epochs: 10,
      batch: 16,
      head: { hidden: [] },
      optimizer: { learningRate: 5e-3 },
      encoder,
    }), {
      sources: [source],
      student: student.artefact,
    })
    const { evaluations } = await runTransfer(context)
    expect(evaluations[0]!.value).toBeGreaterThan(60)
  }
}, 240_000)

it('the multi-task student learns the embeddings without a combiner, and transfers', async () => {
  const student = makeContext(distil.config.parse({ width: 8, input: 32, steps: 60, batch: 8, evaluateEvery: 20, multiTask: { size: 10 } }), { sources: [source] })
  const { summary, reconstruction } = await runDistil(student)
  expect(Object.keys(summary)).toEqual(['parameters', 'size', 'faces', 'validationLoss', 'bestStep', 'nrmse'])
  // 35 units move; a decoder that knows nothing leaves all their variance
  expect(summary.validationLoss).toBeLessThan(35)
  expect(Object.keys(reconstruction!)).toEqual(['wide', 'narrow'])
  expect(reconstruction!.wide).toBeLessThan(1)
  const { manifest, tensors } = loadStudent(student.artefact)
  expect(manifest).toMatchObject({ size: 10, cosine: null, parameters: summary.parameters })
  expect(Object.keys(tensors).filter(name => name.startsWith('decoder/'))).toHaveLength(6)
  expect(Object.keys(tensors).some(name => name.startsWith('balance/'))).toBe(false)
  for (const mode of ['frozen', 'fine-tune']) {
    const context = makeContext(transfer.config.parse({ task: 'kind', epochs: 10, batch: 16, head: { hidden: [] }, optimizer: { learningRate: 5e-3 }, encoder: { kind: 'student', mode } }), { sources: [source], student: student.artefact })
    expect((await runTransfer(context)).evaluations[0]!.value).toBeGreaterThan(60)
  }
}, 240_000)

it.each([
  ['ae', 25],
  ['vae', 25],
  ['dae', 25],
  ['distil', 13],
  ['distil', 45],
  ['mobilenet', 13],
  ['cnn', 13],
  ['multi-task', 13],
  ['multi-task', 45],
  ['frozen', 150],
  ['scratch', 7],
  ['attributes', 30],
] as const)('%s left after %i steps and resumed gives the same bits', async (what, leaveAfter) => {
  const pca = what === 'distil' || what === 'mobilenet' || what === 'cnn'
    ? (await combined('pca')).folder
    : null
  const run = async (options: Parameters<typeof makeContext>[2]) => {
    const order = {
      sources: [source],
      combiner: pca,
    }
    switch (what) {
      case 'ae':
      case 'vae':
      case 'dae': {
        const context = makeContext(combine.config.parse({ kind: what, ...small, epochs: 8, annealing: 4 }), order, options)
        return {
          context,
          done: runCombine(context),
        }
      }
      case 'distil':
      case 'mobilenet':
      case 'cnn':
      case 'multi-task': {
        const context = makeContext(distil.config.parse({
          ...what === 'multi-task' ? { multiTask: { size: 8, balance: 'uncertainty', teacherDropping: 0.5 } } : { network: what === 'distil' ? 'resnet18' : what },
          width: 8,
          input: 32,
          steps: 20,
          batch: 8,
          evaluateEvery: 5,
        }), order, options)
        return {
          context,
          done: runDistil(context),
        }
      }
      default: {
        const context = makeContext(transfer.config.parse(what === 'attributes'
          ? { task: 'looks', epochs: 10, batch: 16, encoder: { kind: 'teacher', name: 'narrow' } }
          : what === 'frozen'
            ? {
                task: 'age',
                epochs: 5,
                batch: 16,
                encoder: { kind: 'teacher', name: 'narrow' },
              }
            : {
                task: 'kind',
                epochs: 2,
                batch: 16,
                encoder: { kind: 'scratch', width: 8, input: 32 },
              }), order, options)
        return {
          context,
          done: runTransfer(context),
        }
      }
    }
  }
  const whole = await run({})
  const wholeResult = await whole.done
  const left = await run({ leaveAfter })
  await expect(left.done).rejects.toThrow(Leaving)
  const resumed = await run({
    checkpoint: left.context.saved(),
  })
  expect(await resumed.done).toEqual(wholeResult)
  expect(tensorsOf(resumed.context.artefact).equals(tensorsOf(whole.context.artefact))).toBe(true)
}, 240_000)
