import { describe, expect, it } from 'vitest'
import { seededRandom } from '#shared/seeded-random.ts'
import { compile } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { headLoss, headTarget, headVariables, labelFeed, predictionsOf, runHead, scoreOutputs, sigmoidOf } from '#worker/models/head.ts'

describe('a head for attributes', () => {
  const target = headTarget({ kind: 'attributes', label: 'attributes', attributes: ['Bald', 'Smiling', 'Young'], protocol: 'split' }, [])
  const lossOf = (outputs: readonly number[][], labels: readonly number[][]): number =>
    tf.tidy(() => headLoss(tf.tensor2d(outputs as number[][]), tf.tensor2d(labels as number[][]), target).dataSync()[0]!)

  it('has a logit for each; even ones cost ln 2', () => {
    expect(target).toMatchObject({ kind: 'attributes', outputs: 3 })
    expect(lossOf([[0, 0, 0]], [[1, 0, 1]])).toBeCloseTo(Math.LN2, 6)
  })

  it('the loss is -log p of what is known, on average; what nobody said costs nothing', () => {
    const p = (logit: number): number => 1 / (1 + Math.exp(-logit))
    const expected = -(Math.log(p(2)) + Math.log(1 - p(-1)) + Math.log(1 - p(0.5))) / 3
    expect(lossOf([[2, -1, 7], [-9, 0.5, 3]], [[1, 0, -1], [-1, 0, -1]])).toBeCloseTo(expected, 5)
    expect(lossOf([[2, -1, 7]], [[-1, -1, -1]])).toBe(0)
  })

  it('stays a number for logits that would overflow', () => {
    expect(lossOf([[200, -200, 200]], [[1, 0, 0]])).toBeCloseTo(200 / 3, 3)
  })

  it('its gradient is what finite differences give, also at a logit of 0', () => {
    const outputs = [[0, -0.7, 1.3], [2.2, 0, -0.4]]
    const labels = [[1, 0, -1], [0, -1, 1]]
    const gradient = tf.tidy(() => tf.grad(x => headLoss(x as never, tf.tensor2d(labels), target))(tf.tensor2d(outputs)).arraySync() as number[][])
    const step = 1e-2
    outputs.forEach((row, i) => row.forEach((_, j) => {
      const moved = (by: number): number => lossOf(outputs.map((values, k) => values.map((value, l) => k === i && l === j ? value + by : value)), labels)
      expect(gradient[i]![j]!).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 3)
    }))
  })

  it('answers yes above one half, and its error rate counts what is known', () => {
    expect([...predictionsOf(Float32Array.of(0.1, -3, 0, 5, 1, -1), target)]).toEqual([1, 0, 0, 1, 1, 0])
    expect([...sigmoidOf(Float32Array.of(0, Math.log(3)))]).toEqual([0.5, 0.75])
    const { loss, metric } = scoreOutputs(Float32Array.of(2, -1, 7, -9, 0.5, 3), [1, 0, -1, -1, 0, -1], target)
    expect(metric).toBeCloseTo(100 / 3, 6)
    expect(loss).toBeCloseTo(lossOf([[2, -1, 7], [-9, 0.5, 3]], [[1, 0, -1], [-1, 0, -1]]), 6)
  })

  it('traced gives the steps that eager gives', () => {
    const shape = { hidden: [5], dropout: 0 }
    const variables = headVariables(4, shape, 3, 7)
    const random = seededRandom(3)
    const features = Float32Array.from({ length: 6 * 4 }, () => random.normal())
    const labels = Float32Array.from({ length: 6 * 3 }, () => Math.floor(3 * random.next()) - 1)
    const optimizer = { kind: 'sgd', learningRate: 0.1, weightDecay: 0, momentum: 0 } as const
    const program = compile(({ features, labels }, weights) => ({ loss: headLoss(runHead(features as never, weights, shape), labels!, target) }), {
      name: 'attributes',
      feeds: { features: { shape: [6, 4], dtype: 'float32' }, labels: labelFeed(target, 6) },
      variables,
      optimizer,
    })
    const { loss } = program.step({ features, labels }, { learningRate: 0.1, seed: 0 })
    const eager = tf.tidy(() => {
      const names = Object.keys(variables)
      const weights = names.map(name => tf.tensor(variables[name]!.data, variables[name]!.shape))
      const { value, grads } = tf.valueAndGrads((...given) => headLoss(runHead(tf.tensor2d(features, [6, 4]), Object.fromEntries(names.map((name, i) => [name, given[i]!])), shape), tf.tensor2d(labels, [6, 3]), target))(weights)
      return { loss: value.dataSync()[0]!, moved: Object.fromEntries(names.map((name, i) => [name, tf.sub(weights[i]!, tf.mul(grads[i]!, 0.1)).dataSync()])) }
    }) as never as { loss: number, moved: Record<string, Float32Array> }
    expect(loss).toBeCloseTo(eager.loss, 5)
    for (const [name, { data }] of Object.entries(program.read()))
      data.forEach((value, i) => expect(value).toBeCloseTo(eager.moved[name]![i]!, 5))
    program.dispose()
  })
})
