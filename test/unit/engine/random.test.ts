import { expect, it } from 'vitest'
import { compileInference } from '#worker/engine/compile.ts'
import { dropout, normal, uniform } from '#worker/engine/random.ts'
import { tf } from '#worker/engine/tf.ts'

const size = 20_000
const draw = (make: typeof uniform, seed: [number, number], stream = 0) => tf.tidy(() => make([size], tf.tensor1d(seed, 'int32'), stream).dataSync() as never) as unknown as Float32Array
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
function spread(values: ArrayLike<number>): number {
  const centre = mean(values)
  return Math.sqrt(mean(Array.from(values, value => (value - centre) ** 2)))
}
function correlation(a: Float32Array, b: Float32Array): number {
  const [centreA, centreB] = [
    mean(a),
    mean(b),
  ]
  return mean(a.map((value, i) => (value - centreA) * (b[i]! - centreB))) / spread(a) / spread(b)
}

it('equal seeds give equal numbers; another seed, step or stream gives unrelated ones', () => {
  const first = draw(uniform, [1, 2])
  expect(draw(uniform, [1, 2])).toEqual(first)
  for (const other of [
    draw(uniform, [2, 2]),
    draw(uniform, [1, 3]),
    draw(uniform, [1, 2], 1),
  ])
    expect(Math.abs(correlation(first, other))).toBeLessThan(0.03)
})

it('uniform and normal numbers have the moments of their names', () => {
  const flat = draw(uniform, [5, 0])
  expect(Math.min(...flat)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...flat)).toBeLessThan(1)
  expect(mean(flat)).toBeCloseTo(0.5, 1)
  expect(spread(flat)).toBeCloseTo(Math.sqrt(1 / 12), 2)
  const bell = draw(normal, [5, 0])
  expect(Math.abs(mean(bell))).toBeLessThan(0.03)
  expect(spread(bell)).toBeCloseTo(1, 1)
})

it('dropout zeroes the part it is told and keeps the mean', () => {
  const values = tf.tidy(() => dropout(tf.ones([size]), 0.2, tf.tensor1d([3, 1], 'int32'), 0).dataSync() as never) as unknown as Float32Array
  expect(new Set(values)).toEqual(new Set([0, 1.25]))
  expect(mean(values)).toBeCloseTo(1, 1)
  expect(values.filter(value => value === 0).length / size).toBeCloseTo(0.2, 1)
})

it('dropout of rate 0 is the identity', () => {
  const x = tf.tensor1d([1, 2])
  expect(dropout(x, 0, tf.tensor1d([0, 0], 'int32'), 0)).toBe(x)
})

it('the gradient of dropout reaches what was kept', () => {
  tf.tidy(() => {
    const seed = tf.tensor1d([3, 1], 'int32')
    const x = tf.ones([64]) as ReturnType<typeof tf.tensor1d>
    const gradient = tf.grad(each => dropout(each, 0.5, seed, 0))(x)
    expect(gradient.dataSync()).toEqual(dropout(x, 0.5, seed, 0).dataSync())
  })
})

it('traced, the numbers are those of the fed seed', () => {
  const program = compileInference(({ seed }) => ({
    numbers: uniform([size], seed, 4),
  }), {
    feeds: {
      seed: {
        shape: [2],
        dtype: 'int32',
      },
    },
    variables: {},
  })
  const run = (...seed: number[]) => program.run({
    seed: Int32Array.from(seed),
  }).numbers!.data
  expect(run(7, 8)).toEqual(draw(uniform, [7, 8], 4))
  expect(run(7, 9)).toEqual(draw(uniform, [7, 9], 4))
  program.dispose()
})
