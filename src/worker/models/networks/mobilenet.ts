import type { Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { Layer, LayerOps, Network } from './network.ts'
import { hardSigmoid, hardSwish, relu } from '#worker/engine/fused.ts'
import { tf } from '#worker/engine/tf.ts'

/** One inverted residual: 1x1 to `expanded` channels, depthwise, squeeze-and-excite, 1x1 to `outputs`; a shortcut where the shape stays. */
interface Block { name: string, side: number, inputs: number, expanded: number, outputs: number, squeezed: number | null, activation: 'relu' | 'hardSwish', stride: number }

/** MobileNetV3-Small (Howard et al. 2019, Table 2): side, expanded and output channels, squeeze-and-excite, activation, stride. */
const table = [
  [3, 16, 16, true, 'relu', 2],
  [3, 72, 24, false, 'relu', 2],
  [3, 88, 24, false, 'relu', 1],
  [5, 96, 40, true, 'hardSwish', 2],
  [5, 240, 40, true, 'hardSwish', 1],
  [5, 240, 40, true, 'hardSwish', 1],
  [5, 120, 48, true, 'hardSwish', 1],
  [5, 144, 48, true, 'hardSwish', 1],
  [5, 288, 96, true, 'hardSwish', 2],
  [5, 576, 96, true, 'hardSwish', 1],
  [5, 576, 96, true, 'hardSwish', 1],
] as const
/** Channels of the stem, of which a width is the multiplier's numerator, and of the last layer. */
const [stemChannels, lastChannels] = [16, 576]
const activations = { relu, hardSwish } as const

/** The nearest multiple of 8, at least 8 and never more than a tenth below (the authors' rule): batch norm's lanes stay aligned. */
function eights(channels: number): number {
  const nearest = Math.max(8, Math.floor(channels / 8 + 0.5) * 8)
  return nearest < 0.9 * channels ? nearest + 8 : nearest
}

/** Channels of the published network at a width: times width / 16, the width multiplier. */
function scaled(channels: number, width: number): number {
  return eights(channels * width / stemChannels)
}

function blocksOf(width: number): Block[] {
  let inputs = scaled(stemChannels, width)
  return table.map(([side, expansion, channels, isSqueezed, activation, stride], index) => {
    const [expanded, outputs] = [scaled(expansion, width), scaled(channels, width)]
    const block = { name: `block${index}`, side, inputs, expanded, outputs, squeezed: isSqueezed ? eights(expanded / 4) : null, activation, stride }
    inputs = outputs
    return block
  })
}

/** Whether the block's first 1x1 convolution is there: where nothing is expanded it would only mix. */
function isExpanded({ inputs, expanded }: Block): boolean {
  return inputs !== expanded
}

function layersOf(block: Block): Layer[] {
  const { name, side, inputs, expanded, outputs, squeezed } = block
  return [
    ...isExpanded(block) ? [{ kind: 'convolution', name: `${name}/expand`, side: 1, inputs, outputs: expanded } as const] : [],
    { kind: 'depthwise', name: `${name}/depthwise`, side, channels: expanded },
    ...squeezed === null
      ? []
      : [
          { kind: 'dense', name: `${name}/squeeze`, inputs: expanded, outputs: squeezed } as const,
          { kind: 'dense', name: `${name}/excite`, inputs: squeezed, outputs: expanded } as const,
        ],
    { kind: 'convolution', name: `${name}/project`, side: 1, inputs: expanded, outputs },
  ]
}

/** Each channel times a number in [0, 1] that the means of all channels decide (Hu et al. 2018, with the hard sigmoid of MobileNetV3). */
function squeezeAndExcite(x: Tensor4D, name: string, { dense }: LayerOps): Tensor4D {
  const means = tf.mean(x, [1, 2]) as Tensor2D // [n, channels]
  const gates = hardSigmoid(dense(relu(dense(means, `${name}/squeeze`)), `${name}/excite`))
  // a reshape would hold the number of faces
  return tf.mul(x, tf.expandDims(tf.expandDims(gates, 1), 1)) as Tensor4D
}

function runBlock(x: Tensor4D, block: Block, ops: LayerOps): Tensor4D {
  const { name, squeezed, stride, inputs, outputs } = block
  const activate = activations[block.activation]
  let y = isExpanded(block) ? activate(ops.convolution(x, `${name}/expand`)) : x
  y = activate(ops.depthwise(y, `${name}/depthwise`, stride))
  if (squeezed !== null)
    y = squeezeAndExcite(y, name, ops)
  y = ops.convolution(y, `${name}/project`)
  return stride === 1 && inputs === outputs ? tf.add(x, y) as Tensor4D : y
}

/** MobileNetV3-Small (Howard et al. 2019) up to its average; `width` 16 is the published one, 927,008 parameters. */
export const mobilenet: Network = {
  features: width => scaled(lastChannels, width),
  layers: (width) => {
    const blocks = blocksOf(width)
    return [
      { kind: 'convolution', name: 'stem', side: 3, inputs: 3, outputs: scaled(stemChannels, width) },
      ...blocks.flatMap(layersOf),
      { kind: 'convolution', name: 'last', side: 1, inputs: blocks.at(-1)!.outputs, outputs: scaled(lastChannels, width) },
    ]
  },
  run(pixels, ops, width) {
    const stem = hardSwish(ops.convolution(pixels, 'stem', 2))
    const x = blocksOf(width).reduce((x, block) => runBlock(x, block, ops), stem)
    return tf.mean(hardSwish(ops.convolution(x, 'last')), [1, 2]) as Tensor2D
  },
}
