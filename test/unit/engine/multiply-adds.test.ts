import { expect, it } from 'vitest'
import { compileInference } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { studentVariables } from '#worker/models/student-network.ts'
import { studentEncoder } from '#worker/models/student.ts'

function macs(shape: Parameters<typeof studentEncoder>[0], size: number, batch = 1): number {
  const encoder = studentEncoder(shape, size, studentVariables(shape, size, 0), batch)
  try {
    return encoder.multiplyAdds()
  }
  finally {
    encoder.dispose()
  }
}

it('a ResNet-18 of the usual width has the 1,814,073,344 multiply-adds of torchvision\'s, whatever the batch', () => {
  // fvcore on torchvision.models.resnet18, 224 x 224; by hand 112^2 64 147 + 4 56^2 64^2 9 + 3 (28^2 128 (576 + 3 1152) + 28^2 128 64) + 512 1000
  expect(macs({ network: 'resnet18', width: 64, input: 224 }, 1000)).toBe(1_814_073_344)
  const small = { network: 'resnet18', width: 4, input: 32 } as const
  expect(macs(small, 8, 3)).toBe(macs(small, 8))
})

it('depthwise convolutions count each channel by itself, and products their inner side', () => {
  const pixels = { shape: [1, 8, 8, 3], dtype: 'float32' as const }
  const program = compileInference(({ pixels }) => {
    const x = tf.depthwiseConv2d(pixels as never, tf.ones([5, 5, 3, 1]) as never, 2, 'same') // 4 x 4 x 3 numbers of 25 products
    return { out: tf.matMul(tf.reshape(x, [1, 48]) as never, tf.ones([10, 48]) as never, false, true) } // 10 numbers of 48
  }, { feeds: { pixels }, variables: {} })
  try {
    expect(program.multiplyAdds({ pixels: new Float32Array(192) })).toBe(4 * 4 * 3 * 25 + 480)
  }
  finally {
    program.dispose()
  }
})
