import { describe, expect, it } from 'vitest'
import { seededRandom } from '#shared/seeded-random.ts'
import { tf } from '#worker/engine/tf.ts'
import { ridgeTargets } from '#worker/models/head.ts'
import { logme } from '#worker/models/logme.ts'
import { answerByRidge, columnsOf, disposeEquations, ridgeEquations } from '#worker/models/ridge.ts'
import { memoryRows } from '#worker/stages/embedding-rows.ts'

const random = seededRandom(7)
const normals = (count: number, spread = 1): Float32Array => Float32Array.from({ length: count }, () => random.normal() * spread)

/** x of A x = b by elimination in double precision. */
function solve(a: number[][], b: number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i]!])
  rows.forEach((_, i) => {
    const pivot = rows.slice(i).reduce((best, row) => Math.abs(row[i]!) > Math.abs(best[i]!) ? row : best)
    rows.splice(rows.indexOf(pivot), 1)
    rows.splice(i, 0, pivot)
    for (let k = i + 1; k < rows.length; k++) {
      const factor = rows[k]![i]! / pivot[i]!
      rows[k] = rows[k]!.map((value, j) => value - factor * pivot[j]!)
    }
  })
  const x: number[] = []
  for (let i = rows.length - 1; i >= 0; i--)
    x[i] = (rows[i]!.at(-1)! - rows[i]!.slice(i + 1, -1).reduce((sum, value, j) => sum + value * x[i + 1 + j]!, 0)) / rows[i]![i]!
  return x
}

