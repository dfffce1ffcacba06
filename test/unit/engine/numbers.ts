import type { Tensor } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import { expect } from 'vitest'
import { tf } from '#worker/engine/tf.ts'

/** Numbers between -1 and 1 that look random and are the same everywhere (a linear congruential generator). */
export function noise(shape: number[], seed = 1, scale = 1): TensorData & { data: Float32Array, dtype: 'float32' } {
  let state = seed * 2654435761 % 4294967296
  const data = Float32Array.from({
    length: shape.reduce((a, b) => a * b, 1),
  }, () => {
    state = (state * 1664525 + 1013904223) % 4294967296
    return scale * (state / 2147483648 - 1)
  })
  return { dtype: 'float32', shape, data }
}

export function filled(shape: number[], value: number): TensorData & { data: Float32Array, dtype: 'float32' } {
  return {
    dtype: 'float32',
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
  }
}

export function tensorOf({ data, shape, dtype }: TensorData): Tensor {
  return tf.tensor(data, shape, dtype as 'float32')
}

/** Both the same up to `tolerance` times the largest number (or times 1). */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  const scale = Math.max(1, ...Array.from(expected, Math.abs))
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!)
    worst = Number.isNaN(difference)
      ? Number.POSITIVE_INFINITY
      : Math.max(worst, difference)
  }
  expect(worst / scale).toBeLessThan(tolerance)
}
