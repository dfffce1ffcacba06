import type { Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { Layer, Network } from './network.ts'
import { maxPool, relu } from '#worker/engine/fused.ts'
import { tf } from '#worker/engine/tf.ts'

/** One basic block: two 3x3 convolutions and a shortcut, projected where the shape changes. */
interface Block { name: string, inputs: number, outputs: number, stride: number, isProjected: boolean }

function blocksOf(width: number): Block[] {
  const blocks: Block[] = []
  let inputs = width
  for (let stage = 0; stage < 4; stage++) {
    const outputs = width * 2 ** stage
    for (let i = 0; i < 2; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1
      blocks.push({ name: `stage${stage}/block${i}`, inputs, outputs, stride, isProjected: stride !== 1 || inputs !== outputs })
      inputs = outputs
    }
  }
  return blocks
}

/** The last scale of each block is 0 at first: each block starts as its shortcut (Goyal et al. 2017). */
function layersOf({ name, inputs, outputs, isProjected }: Block): Layer[] {
  const layers: Layer[] = [
    { kind: 'convolution', name: `${name}/first`, side: 3, inputs, outputs },
    { kind: 'convolution', name: `${name}/second`, side: 3, inputs: outputs, outputs, firstScale: 0 },
  ]
  return isProjected ? [...layers, { kind: 'convolution', name: `${name}/shortcut`, side: 1, inputs, outputs }] : layers
}

/** ResNet-18 (He et al. 2016) of any width: stages of width, 2, 4 and 8 times that. The paper's student is of width 27. */
export const resnet18: Network = {
  features: width => 8 * width,
  layers: width => [
    { kind: 'convolution', name: 'stem', side: 7, inputs: 3, outputs: width },
    ...blocksOf(width).flatMap(layersOf),
  ],
  run(pixels, { convolution }, width) {
    let x: Tensor4D = maxPool(relu(convolution(pixels, 'stem', 2)), { size: 3, stride: 2 })
    for (const { name, stride, isProjected } of blocksOf(width)) {
      const y = convolution(relu(convolution(x, `${name}/first`, stride)), `${name}/second`)
      const shortcut = isProjected ? convolution(x, `${name}/shortcut`, stride) : x
      x = relu(tf.add(y, shortcut) as Tensor4D)
    }
    return tf.mean(x, [1, 2]) as Tensor2D
  },
}
