import type { Tensor } from '#worker/engine/tf.ts'
import type { MultiTaskShape } from '#worker/models/multi-task.ts'
import { describe, expect, it } from 'vitest'
import { MultiTaskConfig } from '#shared/stages/distil.ts'
import { compileInference } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { multiTaskLoss, multiTaskScore, multiTaskVariables } from '#worker/models/multi-task.ts'
import { expectClose, noise, tensorOf } from '../engine/numbers.ts'

/** Two teachers of 3 and 2 units; the first one's last unit never moves. */
const units = { groups: [{ name: 'a', dimension: 3 }, { name: 'b', dimension: 2 }], living: Uint8Array.of(1, 1, 0, 1, 1) }
/** A decoder that gives the code back: one layer, the unit matrix. */
const identity = { 'decoder/0/weight': tf.eye(5), 'decoder/0/bias': tf.zeros([5]) }
const options = (given: Partial<MultiTaskShape> = {}): MultiTaskShape => MultiTaskConfig.parse({ size: 5, layers: 1, ...given })
// errors of face 1: 1, 1, (9), 2, 0: teacher a 2 / 2 = 1, teacher b 4 / 2 = 2; of face 2: 3, 1 and 0, 0: a (9 + 1) / 2 = 5, b 0
const code = tf.tensor2d([[1, 0, 3, 2, 0], [3, 1, 0, 0, 0]])
const z = tf.tensor2d([[0, 1, 0, 0, 0], [0, 0, 0, 0, 0]])
const seed = (value: number): Tensor => tf.tensor1d([value, 0], 'int32')
const loss = (given: Partial<MultiTaskShape> = {}, weights: Record<string, Tensor> = identity, step = 1): number => tf.tidy(() => multiTaskLoss(code as never, z as never, weights, options(given), units, seed(step)).dataSync()[0]!)

describe('the multi-task loss', () => {
  it('is the squared error summed over living units, mean over faces (Eq. 3)', () => {
    expect(loss()).toBeCloseTo(((1 + 1 + 4) + (9 + 1)) / 2, 5)
  })

  it('lets every teacher count alike where balanced so: 4 living units, 2 for each of two', () => {
    expect(loss({ balance: 'teacher' })).toBeCloseTo(2 * ((1 + 2) + (5 + 0)) / 2, 5)
    // with three living units of five the first counts for less than its share: a 1 unit, b 2, so 1.5 each
    const fewer = { ...units, living: Uint8Array.of(1, 0, 0, 1, 1) }
    expect(tf.tidy(() => multiTaskLoss(code as never, z as never, identity, options({ balance: 'teacher' }), fewer, seed(1)).dataSync()[0]!)).toBeCloseTo(1.5 * ((1 + 2) + (9 + 0)) / 2, 5)
  })

  it('divides by variances that are learnt: half of e / variance + log variance, least where the variance is the error', () => {
    const at = (a: number, b: number): number => loss({ balance: 'uncertainty' }, { ...identity, 'balance/logVariance': tf.tensor1d([Math.log(a), Math.log(b)]) })
    expect(at(1, 1)).toBeCloseTo(0.5 * ((1 + 2) + (5 + 0)) / 2, 5)
    expect(at(4, 2)).toBeCloseTo(0.5 * (((1 / 4 + 2 / 2) + (5 / 4 + 0)) / 2 + Math.log(4) + Math.log(2)), 5)
    // mean errors are 3 and 1
    expect(at(3, 1)).toBeLessThan(Math.min(at(2.9, 1), at(3.1, 1), at(3, 0.9), at(3, 1.1)))
  })

  it('has the gradient of a learnt variance: half of 1 - e / variance', () => {
    const gradient = tf.tidy(() => tf.grad(s => multiTaskLoss(code as never, z as never, { ...identity, 'balance/logVariance': s }, options({ balance: 'uncertainty' }), units, seed(1)))(tf.tensor1d([Math.log(2), 0])).dataSync())
    expectClose(gradient, [0.5 * (1 - 3 / 2), 0.5 * (1 - 1)], 1e-5)
  })

  it('drops any teacher but the worst of a face, and divides by what is left', () => {
    // per living unit: face 1 b is worst (2 of 1), face 2 a (5 of 0). Sums: 2 and 4 of face 1, 10 and 0 of face 2
    const all = (2 + 4 + 10 + 0) / 4 * 2
    const without = { a1: (4 + 10 + 0) / 3 * 2, b2: (2 + 4 + 10) / 3 * 2, both: (4 + 10) / 2 * 2 }
    const seen = new Map<string, number>()
    for (let step = 0; step < 400; step++) {
      const value = loss({ teacherDropping: 0.3 }, identity, step).toFixed(3)
      seen.set(value, (seen.get(value) ?? 0) + 1)
    }
    expect([...seen.keys()].sort()).toEqual([all, ...Object.values(without)].map(value => value.toFixed(3)).sort())
    // .49, .21, .21, .09 of 400, within four standard deviations
    expect(Math.abs(seen.get(all.toFixed(3))! - 196)).toBeLessThan(40)
    expect(Math.abs(seen.get(without.both.toFixed(3))! - 36)).toBeLessThan(23)
    expect(loss({ teacherDropping: 0.3 }, identity, 7)).toBe(loss({ teacherDropping: 0.3 }, identity, 7))
  })

  it('drops nobody where nothing is to be dropped, and for the score never', () => {
    expect(multiTaskScore(code as never, z as never, identity, options({ teacherDropping: 0.9 }), units)).toBeCloseTo(16, 4)
    expect(multiTaskScore(code as never, z as never, identity, options({ balance: 'uncertainty' }), units)).toBeCloseTo(2 * (3 + 5), 4)
  })
})

it.each([{ balance: 'none' }, { balance: 'teacher', teacherDropping: 0.5 }, { balance: 'uncertainty', teacherDropping: 0.5 }] as const)('value and gradients are the same traced and eager: %o', (given) => {
  const shape = options({ layers: 3, size: 4, ...given })
  const variables = multiTaskVariables(shape, units, 4, 2)
  const names = Object.keys(variables)
  const [codes, wanted] = [noise([6, 4], 3), noise([6, 5], 4)]
  const compute = (code: Tensor, z: Tensor, weights: Record<string, Tensor>, seed: Tensor): Tensor[] => {
    const run = (...given: Tensor[]) => multiTaskLoss(given[0] as never, z as never, Object.fromEntries(names.map((name, i) => [name, given[i + 1]!])), shape, units, seed)
    const inputs = [code, ...names.map(name => weights[name]!)]
    return [run(...inputs), ...tf.grads(run)(inputs)]
  }
  const eager = tf.tidy(() => compute(tensorOf(codes), tensorOf(wanted), Object.fromEntries(names.map(name => [name, tensorOf(variables[name]!)])), seed(9)).map(each => each.dataSync() as Float32Array))
  const program = compileInference(({ code, z, seed }, weights) => Object.fromEntries(compute(code, z, weights, seed).map((each, i) => [`out${i}`, each])), {
    feeds: { code: { shape: [6, 4], dtype: 'float32' }, z: { shape: [6, 5], dtype: 'float32' }, seed: { shape: [2], dtype: 'int32' } },
    variables,
  })
  const outputs = program.run({ code: codes.data, z: wanted.data, seed: Int32Array.of(9, 0) })
  program.dispose()
  eager.forEach((each, i) => expectClose(outputs[`out${i}`]!.data, each, 1e-5))
})
