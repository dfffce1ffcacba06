import type { SymbolicTensor, Tensor, Tensor2D } from '@tensorflow/tfjs-node-gpu'
import type { Start } from '../bench.ts'
import { tf } from '#worker/engine/tf.ts'
import { cosineLoss } from '#worker/stages/distil-target.ts'
import { read } from '../bench.ts'
import { bytes, floats } from '../numbers.ts'

/** The same network of tfjs's layers, trained as its manual does: eagerly, op by op. */
export const start: Start = (work) => {
  const [side, batch, size, width] = [read(work, 'side'), read(work, 'batch'), read(work, 'size'), read(work, 'width')]
  const model = tf.model(resnet18({ side, size, width }))
  model.compile({
    optimizer: tf.train.adam(1e-3),
    loss: (target: Tensor, student: Tensor) => cosineLoss(target as Tensor2D, student as Tensor2D),
  })
  const x = tf.tensor4d(Float32Array.from(bytes(batch * side * side * 3), value => (value - 127.5) / 64), [batch, side, side, 3])
  const target = tf.tensor2d(floats(batch * size), [batch, size])
  return {
    version: `tfjs ${tf.version.tfjs}`,
    run: async () => { await model.trainOnBatch(x, target) },
  }
}

function resnet18({ side, size, width }: { side: number, size: number, width: number }): { inputs: SymbolicTensor, outputs: SymbolicTensor } {
  const layer = (x: SymbolicTensor, filters: number, kernelSize: number, strides: number): SymbolicTensor => {
    const y = tf.layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false }).apply(x)
    return tf.layers.batchNormalization({ epsilon: 1e-5, momentum: 0.9 }).apply(y) as SymbolicTensor
  }
  const relu = (x: SymbolicTensor): SymbolicTensor => tf.layers.reLU().apply(x) as SymbolicTensor
  const inputs = tf.input({ shape: [side, side, 3] })
  let x = relu(layer(inputs, width, 7, 2))
  x = tf.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }).apply(x) as SymbolicTensor
  for (let stage = 0; stage < 4; stage++) {
    for (let block = 0; block < 2; block++) {
      const stride = stage > 0 && block === 0
        ? 2
        : 1
      const filters = width << stage
      const y = layer(relu(layer(x, filters, 3, stride)), filters, 3, 1)
      const shortcut = stride === 1
        ? x
        : layer(x, filters, 1, stride)
      x = relu(tf.layers.add().apply([y, shortcut]) as SymbolicTensor)
    }
  }
  const features = tf.layers.globalAveragePooling2d({}).apply(x)
  return {
    inputs,
    outputs: tf.layers.dense({ units: size }).apply(features) as SymbolicTensor,
  }
}
