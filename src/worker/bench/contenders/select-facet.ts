import type { Tensor2D } from '#worker/engine/tf.ts'
import type { Start } from '../bench.ts'
import { subsetsOf } from '#shared/stages/select.ts'
import { engineVersion, tf } from '#worker/engine/tf.ts'
import { HeadBank } from '../../models/head-bank.ts'
import { read, readText } from '../bench.ts'
import { floats } from '../numbers.ts'

/** Steps of one epoch: 11 batches of 64 of 720 faces. */
export const start: Start = (work) => {
  const dimensions = readText(work, 'teachers').split(' ').map(Number)
  const [classes, batch, faces, validation, epochs] = ['classes', 'batch', 'faces', 'validation', 'epochs'].map(name => read(work, name)) as [number, number, number, number, number]
  const width = dimensions.reduce((sum, dimension) => sum + dimension, 0)
  const subsets = subsetsOf(dimensions.length, 'all')
  const count = faces + validation
  const bank = new HeadBank({
    teachers: dimensions.map((dimension, i) => ({ name: String(i), dimension })),
    subsets,
    head: { hidden: [read(work, 'hidden')], dropout: 0.5 },
    target: { kind: 'classification', outputs: classes, middle: 0, spread: 1, range: [0, classes - 1] },
    batch,
    optimizer: { kind: 'adamw', learningRate: 1e-3, weightDecay: 0.01, momentum: 0 },
  }, count)
  const data = {
    features: tf.tensor2d(floats(count * width), [count, width]) as Tensor2D,
    labels: tf.tensor1d(Int32Array.from({ length: count }, (_, i) => i % classes), 'int32'),
  }
  const rowsOf = (step: number): Int32Array => Int32Array.from({ length: batch }, (_, i) => (step * batch + i) % faces)
  const held = Int32Array.from({ length: validation }, (_, i) => faces + i)
  const heads = [...subsets.keys()]
  let steps = 0
  const stepOf = (some: readonly number[]): void => { bank.step(some, data, rowsOf(steps), { learningRate: 1e-3, seed: steps++ }) }
  bank.reset(1)
  return {
    version: `TensorFlow ${engineVersion}`,
    run: () => {
      if (epochs === 0)
        return stepOf(heads)
      bank.reset(1)
      for (let epoch = 0, learning = heads; epoch < epochs; epoch++) {
        learning = learning.filter(head => epoch < epochsOf(head, epochs))
        for (let step = 0; step < Math.floor(faces / batch); step++)
          stepOf(learning)
        bank.outputs(learning, data, held)
        bank.read(learning.filter(head => epoch < epochsOf(head, epochs) / 2))
      }
    },
  }
}

/** When heads stop, as they were seen to on photographs: between two fifths and all of the epochs, spread evenly. The first half of them brings better weights, which are kept. */
export function epochsOf(head: number, epochs: number): number {
  return Math.ceil(epochs * (0.4 + 0.6 * ((head * 37) % 63) / 62))
}