describe('ridge solutions from one Gram matrix', () => {
  const teachers = [{ name: 'a', dimension: 3 }, { name: 'b', dimension: 2 }, { name: 'c', dimension: 4 }]
  const held = normals(4 * 9).map(value => value + 8)

  // 600 rows are more than one block of them; 6 are fewer than the units of some subsets
  it.each([
    [600, [0], [0, 1, 2]],
    [600, [0, 2], [0, 1, 2, 5, 6, 7, 8]],
    [600, [0, 1, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8]],
    [6, [2], [5, 6, 7, 8]],
    [6, [0, 2], [0, 1, 2, 5, 6, 7, 8]],
    [6, [0, 1, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  ])('of %i rows, teachers %j, are those of their columns alone', (n, subset, columns) => {
    const features = normals(n * 9).map((value, i) => value + 5 + i % 9)
    const targets = Float32Array.from({ length: n * 2 }, (_, i) => features[Math.floor(i / 2) * 9 + i % 2]! + features[Math.floor(i / 2) * 9 + 5]! + random.normal())
    const equations = ridgeEquations(memoryRows(features, 9), targets, 2, teachers)
    expect(equations.dual === null).toBe(n === 600)
    expect([...columnsOf(subset, teachers)]).toEqual(columns)
    const rowOf = (row: number): number[] => columns.map(column => features[row * 9 + column]!)
    const mean = columns.map((_, i) => Array.from({ length: n }, (_, row) => rowOf(row)[i]!).reduce((a, b) => a + b) / n)
    const centred = Array.from({ length: n }, (_, row) => rowOf(row).map((value, i) => value - mean[i]!))
    const answers = answerByRidge(equations, subset, [0.1, 2], held)
    for (const [place, penalty] of [0.1, 2].entries()) {
      const gram = columns.map((_, i) => columns.map((_, j) => centred.reduce((sum, row) => sum + row[i]! * row[j]!, 0) + (i === j ? penalty * n : 0)))
      for (let output = 0; output < 2; output++) {
        const y = Array.from({ length: n }, (_, row) => targets[row * 2 + output]!)
        const yMean = y.reduce((a, b) => a + b) / n
        const weights = solve(gram, columns.map((_, i) => centred.reduce((sum, row, k) => sum + row[i]! * (y[k]! - yMean), 0)))
        for (let row = 0; row < 4; row++) {
          const expected = yMean + columns.reduce((sum, column, i) => sum + (held[row * 9 + column]! - mean[i]!) * weights[i]!, 0)
          expect(answers[place]![row * 2 + output]).toBeCloseTo(expected, 3)
        }
      }
    }
    const before = tf.memory().numTensors
    answerByRidge(equations, subset, [1], held)
    expect(tf.memory().numTensors).toBe(before)
    disposeEquations(equations)
  })

  it('takes classes one-hot, numbers standardised, and nothing of an attribute that nobody told', () => {
    const base = { middle: 40, spread: 10, range: [0, 1] as [number, number] }
    expect([...ridgeTargets([2, 0], { ...base, kind: 'classification', outputs: 3 })]).toEqual([0, 0, 1, 1, 0, 0])
    expect([...ridgeTargets([50, 35], { ...base, kind: 'regression', outputs: 1 })]).toEqual([1, -0.5])
    expect([...ridgeTargets([1, 0, -1, 1], { ...base, kind: 'attributes', outputs: 2 })]).toEqual([1, -1, 0, 1])
  })
})

/** log N(y; 0, I / beta + F F' / alpha), the evidence before it is written with eigenvalues, by Cholesky in double precision. */
function logEvidence(rows: number[][], y: number[], alpha: number, beta: number): number {
  const n = y.length
  const lower: number[][] = []
  for (let i = 0; i < n; i++) {
    lower[i] = []
    for (let j = 0; j <= i; j++) {
      const covariance = (i === j ? 1 / beta : 0) + rows[i]!.reduce((sum, value, k) => sum + value * rows[j]![k]!, 0) / alpha
      const rest = covariance - lower[i]!.reduce((sum, value, k) => sum + (k < j ? value * lower[j]![k]! : 0), 0)
      lower[i]![j] = i === j ? Math.sqrt(rest) : rest / lower[j]![j]!
    }
  }
  const z: number[] = []
  for (let i = 0; i < n; i++)
    z[i] = (y[i]! - z.reduce((sum, value, k) => sum + lower[i]![k]! * value, 0)) / lower[i]![i]!
  return -n / 2 * Math.log(2 * Math.PI) - lower.reduce((sum, row, i) => sum + Math.log(row[i]!), 0) - z.reduce((sum, value) => sum + value * value, 0) / 2
}

/** The largest evidence over alpha and beta, by a grid that closes in. */
function largestEvidence(rows: number[][], y: number[]): number {
  let [a, b, best] = [0, 0, Number.NEGATIVE_INFINITY]
  for (let width = 6; width > 1e-3; width /= 2) {
    const [centreA, centreB] = [a, b]
    for (let i = -6; i <= 6; i++) {
      for (let j = -6; j <= 6; j++) {
        const [la, lb] = [centreA + width * i / 6, centreB + width * j / 6]
        const value = logEvidence(rows, y, Math.exp(la), Math.exp(lb))
        if (value > best)
          [a, b, best] = [la, lb, value]
      }
    }
  }
  return best
}

describe('logME (You et al. 2021)', () => {
  it.each([[30, 4], [12, 20]])('is the largest evidence per row of %i rows with %i units', (n, units) => {
    const features = normals(n * units)
    const rows = Array.from({ length: n }, (_, row) => [...features.subarray(row * units, (row + 1) * units)])
    const y = Float64Array.from(rows, row => row[0]! - 0.5 * row[1]! + 0.4 * random.normal())
    expect(logme(features, n, [y])).toBeCloseTo(largestEvidence(rows, [...y]) / n, 3)
  })

  it('averages over classes, and ranks what explains the labels above noise', () => {
    const n = 200
    const labels = Array.from({ length: n }, (_, i) => i % 2)
    const told = Float32Array.from({ length: n * 3 }, (_, i) => (i % 3 === 0 ? 2 * labels[Math.floor(i / 3)]! - 1 : 0) + 0.3 * random.normal())
    const one = Float64Array.from(labels, label => label)
    const other = one.map(label => 1 - label)
    const noise = normals(n * 3)
    expect(logme(told, n, [one, other])).toBeCloseTo((logme(told, n, [one]) + logme(told, n, [other])) / 2, 10)
    expect(logme(told, n, [one, other])).toBeGreaterThan(logme(noise, n, [one, other]) + 0.1)
  })
})
