import type { Task } from '#shared/dataset.ts'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '#shared/seeded-random.ts'
import { encoderWidths } from '#shared/stages/combine.ts'
import { tf } from '#worker/engine/tf.ts'
import { autoencoderVariables, lossWeights } from '#worker/models/autoencoder.ts'
import { denseParameters } from '#worker/models/dense.ts'
import { headLoss, headTarget, predictionsOf, scoreOutputs } from '#worker/models/head.ts'
import { fitPca } from '#worker/models/pca.ts'
import { countParameters } from '#worker/models/student-network.ts'
import { cosineLoss } from '#worker/stages/distil-target.ts'
import { memoryRows } from '#worker/stages/embedding-rows.ts'

describe('parameter counts', () => {
  it('the paper\'s encoder 5488-3136-1792-1024 has 24,671,040', () => {
    expect(denseParameters([
      5488,
      ...encoderWidths(5488, 1024, 3),
    ])).toBe(24_671_040)
    // a smaller one counted by hand: (8*5+5) + (5*3+3) + (3*2+2), and mirrored
    const variables = autoencoderVariables({
      inputs: 8,
      size: 2,
      layers: 3,
      activation: 'elu',
    }, 0)
    expect(encoderWidths(8, 2, 3)).toEqual([5, 3, 2])
    expect(countParameters(variables)).toBe(45 + 18 + 8 + (2 * 3 + 3) + (3 * 5 + 5) + (5 * 8 + 8))
  })
})

describe('principal components', () => {
  it('finds the long axis of points along (3, 4) / 5 in closed form', () => {
    // x = 10 t (.6, .8) + s (-.8, .6) with t, s = ±1 in all four combinations: variances 100 and 1
    const rows = Float32Array.from([
      [1, 1],
      [1, -1],
      [-1, 1],
      [-1, -1],
    ].flatMap(([t, s]) => [6 * t! - 0.8 * s!, 8 * t! + 0.6 * s!]))
    const { components, variances } = fitPca(memoryRows(rows, 2), 2)
    expect(variances[0]).toBeCloseTo(100, 4)
    expect(variances[1]).toBeCloseTo(1, 4)
    expect(components[0]).toBeCloseTo(0.6, 5)
    expect(components[2]).toBeCloseTo(0.8, 5)
  })

  it('has orthonormal components, and block by block gives what one block gives', () => {
    const random = seededRandom(2)
    const rows = Float32Array.from({ length: 1300 * 6 }, () => random.normal())
    const { components, variances } = fitPca(memoryRows(rows, 6), 4)
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        let dot = 0
        for (let unit = 0; unit < 6; unit++)
          dot += components[unit * 4 + a]! * components[unit * 4 + b]!
        expect(dot).toBeCloseTo(Number(a === b), 5)
      }
    }
    expect([...variances]).toEqual([...variances].sort((a, b) => b - a))
  })

  it('refuses to make more numbers than it is given', () => {
    expect(() => fitPca(memoryRows(new Float32Array(8), 2), 3)).toThrow('PCA to 3 numbers of 2')
  })
})

describe('losses', () => {
  it('1 - cos is 0 for equal directions, 1 for right angles, 2 for opposite ones', () => {
    const loss = (a: number[], b: number[]): number => tf.tidy(() => cosineLoss(tf.tensor2d([a]), tf.tensor2d([b])).dataSync()[0]!)
    expect(loss([1, 2], [10, 20])).toBeCloseTo(0, 5)
    expect(loss([1, 0], [0, 3])).toBeCloseTo(1, 5)
    expect(loss([1, 1], [-2, -2])).toBeCloseTo(2, 5)
    expect(loss([1, 1], [0, 0])).toBeCloseTo(1, 5)
  })

  it('weights of the balanced loss let every teacher count alike and add up to the number of units', () => {
    const weights = lossWeights([
      { name: 'big', dimension: 6 },
      { name: 'small', dimension: 2 },
    ], Uint8Array.of(1, 1, 1, 0, 0, 1, 1, 1), 'teacher')
    expect([
      ...weights.subarray(0, 6),
    ]).toEqual([1, 1, 1, 1, 1, 1])
    expect([
      ...weights.subarray(6),
    ]).toEqual([2, 2])
    expect([
      ...lossWeights([
        { name: 'all', dimension: 8 },
      ], new Uint8Array(8), 'none'),
    ]).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
  })

  it('smooth L1 is half the square below 1 and a line above', () => {
    const age: Task = {
      kind: 'regression',
      label: 'age',
      unit: 'years',
      range: [0, 100],
      protocol: 'split',
    }
    const target = headTarget(age, [10, 30])
    expect(target).toMatchObject({ middle: 20, spread: 10 })
    const loss = (output: number, label: number): number => tf.tidy(() => headLoss(tf.tensor2d([
      [output],
    ]), tf.tensor1d([label]), target).dataSync()[0]!)
    expect(loss(0.5, 0)).toBeCloseTo(0.125, 6)
    expect(loss(3, 0)).toBeCloseTo(2.5, 6)
    expect([
      ...predictionsOf(Float32Array.of(0.5, 20, -9), target),
    ]).toEqual([25, 100, 0])
    expect(scoreOutputs(Float32Array.of(0, 1), [20, 32], target).metric).toBeCloseTo(1, 6)
  })

  it('cross-entropy of equal logits over three classes is ln 3, and the largest logit is the class', () => {
    const target = headTarget({
      kind: 'classification',
      label: 'kind',
      classes: ['a', 'b', 'c'],
      protocol: 'split',
    }, [])
    expect(scoreOutputs(new Float32Array(3), [2], target).loss).toBeCloseTo(Math.log(3), 5)
    expect([
      ...predictionsOf(Float32Array.of(0, 3, 1, 5, 2, 2), target),
    ]).toEqual([1, 0])
  })
})
