import type { Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { Layer, Network } from './network.ts'
import { relu } from '#worker/engine/fused.ts'
import { tf } from '#worker/engine/tf.ts'

interface Step { name: string, inputs: number, outputs: number, stride: number }

/** Four stages of two convolutions; the first of each halves the side. */
function stepsOf(width: number): Step[] {
  return Array.from({ length: 4 }, (_, stage): Step[] => {
    const outputs = width * 2 ** stage
    return [
      { name: `stage${stage}/first`, inputs: stage === 0 ? 3 : outputs / 2, outputs, stride: 2 },
      { name: `stage${stage}/second`, inputs: outputs, outputs, stride: 1 },
    ]
  }).flat()
}

/**
 * A plain stack of eight 3x3 convolutions with batch norm and relu, stages of width, 2, 4 and 8 times that, no shortcuts: VGG
 * (Simonyan and Zisserman 2015) with batch norm, strides for its pooling (Springenberg et al. 2015) and an average for its dense layers.
 */
export const cnn: Network = {
  features: width => 8 * width,
  layers: width => stepsOf(width).map(({ name, inputs, outputs }): Layer => ({ kind: 'convolution', name, side: 3, inputs, outputs })),
  run(pixels, { convolution }, width) {
    const x = stepsOf(width).reduce((x: Tensor4D, { name, stride }) => relu(convolution(x, name, stride)), pixels)
    return tf.mean(x, [1, 2]) as Tensor2D
  },
}
