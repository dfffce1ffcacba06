import type { GraphNode, TfjsModel, Weight } from './tfjs-model.ts'
import { parseInput } from './model-nodes.ts'

/** A convolution whose only reader multiplies each of its output channels by a constant. */
export interface ScaledConvolution { convolution: string, product: string, filter: string, scale: string }

const convolutions = ['Conv2D', 'DepthwiseConv2dNative']

/**
 * Convolutions followed by a constant factor per channel, as converters leave them of a batch norm behind a depthwise layer (MobileNet).
 * With the factor in the filter one pass over the activations is saved, and bias and relu, which now follow at once, fuse with the convolution.
 *
 * @param model
 * @param outputs  names of nodes that must keep their values
 */
export function scaledConvolutions(model: TfjsModel, outputs: readonly string[]): ScaledConvolution[] {
  const nodes = [...model.nodes.values()]
  const reads = new Map<string, number>()
  for (const name of [...nodes.flatMap(({ input }) => input), ...outputs].map(input => parseInput(input).name))
    reads.set(name, (reads.get(name) ?? 0) + 1)
  const found: ScaledConvolution[] = []
  for (const { name: product, op, input } of nodes) {
    if (op !== 'Mul')
      continue
    const [convolution, scale] = [input[0]!, input[1]!].map(each => model.nodes.get(parseInput(each).name)!) as [GraphNode, GraphNode]
    if (!convolutions.includes(convolution.op) || scale.op !== 'Const' || reads.get(convolution.name) !== 1)
      continue
    const filter = parseInput(convolution.input[1]!).name
    if (model.nodes.get(filter)?.op === 'Const' && isPerChannel(model.weights.get(scale.name), model.weights.get(filter), convolution.op))
      found.push({ convolution: convolution.name, product, filter, scale: scale.name })
  }
  return found
}

/** Whether a convolution's constant has one number for each of its output channels. */
export function isPerChannel(scale: Weight, filter: Weight, op: string): boolean {
  const [, , inputs, outputs] = filter.shape
  const channels = op === 'Conv2D'
    ? outputs
    : inputs! * outputs!
  return scale.dtype === 'float32' && filter.dtype === 'float32' && scale.shape.length === 1 && scale.shape[0] === channels
}

/** The filter with each output channel scaled; channels are the fastest index of both kinds of filter. */
export function scaleFilter(filter: Weight, scale: Weight): Float32Array {
  return Float32Array.from(filter.data, (value, i) => value * scale.data[i % scale.data.length]!)
}
